"""Who let a container go: we, who write that down before, or somebody else."""

import pytest

from controlplane.containers.driver import ContainerState
from controlplane.reconcile.judgement import TenantView, find_vanished
from shared.enums import DesiredState, WorkerStatus
from shared.structs.fleet import WorkerRecord
from tests.fakes.observations import NOW, TENANT, there, worker

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
