"""What a worker holds back, skips and catches up with: the real library and the sandbox."""

import signal

import pytest

from shared.enums import SkipReason
from shared.wire.frames import Heartbeat, LogLines

pytestmark = pytest.mark.timeout(120)

BOUND = 20
WRITTEN = 900
# What may be under way when the bound is reached (`MAX_UNSETTLED`), and each has an answer.
UNDER_WAY = 500


@pytest.fixture
def worker_settings() -> dict[str, str]:
    return {"outbox_max_events": str(BOUND)}


async def write_many(sandbox, customer, phone, count):
    """In order; several customers would only make the sandbox slower."""
    return [await sandbox.write(customer, phone, f"text {n}") for n in range(count)]


async def test_past_the_bound_whatsapp_keeps_the_rest_and_all_arrives_afterwards(
    linked, sandbox, gateway
):
    gateway.acknowledging = False
    written = await write_many(sandbox, linked.customer, linked.phone, WRITTEN)
    await gateway.until(lambda: gateway.session.detail.startswith("the worker holds"))
    held = await _settled_depth(gateway)
    assert BOUND <= held <= BOUND + 2 * UNDER_WAY
    assert len(gateway.received) < WRITTEN, "WhatsApp keeps the rest"
    full = [line for line in linked.worker.lines if line["event"] == "outbox.full"]
    assert len(full) == 1

    gateway.acknowledging = True
    await gateway.stop()
    await gateway.start()
    await gateway.until(lambda: len(gateway.sent) == WRITTEN, within=90)
    assert [event.wa_message_id for event in gateway.received] == written
    assert [event.in_reply_to for event in gateway.sent] == written
    await gateway.until(lambda: gateway.session.detail == "")
    assert any("outbox.emptied" in str(lines) for lines in gateway.of(LogLines))


async def _settled_depth(gateway) -> int:
    """How much waits on the volume once that no longer grows."""
    seen = [-1, -2]
    while seen[-1] != seen[-2]:
        count = len(gateway.of(Heartbeat))
        await gateway.until(lambda count=count: len(gateway.of(Heartbeat)) >= count + 5)
        seen.append(gateway.of(Heartbeat)[-1].outbox_depth)
    return seen[-1]


async def test_a_worker_that_stops_while_it_is_full_loses_nothing(
    linked, sandbox, gateway, start_worker, worker_settings
):
    gateway.acknowledging = False
    written = await write_many(sandbox, linked.customer, linked.phone, 300)
    await gateway.until(lambda: gateway.session.detail.startswith("the worker holds"))
    linked.worker.signal(signal.SIGTERM)
    assert await linked.worker.ended() == 0
    gateway.acknowledging = True
    await start_worker(**worker_settings)
    await gateway.until(lambda: len(gateway.received) == len(written), within=90)
    assert [event.wa_message_id for event in gateway.received] == written


async def test_a_link_that_is_cut_while_the_worker_is_full_heals_afterwards(
    linked, sandbox, gateway
):
    gateway.acknowledging = False
    written = await write_many(sandbox, linked.customer, linked.phone, 300)
    await gateway.until(lambda: gateway.session.detail.startswith("the worker holds"))
    await sandbox.call("POST", f"/phones/{linked.phone}/disconnect")
    gateway.acknowledging = True
    await gateway.stop()
    await gateway.start()
    await gateway.until(lambda: len(gateway.sent) == len(written), within=90)
    assert [event.wa_message_id for event in gateway.received] == written


async def test_what_is_no_message_for_the_bot_is_counted_across_restarts(
    linked, sandbox, gateway, start_worker
):
    async def write_from_the_phone():
        body = {"to": linked.customer, "text": "Nakuja"}
        await sandbox.call("POST", f"/phones/{linked.phone}/messages", body)

    def counted(reason):
        beats = gateway.of(Heartbeat)
        return beats[-1].skipped.get(reason.value, 0) if beats else 0

    before = counted(SkipReason.FROM_ME)
    await write_from_the_phone()
    await gateway.until(lambda: counted(SkipReason.FROM_ME) > before)
    told = counted(SkipReason.FROM_ME)
    await linked.worker.kill()
    gateway.frames.clear()
    await start_worker()
    await gateway.until(lambda: counted(SkipReason.FROM_ME) == told)
    await write_from_the_phone()
    await gateway.until(lambda: counted(SkipReason.FROM_ME) == told + 1)
    assert gateway.received == gateway.sent == []
