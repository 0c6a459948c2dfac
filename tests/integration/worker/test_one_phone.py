"""A phone that is not the tenant's: the real process, the real client library, the sandbox."""

import signal

import pytest

from shared.enums import SessionReason, SessionState, SkipReason
from shared.wire.frames import (
    LOG_OUT,
    NEW_QR_ROUND,
    Command,
    Heartbeat,
    PhoneAccepted,
    SessionReport,
)

pytestmark = pytest.mark.timeout(120)


async def qr(gateway) -> str:
    report = await gateway.until_state(SessionState.QR_READY)
    assert report.qr is not None
    return report.qr


async def devices(sandbox, phone):
    return (await sandbox.call("GET", f"/phones/{phone}"))["devices"]


async def test_a_phone_of_another_number_is_logged_out_and_nothing_of_it_is_recorded(
    start_worker, sandbox, gateway
):
    ours, other = await sandbox.phone(), await sandbox.phone()
    customer = await sandbox.customer()
    gateway.phone = ours
    await start_worker()
    await sandbox.scan(other, await qr(gateway))
    await sandbox.write(customer, other, "hello")
    refused = await gateway.until_state(SessionState.LOGGED_OUT)
    assert refused.reason is SessionReason.WRONG_PHONE
    assert (refused.own_phone, refused.refused_phone) == (None, other)
    assert other in refused.detail
    assert ours in refused.detail
    # The right phone serves afterwards, which also shows that the first one's log-out is done.
    await gateway.send(Command(id="c1", kind=NEW_QR_ROUND))
    await sandbox.scan(ours, await qr(gateway))
    await gateway.until_state(SessionState.CONNECTED)
    assert await devices(sandbox, other) == []
    await sandbox.write(customer, ours, "hello to you")
    assert len(await sandbox.answers(customer, 1)) == 1
    await gateway.until(lambda: len(gateway.sent) == 1)
    assert [event.text for event in gateway.received] == ["hello to you"]
    assert not any(
        report.state is SessionState.CONNECTED and report.own_phone == other
        for report in gateway.of(SessionReport)
    )


def has_journal(volume) -> bool:
    """Looked at with each frame: whether the library has handed something over."""
    return any(file.stat().st_size for file in (volume / "journal").iterdir())


async def held_back(start_worker, sandbox, gateway, volume):
    """A worker that nobody has told yet whether its phone may serve, and a message to it."""
    gateway.phone = ""
    phone, customer = await sandbox.phone(), await sandbox.customer()
    worker = await start_worker()
    await sandbox.scan(phone, await qr(gateway))
    await gateway.until(lambda: gateway.session.reason is SessionReason.CHECKING_PHONE)
    await sandbox.write(customer, phone, "hello")
    await gateway.until(lambda: has_journal(volume))
    return worker, phone, customer


async def test_what_comes_before_a_phone_is_accepted_is_recorded_and_answered_afterwards(
    start_worker, sandbox, gateway, volume
):
    _, phone, customer = await held_back(start_worker, sandbox, gateway, volume)
    assert gateway.received == []
    await gateway.send(PhoneAccepted(phone=phone))
    await gateway.until_state(SessionState.CONNECTED)
    assert len(await sandbox.answers(customer, 1)) == 1
    assert [event.text for event in gateway.received] == ["hello"]


async def test_what_is_held_outlives_a_kill(start_worker, sandbox, gateway, volume):
    worker, phone, customer = await held_back(start_worker, sandbox, gateway, volume)
    await worker.kill()
    gateway.phone = phone
    await start_worker()
    assert len(await sandbox.answers(customer, 1)) == 1
    assert [event.text for event in gateway.received] == ["hello"]


async def test_what_is_held_of_a_phone_that_is_refused_is_counted_and_let_go(
    start_worker, sandbox, gateway, volume
):
    worker, phone, _ = await held_back(start_worker, sandbox, gateway, volume)
    await worker.kill()
    gateway.phone = "+255700000000"
    worker = await start_worker()
    await gateway.until_state(SessionState.LOGGED_OUT)
    await gateway.until(lambda: not has_journal(volume))
    skipped = SkipReason.OTHER_PHONE.value
    # Beside the customer's, what the phone itself told its new device.
    await gateway.until(lambda: gateway.of(Heartbeat)[-1].skipped.get(skipped, 0) >= 1)
    await worker.kill()
    await start_worker()
    await qr(gateway)
    assert await devices(sandbox, phone) == []
    assert gateway.received == []


async def test_a_phone_that_served_is_refused_when_the_tenants_number_is_another_now(
    start_worker, sandbox, gateway, linked
):
    await linked.worker.kill()
    gateway.phone = "+255700000000"
    await start_worker()
    refused = await gateway.until_state(SessionState.LOGGED_OUT)
    assert (refused.reason, refused.refused_phone) == (SessionReason.WRONG_PHONE, linked.phone)
    await gateway.send(Command(id="c1", kind=NEW_QR_ROUND))
    await qr(gateway)
    assert await devices(sandbox, linked.phone) == []


async def test_an_accepted_phone_serves_while_the_control_plane_is_away(
    start_worker, sandbox, gateway, linked
):
    await linked.worker.kill()
    await gateway.stop()
    await start_worker()
    await sandbox.write(linked.customer, linked.phone, "hello")
    assert len(await sandbox.answers(linked.customer, 1)) == 1
    await gateway.start()


async def test_a_worker_that_is_told_to_log_out_leaves_nothing_on_the_phones_list(
    sandbox, gateway, linked
):
    await gateway.send(Command(id="c1", kind=LOG_OUT))
    await gateway.until(lambda: gateway.session.reason is SessionReason.WORKER_STOPPED)
    linked.worker.signal(signal.SIGTERM)  # as the reconciler does at the same moment
    assert await linked.worker.ended() == 0
    assert await devices(sandbox, linked.phone) == []
