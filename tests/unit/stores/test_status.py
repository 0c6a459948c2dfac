"""One word for three states."""

import pytest

from shared.enums import DesiredState, SessionReason, SessionState, TenantStatus, WorkerStatus
from shared.status import derive_actor, derive_status
from shared.stores.tenant_lists import list_causes

RUN, STOP, REMOVED = DesiredState.RUNNING, DesiredState.STOPPED, DesiredState.REMOVED
UP, DOWN, BEGUN, FAILED = (
    WorkerStatus.RUNNING,
    WorkerStatus.STOPPED,
    WorkerStatus.STARTING,
    WorkerStatus.ERROR,
)
S = SessionState


@pytest.mark.parametrize(
    ("desired", "generation", "worker", "session", "status"),
    [
        pytest.param(STOP, 0, DOWN, S.DISCONNECTED, "NEW", id="never started"),
        pytest.param(STOP, 2, DOWN, S.DISCONNECTED, "PAUSED", id="stopped"),
        pytest.param(STOP, 2, UP, S.CONNECTED, "PAUSED", id="still stopping"),
        pytest.param(STOP, 2, FAILED, S.LOGGED_OUT, "PAUSED", id="stopped after an error"),
        pytest.param(REMOVED, 3, UP, S.CONNECTED, "PAUSED", id="being removed"),
        pytest.param(RUN, 1, BEGUN, S.DISCONNECTED, "STARTING", id="container on its way"),
        pytest.param(RUN, 1, DOWN, S.CONNECTED, "STARTING", id="what a dead container said"),
        pytest.param(RUN, 1, UP, S.CONNECTING, "STARTING", id="link being made"),
        pytest.param(RUN, 1, UP, S.DISCONNECTED, "STARTING", id="link lost for a moment"),
        pytest.param(RUN, 1, UP, S.QR_READY, "QR_PENDING", id="waiting for a scan"),
        pytest.param(RUN, 1, UP, S.QR_EXPIRED, "QR_PENDING", id="round over"),
        pytest.param(RUN, 1, UP, S.CONNECTED, "ACTIVE", id="linked"),
        pytest.param(RUN, 1, FAILED, S.CONNECTED, "ERROR", id="worker gave up"),
        pytest.param(RUN, 1, UP, S.LOGGED_OUT, "ERROR", id="logged out"),
        pytest.param(RUN, 1, UP, S.BANNED, "ERROR", id="banned"),
        pytest.param(RUN, 1, UP, S.REPLACED, "ERROR", id="replaced"),
        pytest.param(RUN, 1, UP, S.OUTDATED, "ERROR", id="outdated"),
    ],
)
def test_the_word_follows_from_the_three_states(desired, generation, worker, session, status):
    derived = derive_status(desired=desired, generation=generation, worker=worker, session=session)
    assert derived == status


@pytest.mark.parametrize("desired", DesiredState)
@pytest.mark.parametrize("worker", WorkerStatus)
@pytest.mark.parametrize("session", SessionState)
def test_there_is_a_word_for_every_combination(desired, worker, session):
    derived = derive_status(desired=desired, generation=1, worker=worker, session=session)
    assert derived in TenantStatus


def test_a_word_can_be_looked_for_by_all_that_leads_to_it():
    found = [cause for status in TenantStatus for cause in list_causes(status)]
    assert len(found) == len(set(found)) == 3 * 2 * len(WorkerStatus) * len(SessionState)
    assert list_causes(TenantStatus.ACTIVE) == [
        "RUNNING 0 RUNNING CONNECTED",
        "RUNNING 1 RUNNING CONNECTED",
    ]


R = SessionReason


@pytest.mark.parametrize(
    ("desired", "worker", "reason", "actor"),
    [
        pytest.param(STOP, DOWN, R.DEVICE_REMOVED, "NOBODY", id="not meant to run"),
        pytest.param(RUN, UP, R.LINKED, "NOBODY", id="linked"),
        pytest.param(RUN, UP, R.WAITING_FOR_SCAN, "TENANT", id="waiting for a scan"),
        pytest.param(RUN, UP, R.CLIENT_OUTDATED, "OPERATOR", id="outdated"),
        pytest.param(RUN, UP, R.CONNECTION_LOST, "WORKER", id="heals by itself"),
        pytest.param(RUN, BEGUN, R.DEVICE_REMOVED, "WORKER", id="what a dead container said"),
        pytest.param(RUN, FAILED, R.LINKED, "OPERATOR", id="worker gave up"),
        pytest.param(RUN, FAILED, R.DEVICE_REMOVED, "TENANT", id="gave up, logged out"),
    ],
)
def test_who_must_act_follows_from_the_three_states(desired, worker, reason, actor):
    assert derive_actor(desired=desired, worker=worker, reason=reason) == actor
