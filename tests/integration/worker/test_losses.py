"""What a worker reports of its link that operators are told of as a loss, and what not."""

from shared.enums import SessionReason, SessionState
from shared.wire.frames import SessionReport


def losses(gateway):
    return [report.reason for report in gateway.of(SessionReport) if report.reason.is_loss]


async def test_a_phone_that_is_linked_has_lost_nothing_on_the_way(linked, gateway):  # noqa: ARG001  it is
    assert gateway.session.state is SessionState.CONNECTED
    assert losses(gateway) == []


async def test_a_worker_that_is_killed_and_started_again_has_lost_no_link(
    linked, start_worker, gateway
):
    await linked.worker.kill()
    gateway.frames.clear()
    await start_worker()
    await gateway.until_state(SessionState.CONNECTED)
    assert losses(gateway) == []


async def test_a_connection_that_is_cut_is_a_loss_until_it_is_back(linked, sandbox, gateway):
    gateway.frames.clear()
    await sandbox.call("POST", f"/phones/{linked.phone}/disconnect")
    await gateway.until_state(SessionState.CONNECTED)
    assert losses(gateway) == [SessionReason.CONNECTION_LOST]
