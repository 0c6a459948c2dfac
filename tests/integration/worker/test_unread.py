"""What the real library cannot decrypt: healed, given up, kept over a kill; one row each."""

import pytest

from shared.enums import MessageKind
from tests.integration.worker.conftest import find_rows

pytestmark = pytest.mark.timeout(120)

ASKED_AGAIN = "Please send it again"


@pytest.fixture
def worker_settings() -> dict[str, str]:
    """Longer than what can heal takes for it on a busy machine."""
    return {"unread_wait": "60"}


async def spoil(sandbox, phone, **pick):
    await sandbox.call("PUT", f"/phones/{phone}/faults", {"corrupt": pick})


async def test_what_heals_is_one_row_and_is_answered(linked, sandbox, gateway):
    await spoil(sandbox, linked.phone, nth=[1, 2])
    written = await sandbox.write(linked.customer, linked.phone, "hello")
    [answer] = await sandbox.answers(linked.customer, 1)
    assert "welcome to" in answer
    await gateway.until(lambda: len(gateway.sent) == 1)
    [received] = gateway.received
    assert (received.wa_message_id, received.text) == (written, "hello")
    last = await sandbox.write(linked.customer, linked.phone, "1")
    await gateway.until(lambda: any(event.in_reply_to == last for event in gateway.sent))
    assert [event.wa_message_id for event in gateway.received] == [written, last]


@pytest.mark.parametrize("worker_settings", [{"unread_wait": "2"}])
async def test_what_never_heals_is_a_row_without_text_and_is_asked_for_once(
    linked, sandbox, gateway
):
    await spoil(sandbox, linked.phone, every=1)
    written = [await sandbox.write(linked.customer, linked.phone, f"quiet {n}") for n in range(2)]
    await gateway.until(lambda: len(gateway.received) == 2)
    assert {event.wa_message_id for event in gateway.received} == set(written)
    assert {(event.kind, event.text) for event in gateway.received} == {
        (MessageKind.UNREADABLE, "")
    }
    assert {event.contact.phone for event in gateway.received} == {linked.customer}
    [answer] = await sandbox.answers(linked.customer, 1)
    assert ASKED_AGAIN in answer

    await sandbox.call("DELETE", f"/phones/{linked.phone}/faults")
    last = await sandbox.write(linked.customer, linked.phone, "hello")
    await gateway.until(lambda: any(event.in_reply_to == last for event in gateway.sent))
    answers = await sandbox.answers(linked.customer, 2)
    assert [ASKED_AGAIN in each for each in answers] == [True, False]


async def test_what_may_be_seen_once_is_a_row_and_is_not_answered(linked, sandbox, gateway):
    content = {"kind": "IMAGE", "file": {"size": 100}, "view_once": True}
    body = {"to": linked.phone, "content": content}
    sent = (await sandbox.call("POST", f"/customers/{linked.customer}/messages", body))["id"]
    await gateway.until(lambda: bool(gateway.received))
    [received] = gateway.received
    assert (received.wa_message_id, received.kind) == (sent, MessageKind.VIEW_ONCE)
    last = await sandbox.write(linked.customer, linked.phone, "hello")
    await gateway.until(lambda: any(event.in_reply_to == last for event in gateway.sent))
    assert len(await sandbox.answers(linked.customer, 1)) == 1


async def test_what_whatsapp_gives_to_the_phone_alone_is_had_from_the_phone(
    linked, sandbox, gateway
):
    body = {"to": linked.phone, "text": "hello", "withheld": True}
    sent = (await sandbox.call("POST", f"/customers/{linked.customer}/messages", body))["id"]
    [answer] = await sandbox.answers(linked.customer, 1)
    assert "welcome to" in answer
    await gateway.until(lambda: len(gateway.sent) == 1)
    [received] = gateway.received
    assert (received.wa_message_id, received.text) == (sent, "hello")
    assert received.contact.phone == linked.customer


async def test_what_is_waited_for_survives_a_kill(linked, sandbox, gateway, start_worker, volume):
    await spoil(sandbox, linked.phone, every=1)
    written = await sandbox.write(linked.customer, linked.phone, "quiet")
    query = "SELECT 1 FROM unread WHERE wa_message_id = ?"
    await find_rows(gateway, volume / "worker.db", query, written)
    await linked.worker.kill()
    gateway.frames.clear()
    assert gateway.received == []
    await start_worker(unread_wait="1")
    await gateway.until(lambda: bool(gateway.received))
    [received] = gateway.received
    assert (received.wa_message_id, received.kind) == (written, MessageKind.UNREADABLE)
    [answer] = await sandbox.answers(linked.customer, 1)
    assert ASKED_AGAIN in answer
