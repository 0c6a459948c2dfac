"""Queued messages: the real process, the real client library, the sandbox's WhatsApp."""

import asyncio
import signal

import pytest

from shared.enums import ReceiptKind, SessionState
from shared.wire.events import (
    MessageSent,
    ReceiptReceived,
    SendExpired,
    SendFailed,
    SendUncertain,
)
from shared.wire.frames import CancelSend, SendTaken
from tests.integration.worker.queueing import UNPACED, queued

pytestmark = pytest.mark.timeout(120)

STRANGER = "+255799999999"


@pytest.fixture
def worker_settings():
    return UNPACED


def ends(gateway):
    """How each queued message ended: its id and the kind of event, in order."""
    return [
        (event.outbound_id, type(event))
        for _, event in sorted(gateway.events.items())
        if getattr(event, "outbound_id", None)
    ]


def taken(gateway):
    return [frame.id for frame in gateway.of(SendTaken)]


def receipts(gateway, kind):
    return [
        message_id
        for _, event in sorted(gateway.events.items())
        if isinstance(event, ReceiptReceived) and event.kind is kind
        for message_id in event.wa_message_ids
    ]


async def test_a_queued_message_reaches_a_number_that_never_wrote(linked, sandbox, gateway):
    await gateway.send(queued(1, linked.customer, "your table is ready"))
    assert await sandbox.answers(linked.customer, 1) == ["your table is ready"]
    await gateway.until(lambda: bool(gateway.sent))
    [sent] = gateway.sent
    assert (sent.outbound_id, sent.text) == ("O1", "your table is ready")
    assert sent.contact.phone == linked.customer
    assert sent.contact.lid.endswith("@lid")
    assert sent.own_phone == linked.phone
    await gateway.until(lambda: taken(gateway) == ["O1"])


async def test_a_queued_message_follows_the_answer_to_a_contact_who_wrote(linked, sandbox, gateway):
    await sandbox.write(linked.customer, linked.phone, "hello")
    await sandbox.answers(linked.customer, 1)
    await gateway.send(queued(1, linked.customer))
    assert (await sandbox.answers(linked.customer, 2))[1] == "queued 1"


async def test_delivery_is_told_once(linked, gateway):
    for number in range(3):
        await gateway.send(queued(number, linked.customer))
    await gateway.until(lambda: len(receipts(gateway, ReceiptKind.DELIVERED)) == 3)
    assert receipts(gateway, ReceiptKind.DELIVERED) == [e.wa_message_id for e in gateway.sent]


async def test_reading_is_told_after_delivery(linked, sandbox, gateway):
    for number in range(3):
        await gateway.send(queued(number, linked.customer))
    await gateway.until(lambda: len(receipts(gateway, ReceiptKind.DELIVERED)) == 3)
    ids = [event.wa_message_id for event in gateway.sent]
    await sandbox.call("POST", f"/customers/{linked.customer}/read", {"to": linked.phone})
    await gateway.until(lambda: receipts(gateway, ReceiptKind.READ) == ids)


async def test_the_bots_own_answers_have_no_receipts(linked, sandbox, gateway):
    await sandbox.write(linked.customer, linked.phone, "hello")
    await sandbox.answers(linked.customer, 1)
    await gateway.send(queued(1, linked.customer))
    await gateway.until(lambda: bool(receipts(gateway, ReceiptKind.DELIVERED)))
    [sent] = [event for event in gateway.sent if event.outbound_id]
    assert receipts(gateway, ReceiptKind.DELIVERED) == [sent.wa_message_id]


@pytest.mark.usefixtures("linked")
async def test_a_number_without_whatsapp_fails_with_a_sentence(gateway):
    await gateway.send(queued(1, STRANGER))
    await gateway.until(lambda: bool(ends(gateway)))
    [failed] = gateway.events.values()
    assert isinstance(failed, SendFailed)
    assert failed.reason == "This number is not on WhatsApp."


async def test_offered_twice_it_is_answered_twice_and_sent_once(linked, sandbox, gateway):
    for _ in range(2):
        await gateway.send(queued(1, linked.customer))
    await gateway.until(lambda: ends(gateway) == [("O1", MessageSent)])
    await gateway.send(queued(1, linked.customer))
    await gateway.send(queued(2, linked.customer))
    assert await sandbox.answers(linked.customer, 2) == ["queued 1", "queued 2"]
    await gateway.until(lambda: len(taken(gateway)) == 4)


async def test_what_is_queued_while_whatsapp_is_away_goes_out_when_it_is_back(
    linked, sandbox, gateway
):
    await sandbox.call("PUT", f"/phones/{linked.phone}/login-refusal", {"reason": 503})
    await sandbox.call("POST", f"/phones/{linked.phone}/disconnect")
    await gateway.until_state(SessionState.DISCONNECTED)
    await gateway.send(queued(1, linked.customer))
    await gateway.until(lambda: taken(gateway) == ["O1"])
    assert not ends(gateway)
    await sandbox.call("DELETE", f"/phones/{linked.phone}/login-refusal")
    assert await sandbox.answers(linked.customer, 1, within=60) == ["queued 1"]


async def test_killed_in_bursts_nothing_is_doubled_and_every_end_is_true(
    linked, sandbox, gateway, start_worker
):
    customers = [linked.customer] + [await sandbox.customer(f"Q{n}") for n in range(3)]
    sends = [queued(n, customers[n % 4], f"burst {n}") for n in range(40)]
    for burst in range(4):
        for send in sends[10 * burst : 10 * burst + 10]:
            await gateway.send(send)
        enough = 10 * burst + 3
        await gateway.until(lambda enough=enough: len(ends(gateway)) >= enough)
        await gateway.until(lambda b=burst: len(set(taken(gateway))) >= 10 * (b + 1))
        await kill_and_start(linked, gateway, start_worker)
    await gateway.until(lambda: len(ends(gateway)) == len(sends))
    got = {}
    for customer in customers:
        view = await sandbox.call("GET", f"/customers/{customer}/messages")
        got[customer] = [item["text"] for item in view["items"]]
    settled = dict(ends(gateway))
    for send in sends:
        times = got[send.to.phone].count(send.content.text)
        assert times <= 1
        assert settled[send.id] in {MessageSent, SendUncertain}
        assert times == 1 or settled[send.id] is SendUncertain
    for texts in got.values():
        numbers = [int(text.split()[1]) for text in texts]
        assert numbers == sorted(numbers)


async def kill_and_start(linked, gateway, start_worker):
    """Every kill leaves frames behind; answers to sends are kept for the test."""
    await linked.worker.kill()
    gateway.frames[:] = gateway.of(SendTaken)
    linked.worker = await start_worker(**UNPACED)
    await gateway.until_state(SessionState.CONNECTED)


async def test_a_signal_in_a_burst_finishes_what_is_under_way_and_leaves_nothing_uncertain(
    linked, sandbox, gateway, start_worker
):
    for number in range(20):
        await gateway.send(queued(number, linked.customer))
    await gateway.until(lambda: len(ends(gateway)) >= 2)
    linked.worker.signal(signal.SIGTERM)
    await linked.worker.ended()
    await start_worker(**UNPACED)
    await gateway.until(lambda: len(ends(gateway)) == 20)
    assert {kind for _, kind in ends(gateway)} == {MessageSent}
    assert await sandbox.answers(linked.customer, 20) == [f"queued {n}" for n in range(20)]


async def test_queued_messages_and_answers_of_one_chat_do_not_lose_each_other(
    linked, sandbox, gateway
):
    async def write():
        for number in range(15):
            await sandbox.write(linked.customer, linked.phone, f"text {number}")

    async def queue():
        for number in range(15):
            await gateway.send(queued(number, linked.customer))

    await asyncio.gather(write(), queue())
    assert len(await sandbox.answers(linked.customer, 30, within=60)) == 30
    view = await sandbox.call("GET", f"/customers/{linked.customer}/messages")
    assert view["dropped"] == []


async def test_a_message_that_is_struck_off_in_time_is_not_sent(linked, sandbox, gateway):
    await gateway.send(CancelSend(id="O1"))
    await gateway.send(queued(1, linked.customer))
    await gateway.send(queued(2, linked.customer))
    assert await sandbox.answers(linked.customer, 1) == ["queued 2"]
    await gateway.until(lambda: len(taken(gateway)) == 3)
    assert [f.cancelled for f in gateway.of(SendTaken)] == [True, True, False]


async def test_what_came_too_late_expires(linked, sandbox, gateway):
    from datetime import timedelta

    from shared.clock import SystemClock

    past = SystemClock().now() - timedelta(seconds=1)
    await gateway.send(queued(1, linked.customer, expires_at=past))
    await gateway.send(queued(2, linked.customer))
    assert await sandbox.answers(linked.customer, 1) == ["queued 2"]
    await gateway.until(lambda: ends(gateway) == [("O1", SendExpired), ("O2", MessageSent)])


async def test_no_queued_text_reaches_the_log(linked, sandbox, gateway):
    await gateway.send(queued(1, linked.customer, "my secret canary"))
    await sandbox.answers(linked.customer, 1)
    await gateway.until(lambda: bool(receipts(gateway, ReceiptKind.DELIVERED)))
    assert "canary" not in str(linked.worker.lines)
