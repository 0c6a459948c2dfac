"""Who let a container go: we, who write that down before, or somebody else."""

import msgspec
import pytest

from controlplane.containers.driver import ContainerState
from controlplane.reconcile.judgement import (
    TenantView,
    find_unexplained_end,
    find_vanished,
    judge,
    needs_history,
)
from shared.enums import DesiredState, IncidentKind, WorkerStatus
from shared.structs.fleet import WorkerRecord
from tests.fakes.observations import NOW, SECOND, TENANT, ended, incident, there, wanted, worker

RAN = WorkerRecord(status=WorkerStatus.RUNNING, container_id="c1")
LET_GO = WorkerRecord(status=WorkerStatus.STARTING)


@pytest.mark.parametrize(
    ("recorded", "containers", "vanished"),
    [
        pytest.param(RAN, [], "c1", id="gone"),
        pytest.param(RAN, [there(ContainerState.REMOVING)], "c1", id="on its way out"),
        pytest.param(RAN, [there(id="c2")], "c1", id="another in its place"),
        pytest.param(RAN, [there()], None, id="there"),
        pytest.param(RAN, [there(ContainerState.EXITED)], None, id="ended"),
        pytest.param(LET_GO, [there(ContainerState.REMOVING)], None, id="removed by us"),
    ],
)
def test_a_container_that_we_did_not_let_go_of_is_missed(recorded, containers, vanished):
    asked = worker(recorded=recorded)
    view = TenantView(tenant_id=TENANT, at=NOW, containers=containers, worker=asked)
    assert find_vanished(view) == vanished


def test_a_container_that_nobody_wants_is_not_missed():
    asked = worker(DesiredState.STOPPED, recorded=RAN)
    view = TenantView(tenant_id=TENANT, at=NOW, containers=[], worker=asked)
    assert find_vanished(view) is None


@pytest.mark.parametrize(
    ("asked", "containers", "starts"),
    [
        pytest.param(wanted(), [], True, id="a worker that is not there"),
        pytest.param(wanted(), [ended(1)], True, id="a worker that ended"),
        pytest.param(wanted(), [there()], True, id="a worker that runs"),
        pytest.param(
            wanted(), [there(ContainerState.EXITED, spec_hash="old")], False, id="an old one first"
        ),
        pytest.param(wanted(), [there(), there(id="c2")], False, id="one too many"),
        pytest.param(wanted(DesiredState.STOPPED), [], False, id="a worker that is to stop"),
        pytest.param(wanted(DesiredState.STOPPED), [there()], False, id="and runs yet"),
        pytest.param(None, [], False, id="a tenant without rows"),
        pytest.param(None, [there()], False, id="and a container that is left of it"),
    ],
)
def test_only_what_brings_a_worker_up_waits_for_its_turn_to_start(asked, containers, starts):
    """Starts are few at a time: what takes things down must not wait for them, nor they for it."""
    view = TenantView(tenant_id=TENANT, at=NOW, containers=containers, wanted=asked)
    assert view.starts is starts


def view_of(containers, *, asked=DesiredState.RUNNING, incidents=()):
    return TenantView(
        tenant_id=TENANT,
        at=NOW,
        containers=containers,
        worker=worker(asked),
        wanted=wanted(asked),
        incidents=incidents,
    )


@pytest.mark.parametrize(
    ("containers", "asked", "needs"),
    [
        pytest.param([], DesiredState.RUNNING, True, id="not there"),
        pytest.param([ended(1)], DesiredState.RUNNING, True, id="ended"),
        pytest.param([there()], DesiredState.RUNNING, False, id="runs"),
        pytest.param([ended(1), there(id="c2")], DesiredState.RUNNING, False, id="another runs"),
        pytest.param([ended(1)], DesiredState.STOPPED, False, id="not wanted"),
    ],
)
def test_the_past_is_asked_for_only_where_a_worker_is_to_be_started(containers, asked, needs):
    assert needs_history(view_of(containers, asked=asked)) is needs


def test_of_a_tenant_without_rows_no_past_is_asked_for():
    assert not needs_history(TenantView(tenant_id=TENANT, at=NOW, containers=[ended(1)]))


CRASHED = ended(1)


@pytest.mark.parametrize(
    ("containers", "incidents", "unexplained"),
    [
        pytest.param([CRASHED], [], True, id="crashed"),
        pytest.param([CRASHED], [incident()], False, id="and told of"),
        pytest.param([CRASHED], [incident(ago=SECOND)], True, id="an earlier end was told of"),
        pytest.param([CRASHED], [incident(container_id="c2")], True, id="another's end"),
        pytest.param([ended(0)], [], False, id="ended well"),
        pytest.param([there()], [], False, id="runs"),
        pytest.param([], [], False, id="not there"),
    ],
)
def test_each_bad_end_is_told_of_once(containers, incidents, unexplained):
    found = find_unexplained_end(view_of(containers, incidents=incidents))
    assert found == (CRASHED if unexplained else None)


def test_what_was_judged_of_the_past_decides_what_is_done_and_what_is_shown():
    over = incident(IncidentKind.SESSION_ENDED)
    judged = judge(view_of([ended(65)], incidents=[over]))
    assert judged.effects == []
    assert judged.record.status is WorkerStatus.ERROR
    tried = judge(view_of([ended(65)], incidents=[msgspec.structs.replace(over, generation=0)]))
    assert tried.effects != []


def test_a_worker_that_ends_well_at_once_is_not_started_again_at_once():
    judged = judge(view_of([ended(0, ran=SECOND)]))
    assert judged.effects == []
    [waits] = judged.actions
    assert waits.until == NOW + 9 * SECOND


@pytest.mark.parametrize(
    "container",
    [
        pytest.param(there(started_at=NOW - SECOND), id="as it should be"),
        pytest.param(there(started_at=NOW - SECOND, generation=0), id="an old one, yet to end"),
    ],
)
def test_what_is_shown_of_a_worker_is_the_container_that_runs(container):
    record = judge(view_of([container])).record
    assert (record.container_id, record.started_at) == (container.id, container.started_at)


def test_what_is_done_is_done_to_this_tenant():
    actions = judge(view_of([])).actions
    assert {action.tenant_id for action in actions} == {TENANT}
