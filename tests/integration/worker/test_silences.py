"""What the library says late or not at all, in its real time: minutes. Only with `--slow`."""

import pytest

from shared.enums import SessionReason, SessionState
from shared.wire.frames import NEW_QR_ROUND, Command, Heartbeat, SessionReport
from worker.session.machine import QRS_A_ROUND

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


async def test_a_round_of_codes_that_nobody_scans_ends_and_another_can_be_asked_for(
    start_worker, sandbox, gateway
):
    await start_worker()
    await gateway.until_state(SessionState.QR_READY)
    # A minute for the first code and 20 s for each other.
    report = await gateway.until_state(SessionState.QR_EXPIRED, within=200)
    assert (report.reason, report.qr) == (SessionReason.QR_ROUND_OVER, None)
    shown = [each.qr_attempt for each in gateway.of(SessionReport) if each.qr]
    assert shown == list(range(1, QRS_A_ROUND + 1))
    await gateway.send(Command(id="c1", kind=NEW_QR_ROUND))
    report = await gateway.until_state(SessionState.QR_READY)
    phone = await sandbox.phone()
    await sandbox.scan(phone, report.qr)
    await gateway.until_state(SessionState.CONNECTED)


@pytest.mark.parametrize("fault", ["ignore_pings", "half_open"])
async def test_a_line_that_is_dead_is_noticed_dated_and_healed(linked, sandbox, gateway, fault):
    await sandbox.call("PUT", f"/phones/{linked.phone}/faults", {fault: True})
    report = await gateway.until_state(SessionState.DISCONNECTED, within=120)
    assert report.reason is SessionReason.KEEPALIVE_TIMEOUT
    beats = len(gateway.of(Heartbeat))
    await gateway.until(lambda: len(gateway.of(Heartbeat)) > beats)
    # Two unanswered pings, 20 to 30 s apart, and 10 s of waiting for each.
    assert gateway.of(Heartbeat)[-1].keepalive_age > 30
    await sandbox.call("DELETE", f"/phones/{linked.phone}/faults")
    await gateway.until_state(SessionState.CONNECTED, within=120)
    await sandbox.write(linked.customer, linked.phone, "hello")
    assert len(await sandbox.answers(linked.customer, 1)) == 1
