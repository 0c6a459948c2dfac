"""What the planner promises, as a table."""

from datetime import timedelta

import pytest

from controlplane.containers.driver import ContainerState
from controlplane.reconcile.actions import (
    Create,
    Drain,
    EnsureVolume,
    Forget,
    Kill,
    Remove,
    RemoveVolume,
    Start,
    Wait,
)
from controlplane.reconcile.planner import plan
from controlplane.reconcile.restarts import Verdict
from shared.enums import DesiredState
from tests.fakes.observations import NOW, SPEC, TENANT, there, wanted

AT_ONCE = Verdict(start_at=NOW)
LATER = Verdict(start_at=NOW + timedelta(seconds=8))
NEVER = Verdict(start_at=None)
STOPPED = wanted(DesiredState.STOPPED)
REMOVED = wanted(DesiredState.REMOVED)
ANEW = [
    EnsureVolume(TENANT, SPEC.limits.disk_bytes),
    Create(TENANT, SPEC, 1),
    Start(TENANT, SPEC.name),
]
EXITED, CREATED = ContainerState.EXITED, ContainerState.CREATED


def replaced(reason, container="c1"):
    return [Drain(TENANT, container, reason), Remove(TENANT, container)]


@pytest.mark.parametrize(
    ("wanted", "containers", "verdict", "expected"),
    [
        pytest.param(wanted(), [], AT_ONCE, ANEW, id="nothing there: volume, container, start"),
        pytest.param(wanted(), [there()], AT_ONCE, [], id="what runs as wanted is adopted"),
        pytest.param(
            wanted(), [there(CREATED)], AT_ONCE, ANEW, id="never ran: perhaps made by half"
        ),
        pytest.param(
            wanted(), [there(EXITED)], AT_ONCE, [Start(TENANT, "c1")], id="ended: same one again"
        ),
        pytest.param(
            wanted(),
            [there(ContainerState.PAUSED)],
            AT_ONCE,
            [Start(TENANT, "c1")],
            id="paused from outside: goes on",
        ),
        pytest.param(
            wanted(), [there(EXITED)], LATER, [Wait(TENANT, LATER.start_at)], id="ended: backs off"
        ),
        pytest.param(wanted(), [], LATER, [Wait(TENANT, LATER.start_at)], id="gone: backs off"),
        pytest.param(wanted(), [there(EXITED)], NEVER, [], id="ended for good: left for people"),
        pytest.param(wanted(), [], NEVER, [], id="ended for good and tidied away: stays down"),
        pytest.param(
            wanted(generation=2),
            [there(generation=1)],
            AT_ONCE,
            replaced("other generation"),
            id="older generation is drained, not killed",
        ),
        pytest.param(
            wanted(generation=2, kill_below_generation=2),
            [there(generation=1)],
            AT_ONCE,
            [Kill(TENANT, "c1", "other generation"), Remove(TENANT, "c1")],
            id="forced: killed",
        ),
        pytest.param(
            wanted(generation=3, kill_below_generation=2),
            [there(generation=2)],
            AT_ONCE,
            replaced("other generation"),
            id="a restart after a forced one drains again",
        ),
        pytest.param(
            wanted(generation=2),
            [there(EXITED, generation=1)],
            NEVER,
            [Remove(TENANT, "c1")],
            id="ended, older generation: makes way whatever the verdict on it",
        ),
        pytest.param(
            wanted(),
            [there(spec_hash="other")],
            AT_ONCE,
            replaced("changed spec"),
            id="changed spec",
        ),
        pytest.param(
            wanted(),
            [there(image_id="sha256:0")],
            AT_ONCE,
            replaced("changed image"),
            id="the image's name means another image",
        ),
        pytest.param(
            wanted(),
            [there(image_id=None)],
            AT_ONCE,
            [],
            id="where nobody knows the image's id it is not a difference",
        ),
        pytest.param(STOPPED, [there()], AT_ONCE, replaced("wanted STOPPED"), id="stop"),
        pytest.param(
            STOPPED, [there(EXITED)], AT_ONCE, [Remove(TENANT, "c1")], id="stop of what ended"
        ),
        pytest.param(STOPPED, [], AT_ONCE, [], id="stopped and nothing there"),
        pytest.param(
            REMOVED, [there()], AT_ONCE, replaced("wanted REMOVED"), id="removal: container first"
        ),
        pytest.param(
            REMOVED,
            [],
            AT_ONCE,
            [RemoveVolume(TENANT), Forget(TENANT)],
            id="removal: then volume, then rows",
        ),
        pytest.param(
            None,
            [there()],
            AT_ONCE,
            replaced("unknown tenant"),
            id="no such tenant: container ends, volume is not touched",
        ),
        pytest.param(
            wanted(),
            [there(id="c1"), there(id="c2", name="copy")],
            AT_ONCE,
            replaced("duplicate", "c2"),
            id="duplicate: the one with the right name stays",
        ),
        pytest.param(
            wanted(),
            [there(EXITED, id="c1"), there(id="c2", name="copy")],
            AT_ONCE,
            [Remove(TENANT, "c1")],
            id="duplicate: the one that runs stays",
        ),
        pytest.param(
            wanted(generation=2),
            [there(id="c1", generation=1), there(id="c2", generation=2, name="copy")],
            AT_ONCE,
            replaced("other generation", "c1"),
            id="duplicate: the wanted generation stays",
        ),
        pytest.param(
            wanted(),
            [there(ContainerState.REMOVING)],
            AT_ONCE,
            [Wait(TENANT, NOW + timedelta(seconds=1))],
            id="under removal: nothing beside it",
        ),
    ],
)
def test_plan(wanted, containers, verdict, expected):
    assert plan(TENANT, wanted, containers, verdict=verdict, now=NOW) == expected
