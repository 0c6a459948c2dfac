"""What a worker holds back, skips and catches up with: the real library and the sandbox."""

import os
import signal
from datetime import timedelta

import pytest

from shared.enums import SessionState, SkipReason
from shared.wire.frames import Heartbeat, LogLines
from tests.fakes import small_disk
from tests.integration.worker.conftest import linking

BOUND = 20
WRITTEN = 900
# What may be under way when the bound is reached (`MAX_UNSETTLED`), and each has an answer.
UNDER_WAY = 500
# Answers of one chat are a tenth of a second apart, and these are many hundred.
pytestmark = pytest.mark.timeout(600)


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
    await gateway.until(lambda: told(gateway, "outbox.full") == 1)

    gateway.acknowledging = True
    await gateway.stop()
    await gateway.start()
    await gateway.until(lambda: len(gateway.sent) == WRITTEN, within=240)
    assert [event.wa_message_id for event in gateway.received] == written
    assert [event.in_reply_to for event in gateway.sent] == written
    await gateway.until(lambda: gateway.session.detail == "")
    await gateway.until(lambda: told(gateway, "outbox.emptied") >= 1)


def told(gateway, event) -> int:
    """How often, in the log as the gateway has it."""
    return sum(f'"{event}"' in line for frame in gateway.of(LogLines) for line in frame.lines)


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
    await gateway.until(lambda: len(gateway.received) == len(written), within=240)
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
    await gateway.until(lambda: len(gateway.sent) == len(written), within=240)
    assert [event.wa_message_id for event in gateway.received] == written


async def test_what_was_said_before_the_link_is_neither_logged_nor_answered(
    linked, sandbox, gateway
):
    def skipped():
        return gateway.of(Heartbeat)[-1].skipped.get(SkipReason.FROM_ME, 0)

    await gateway.until(lambda: bool(gateway.of(Heartbeat)))
    before = skipped()
    said = {"text": "said before the link", "own": False, "at": "2026-11-20T08:00:00Z"}
    chats = [{"with": linked.customer, "messages": [said]}]
    await sandbox.call("POST", f"/phones/{linked.phone}/history", {"chats": chats})
    # What brings it is a message of the own phone's.
    await gateway.until(lambda: skipped() > before)
    message_id = await sandbox.write(linked.customer, linked.phone, "hello")
    await gateway.until(lambda: len(gateway.sent) == 1)
    assert [event.wa_message_id for event in gateway.received] == [message_id]
    assert "said before" not in str(linked.worker.lines)


async def test_an_old_message_that_waited_for_the_worker_is_answered(
    linked, sandbox, gateway, start_worker
):
    await linked.worker.kill()
    day = 86_400
    await sandbox.call("PUT", f"/phones/{linked.phone}/faults", {"clock_skew": -day})
    waited = await sandbox.write(linked.customer, linked.phone, "hello")
    await start_worker()
    await gateway.until(lambda: len(gateway.sent) == 1)
    await sandbox.call("DELETE", f"/phones/{linked.phone}/faults")
    [received] = gateway.received
    assert (received.wa_message_id, gateway.sent[0].in_reply_to) == (waited, waited)
    assert gateway.sent[0].at - received.at > timedelta(seconds=day / 2)


async def test_what_is_no_message_for_the_bot_is_counted_across_restarts(
    linked, sandbox, gateway, start_worker
):
    async def write_in_a_group():
        body = {"to": linked.phone, "text": "Nakuja", "chat": "120363000000000001@g.us"}
        await sandbox.call("POST", f"/customers/{linked.customer}/messages", body)

    def counted(reason):
        beats = gateway.of(Heartbeat)
        return beats[-1].skipped.get(reason.value, 0) if beats else 0

    before = counted(SkipReason.GROUP)
    await write_in_a_group()
    await gateway.until(lambda: counted(SkipReason.GROUP) > before)
    told = counted(SkipReason.GROUP)
    await linked.worker.kill()
    gateway.frames.clear()
    await start_worker()
    await gateway.until(lambda: counted(SkipReason.GROUP) == told)
    await write_in_a_group()
    await gateway.until(lambda: counted(SkipReason.GROUP) == told + 1)
    assert gateway.received == gateway.sent == []


@pytest.fixture
def small_volume(tmp_path):
    """The volume of the worker that this test starts, on a disk that can be filled."""
    place = tmp_path / "small"
    place.mkdir()
    try:
        small_disk.mount(place, size="48m", owner=os.getuid())
    except small_disk.NoDiskError as error:
        pytest.skip(f"no small disk can be had: {error}")
    yield place
    small_disk.unmount(place)


async def test_a_disk_that_is_full_at_once_loses_no_message(
    start_worker, sandbox, gateway, small_volume
):
    async with linking(start_worker, sandbox, gateway, {"data_dir": str(small_volume)}) as linked:
        written = await write_many(sandbox, linked.customer, linked.phone, 5)
        await gateway.until(lambda: len(gateway.sent) == 5)
        small_disk.fill(small_volume)
        written += await write_many(sandbox, linked.customer, linked.phone, 150)
        await gateway.until(lambda: "disk is full" in gateway.session.detail)
        assert len(gateway.received) < len(written), "WhatsApp keeps some"
        small_disk.clear(small_volume)
        await gateway.until(lambda: len(gateway.received) == len(written), within=60)
        # What the library could not decrypt it asks for again: that comes when it comes.
        assert sorted(event.wa_message_id for event in gateway.received) == sorted(written)
        await gateway.until(lambda: gateway.session.detail == "")


async def test_a_worker_that_starts_on_a_full_disk_links_once_there_is_room(
    start_worker, gateway, small_volume
):
    worker = await start_worker(data_dir=str(small_volume))
    await gateway.until_state(SessionState.QR_READY)
    worker.signal(signal.SIGTERM)
    await worker.ended()
    (small_volume / "reserve").unlink()
    small_disk.fill(small_volume)
    with (small_volume / "filler").open("r+b") as filler:
        filler.truncate(filler.seek(0, 2) - (1 << 20))  # enough for the worker's own store
    gateway.frames.clear()
    await start_worker(data_dir=str(small_volume))
    await gateway.until(lambda: bool(gateway.session) and "disk is full" in gateway.session.detail)
    assert gateway.session.state is SessionState.DISCONNECTED
    small_disk.clear(small_volume)
    await gateway.until_state(SessionState.QR_READY)
