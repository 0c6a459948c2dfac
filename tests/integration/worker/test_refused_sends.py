"""WhatsApp refuses, delays or never confirms: the real library says so, and each row ends truly."""

import pytest

from shared.wire.events import MessageSent, SendFailed
from tests.integration.worker.queueing import UNPACED, queued

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def worker_settings():
    return UNPACED


async def suffer(sandbox, linked, **sends):
    await sandbox.call("PUT", f"/phones/{linked.phone}/faults", {"sends": sends})


def end_of(gateway, outbound_id):
    ends = [e for e in gateway.events.values() if getattr(e, "outbound_id", None) == outbound_id]
    return ends[0] if ends else None


@pytest.mark.parametrize("code", [400, 421, 479, 500])
async def test_a_refused_message_fails_with_the_code_and_the_next_goes_out(
    linked, sandbox, gateway, code
):
    await suffer(sandbox, linked, refused={"nth": [1], "code": code})

    await gateway.send(queued(1, linked.customer))
    await gateway.send(queued(2, linked.customer))

    assert await sandbox.answers(linked.customer, 1) == ["queued 2"]
    await gateway.until(lambda: end_of(gateway, "O1") and end_of(gateway, "O2"))
    refused = end_of(gateway, "O1")
    assert isinstance(refused, SendFailed)
    assert f"server returned error {code}" in refused.reason


async def test_the_limit_on_writing_first_freezes_the_queue_and_ends_nothing(
    linked, sandbox, gateway
):
    await suffer(sandbox, linked, refused={"nth": [1], "code": 463})

    await gateway.send(queued(1, linked.customer))

    await gateway.until(lambda: "frozen until" in (gateway.session.detail or ""))
    assert end_of(gateway, "O1") is None
    # The bot's own answers are not concerned.
    await sandbox.write(linked.customer, linked.phone, "hello")
    assert len(await sandbox.answers(linked.customer, 1)) == 1


async def test_a_late_confirmation_is_a_confirmation(linked, sandbox, gateway):
    await suffer(sandbox, linked, ack_delay=3)

    await gateway.send(queued(1, linked.customer))

    await gateway.until(lambda: isinstance(end_of(gateway, "O1"), MessageSent))
    assert await sandbox.answers(linked.customer, 1) == ["queued 1"]


@pytest.mark.parametrize("fault", ["swallowed", "unacknowledged"])
async def test_unconfirmed_when_the_link_breaks_it_arrives_once(linked, sandbox, gateway, fault):
    await suffer(sandbox, linked, **{fault: {"nth": [1]}})
    await gateway.send(queued(1, linked.customer))
    counted = f"/phones/{linked.phone}/faults?counted=sends.{fault}&wait=30"
    assert (await sandbox.call("GET", counted))["counts"][f"sends.{fault}"] == 1

    await sandbox.call("POST", f"/phones/{linked.phone}/strikes", {"strike": "CLOSE"})

    await gateway.until(lambda: isinstance(end_of(gateway, "O1"), MessageSent), within=60)
    view = await sandbox.call("GET", f"/customers/{linked.customer}/messages")
    assert [item["text"] for item in view["items"]] == ["queued 1"]
    assert view["dropped"] == []


async def test_what_a_customer_cannot_read_is_sent_again(linked, sandbox, gateway):
    await suffer(sandbox, linked, unread={"nth": [1, 2]})

    await gateway.send(queued(1, linked.customer))

    assert await sandbox.answers(linked.customer, 1) == ["queued 1"]
    await gateway.until(lambda: isinstance(end_of(gateway, "O1"), MessageSent))


async def test_what_the_library_cannot_read_is_answered_once_it_can(linked, sandbox, gateway):
    script = {"corrupt": {"nth": [1]}}
    await sandbox.call("PUT", f"/phones/{linked.phone}/faults", script)

    sent = await sandbox.write(linked.customer, linked.phone, "hello")

    assert len(await sandbox.answers(linked.customer, 1)) == 1
    await gateway.until(lambda: bool(gateway.sent))
    assert [message.wa_message_id for message in gateway.received] == [sent]


async def test_a_customer_on_a_new_phone_gets_what_was_queued(linked, sandbox, gateway):
    await sandbox.write(linked.customer, linked.phone, "hello")
    await sandbox.answers(linked.customer, 1)
    path = f"/customers/{linked.customer}/reinstall"
    await sandbox.call("POST", path, {"silently": True})

    await gateway.send(queued(1, linked.customer))

    assert (await sandbox.answers(linked.customer, 2))[1] == "queued 1"
    view = await sandbox.call("GET", f"/customers/{linked.customer}/messages")
    assert view["dropped"] == []
