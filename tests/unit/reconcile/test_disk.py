"""A worker whose volume holds more than it may is stopped, and comes back when it may hold it."""

import pytest

from controlplane.containers.driver import ContainerState
from controlplane.reconcile.actions import Drain, Kill, Remove
from controlplane.reconcile.judgement import TenantView, find_overfull, judge, want
from shared.enums import DesiredState, IncidentKind, WorkerStatus
from shared.structs.fleet import WorkerRecord
from shared.structs.limits import DEFAULTS, LimitOverrides
from tests.fakes.observations import (
    IMAGE_ID,
    NOW,
    SECOND,
    TEMPLATE,
    TENANT,
    incident,
    there,
    worker,
)

LIMIT = DEFAULTS.disk_bytes
RUNS = WorkerRecord(status=WorkerStatus.RUNNING, container_id="c1")


def seen(containers=(), **given):
    asked = worker(**given)
    wanted = want(asked, TEMPLATE.spec_for(asked), image_id=IMAGE_ID)
    return TenantView(tenant_id=TENANT, at=NOW, containers=containers, worker=asked, wanted=wanted)


@pytest.mark.parametrize(
    ("held", "actions"),
    [
        pytest.param(None, [], id="nobody has measured"),
        pytest.param(LIMIT, [], id="as much as it may"),
        pytest.param(
            LIMIT + 1,
            [Drain(TENANT, "c1", "wanted STOPPED"), Remove(TENANT, "c1")],
            id="more: it hands over what it holds, and ends",
        ),
        pytest.param(
            2 * LIMIT,
            [Drain(TENANT, "c1", "wanted STOPPED"), Remove(TENANT, "c1")],
            id="twice as much",
        ),
        pytest.param(
            2 * LIMIT + 1,
            [Kill(TENANT, "c1", "wanted STOPPED"), Remove(TENANT, "c1")],
            id="more than twice as much: no grace to write on",
        ),
    ],
)
def test_a_running_worker(held, actions):
    assert list(judge(seen([there()], disk_bytes=held, recorded=RUNS)).actions) == actions


def test_it_is_an_error_that_names_both_sizes_and_is_not_started_again():
    view = seen(disk_bytes=3 * LIMIT)
    judgement = judge(view)
    assert list(judgement.actions) == []
    assert judgement.record.status is WorkerStatus.ERROR
    assert "3072 MiB" in judgement.record.last_error
    assert "1024 MiB" in judgement.record.last_error


def test_a_higher_limit_of_the_tenants_own_brings_it_back_at_once():
    raised = LimitOverrides(disk_bytes=2 * LIMIT)
    view = seen(disk_bytes=LIMIT + 1, overrides=raised)
    past = [incident(IncidentKind.DISK_FULL)]
    actions = judge(TenantView(**{**_fields(view), "incidents": past})).effects
    assert [type(action).__name__ for action in actions] == ["EnsureVolume", "Create", "Start"]


def test_a_lower_limit_of_the_tenants_own_stops_it():
    lowered = LimitOverrides(disk_bytes=LIMIT // 2)
    view = seen([there(ContainerState.RUNNING)], disk_bytes=LIMIT - 1, overrides=lowered)
    assert isinstance(judge(view).actions[0], Drain)


def test_its_incident_names_the_container_that_was_stopped():
    stopped = there(started_at=NOW - SECOND)
    told = find_overfull(seen([stopped], disk_bytes=LIMIT + 1, generation=4))
    assert (told.kind, told.container_id, told.finished_at) == (IncidentKind.DISK_FULL, "c1", NOW)
    assert (told.generation, told.started_at) == (4, stopped.started_at)


def test_of_a_worker_that_holds_what_it_may_there_is_nothing_to_tell():
    assert find_overfull(seen([there()], disk_bytes=LIMIT)) is None
    assert find_overfull(seen([there()])) is None


@pytest.mark.parametrize("state", [DesiredState.STOPPED, DesiredState.REMOVED])
def test_who_is_not_to_run_is_not_brought_up_and_still_removed(state):
    asked = worker(state, disk_bytes=2 * LIMIT)
    assert want(asked, TEMPLATE.spec_for(asked), image_id=None).state is state


def _fields(view):
    return {name: getattr(view, name) for name in view.__struct_fields__}
