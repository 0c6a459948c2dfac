"""Who let a container go: we, who write that down before, or somebody else."""

import pytest

from controlplane.containers.driver import ContainerState
from controlplane.reconcile.judgement import TenantView, find_vanished
from shared.enums import DesiredState, WorkerStatus
from shared.structs.fleet import WorkerRecord
from tests.fakes.observations import NOW, TENANT, ended, there, wanted, worker

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
