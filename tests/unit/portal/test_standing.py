"""One sentence for every state that a tenant can be in, and it is true."""

from datetime import UTC, datetime
from itertools import product
from uuid import uuid4

import pytest

from portal.standing import judge_standing
from portal.texts import TEXTS
from shared.enums import (
    DesiredState,
    Language,
    SessionReason,
    SessionState,
    SetupStatus,
    TemplateType,
    WorkerStatus,
)
from shared.status import derive_actor, derive_status
from shared.structs.tenants import SessionView, TenantConfig, TenantWithRelations, WorkerView

SINCE, UNTIL = datetime(2026, 11, 24, 6, 12, tzinfo=UTC), datetime(2026, 11, 24, 11, tzinfo=UTC)


def tenant(
    state: SessionState = SessionState.CONNECTED,
    reason: SessionReason = SessionReason.LINKED,
    *,
    desired: DesiredState = DesiredState.RUNNING,
    worker: WorkerStatus = WorkerStatus.RUNNING,
    generation: int = 1,
    **session: datetime,
) -> TenantWithRelations:
    return TenantWithRelations(
        id=uuid4(),
        name="Duka",
        phone_number="+255712300001",
        status=derive_status(desired=desired, generation=generation, worker=worker, session=state),
        who_must_act=derive_actor(desired=desired, worker=worker, reason=reason),
        config=TenantConfig(
            template_type=TemplateType.SUPPORT, business_name="Duka", language=Language.SW
        ),
        session=SessionView(
            state=state, reason=reason, who_must_act=reason.actor, changed_at=SINCE, **session
        ),
        worker=WorkerView(
            desired_state=desired,
            status=worker,
            container_name=None,
            container_id=None,
            image=None,
            last_heartbeat_at=None,
            last_error=None,
            restarts=0,
            outbox_depth=None,
            skipped={},
        ),
        created_at=datetime(2026, 11, 24, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("given", "key"),
    [
        pytest.param(tenant(), "standing.active", id="linked"),
        pytest.param(
            tenant(worker=WorkerStatus.STARTING), "standing.starting", id="a container on its way"
        ),
        pytest.param(
            tenant(desired=DesiredState.STOPPED), "standing.paused", id="stopped, though linked"
        ),
        pytest.param(
            tenant(SessionState.QR_READY, SessionReason.WAITING_FOR_SCAN),
            "standing.scan",
            id="a code to scan",
        ),
        pytest.param(
            tenant(SessionState.LOGGED_OUT, SessionReason.DEVICE_REMOVED),
            "standing.removed",
            id="unlinked on the phone",
        ),
        pytest.param(
            tenant(SessionState.BANNED, SessionReason.TEMPORARY_BAN),
            "standing.banned",
            id="banned for a while",
        ),
        pytest.param(
            tenant(SessionState.BANNED, SessionReason.TEMPORARY_BAN, ban_ends_at=UNTIL),
            "standing.banned_until",
            id="banned, and it is known until when",
        ),
        pytest.param(
            tenant(SessionState.QR_READY, SessionReason.WAITING_FOR_SCAN, last_seen_at=SINCE),
            "standing.again",
            id="a code to scan, where there was a link before",
        ),
        pytest.param(
            tenant(SessionState.QR_EXPIRED, SessionReason.LINKING_FAILED),
            "standing.failed",
            id="WhatsApp did not take the scan",
        ),
        pytest.param(
            tenant(SessionState.QR_EXPIRED, SessionReason.PASSKEY_REQUIRED),
            "standing.passkey",
            id="a passkey is wanted",
        ),
        pytest.param(
            tenant(SessionState.CONNECTING, SessionReason.LOGGING_IN),
            "standing.logging_in",
            id="just scanned",
        ),
        pytest.param(
            tenant(SessionState.DISCONNECTED, SessionReason.CONNECTION_LOST),
            "standing.away",
            id="no way to WhatsApp",
        ),
        pytest.param(
            tenant(SessionState.DISCONNECTED, SessionReason.WORKER_SILENT),
            "standing.silent",
            id="a worker that nobody hears",
        ),
        pytest.param(
            tenant(
                SessionState.DISCONNECTED,
                SessionReason.WORKER_STOPPED,
                worker=WorkerStatus.STARTING,
            ),
            "standing.starting",
            id="what the link was is of a container that is gone",
        ),
        pytest.param(
            tenant(worker=WorkerStatus.ERROR), "standing.error", id="broken, whatever it said last"
        ),
        pytest.param(
            tenant(desired=DesiredState.STOPPED, generation=0), "standing.submitted", id="new"
        ),
    ],
)
def test_the_sentence_is_what_is_the_case(given, key):
    assert judge_standing(given, setup=SetupStatus.SUBMITTED).key == key


def test_a_rejected_request_says_so_until_the_bot_was_started_all_the_same():
    new = tenant(desired=DesiredState.STOPPED, generation=0)
    assert judge_standing(new, setup=SetupStatus.REJECTED).key == "standing.rejected"
    assert judge_standing(tenant(), setup=SetupStatus.REJECTED).key == "standing.active"


def test_nothing_but_a_linked_running_worker_is_called_answering():
    for state, reason, desired, worker, generation in product(
        SessionState, SessionReason, DesiredState, WorkerStatus, (0, 1)
    ):
        given = tenant(state, reason, desired=desired, worker=worker, generation=generation)
        standing = judge_standing(given, setup=None)
        assert standing.key in TEXTS
        assert f"{standing.key}_more" in TEXTS
        is_answering = (state, desired, worker) == (
            SessionState.CONNECTED,
            DesiredState.RUNNING,
            WorkerStatus.RUNNING,
        )
        assert (standing.key == "standing.active") == is_answering
        assert standing.key != "standing.scan" or worker is WorkerStatus.RUNNING
        assert (standing.tone == "good") == is_answering


def test_a_ban_says_until_when_and_the_rest_since_when():
    banned = tenant(SessionState.BANNED, SessionReason.TEMPORARY_BAN, ban_ends_at=UNTIL)
    assert judge_standing(banned, setup=None).at == UNTIL
    assert judge_standing(tenant(), setup=None).at == SINCE
