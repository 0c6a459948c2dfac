"""What fails at one tenant, in whatever way, is that tenant's: the others are brought up."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from controlplane.containers.driver import ContainerState, ObservedContainer
from controlplane.containers.spec import WorkerTemplate, container_name
from controlplane.reconcile import alarm_watch, loop, sampling
from controlplane.reconcile.alarm_watch import AlarmWatch
from controlplane.reconcile.sampling import sample_for_ever
from shared.clock import SystemClock
from shared.enums import DesiredState, IncidentKind, WorkerStatus
from shared.errors import ContainerRuntimeError
from shared.ids import TenantId
from shared.stores import incidents, tenants, workers
from shared.tasks import TaskGroup
from tests.fakes.containers import FakeDriver
from tests.fakes.fleet import FakeFleet, add_tenant, until, until_status

MISTAKES = [
    pytest.param(ContainerRuntimeError("server error for one container"), id="the engine's error"),
    pytest.param(KeyError("State"), id="an answer that nobody expected"),
]


async def two() -> tuple[TenantId, TenantId]:
    made = []
    for _ in range(2):
        tenant_id = await add_tenant()
        await workers.set_desired(tenant_id, DesiredState.RUNNING)
        made.append(tenant_id)
    return made[0], made[1]


async def list_incidents(tenant_id: TenantId) -> list[IncidentKind]:
    return [each.kind for each in (await incidents.list_page(tenant_id, limit=10)).items]


def fail_for(
    monkeypatch: pytest.MonkeyPatch, method: str, container: str, error: Exception
) -> None:
    """From here on that call of the engine fails whenever it is about one container."""
    real = getattr(FakeDriver, method)

    async def failing(self: FakeDriver, name: Any, *rest: Any, **more: Any) -> Any:
        found = self._engine.containers.get(container)
        if getattr(name, "name", name) in {container, found.id if found else None}:
            raise error
        return await real(self, name, *rest, **more)

    monkeypatch.setattr(FakeDriver, method, failing)


@pytest.mark.parametrize("error", MISTAKES)
async def test_a_container_that_cannot_be_inspected_keeps_no_other_from_being_brought_up(
    fake_fleet: FakeFleet, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    sick, well = await two()
    async with fake_fleet.reconciling():
        for tenant_id in (sick, well):
            await until_status(tenant_id, WorkerStatus.RUNNING)
    fail_for(monkeypatch, "inspect_container", container_name(sick), error)
    for tenant_id in (sick, well):
        fake_fleet.engine.end(container_name(tenant_id), 1)
    async with fake_fleet.reconciling(resync=0.1) as reconciler:
        for tenant_id in (sick, well):
            reconciler.wake(tenant_id)
        await until(lambda: is_running(fake_fleet, well))
        # Not seen is not gone: nothing was made beside it, and nobody is told that it was removed.
        assert len(fake_fleet.engine.containers) == 2
    assert IncidentKind.CONTAINER_REMOVED not in await list_incidents(sick)
    told = IncidentKind.PLATFORM_ERROR in await list_incidents(sick)
    assert told is not isinstance(error, ContainerRuntimeError)
    assert IncidentKind.PLATFORM_ERROR not in await list_incidents(well)


async def is_running(fake_fleet: FakeFleet, tenant_id: TenantId) -> bool:
    found = fake_fleet.engine.containers.get(container_name(tenant_id))
    return found is not None and found.state is ContainerState.RUNNING


@pytest.mark.parametrize("method", ["create_container", "start_container", "tail_log"])
async def test_a_mistake_at_one_tenant_ends_no_loop_and_is_told(
    fake_fleet: FakeFleet, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    sick, well = await two()
    fail_for(monkeypatch, method, container_name(sick), KeyError("Id"))
    async with fake_fleet.reconciling(resync=0.1):
        await until_status(well, WorkerStatus.RUNNING)
        if method == "tail_log":
            await until_status(sick, WorkerStatus.RUNNING)
            fake_fleet.engine.end(container_name(sick), 1)
        await until(lambda: list_incidents(sick))
        monkeypatch.undo()
        await until_status(sick, WorkerStatus.RUNNING)
    assert IncidentKind.PLATFORM_ERROR in await list_incidents(sick)


async def test_a_tenant_that_no_container_can_be_described_for_keeps_no_other(
    fake_fleet: FakeFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick, well = await two()
    real = WorkerTemplate.spec_for

    def spec_for(self: WorkerTemplate, worker: Any) -> Any:
        if worker.tenant_id == sick:
            raise ValueError("a row that nobody expected")
        return real(self, worker)

    monkeypatch.setattr(WorkerTemplate, "spec_for", spec_for)
    async with fake_fleet.reconciling(resync=0.1):
        await until_status(well, WorkerStatus.RUNNING)
        await until(lambda: list_incidents(sick))
    assert (await tenants.get(sick)).worker.status is not WorkerStatus.RUNNING


async def test_a_tenant_that_cannot_be_judged_keeps_no_other(
    fake_fleet: FakeFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick, well = await two()
    real = loop.judge

    def judge(view: Any) -> Any:
        if view.tenant_id == sick:
            raise ValueError("a state that nobody thought of")
        return real(view)

    monkeypatch.setattr(loop, "judge", judge)
    async with fake_fleet.reconciling(resync=0.1):
        await until_status(well, WorkerStatus.RUNNING)
        await until(lambda: list_incidents(sick))


async def test_a_pass_that_fails_by_a_mistake_is_made_again(
    fake_fleet: FakeFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, well = await two()
    failures = 0

    async def list_containers(_: FakeDriver) -> list[ObservedContainer]:
        nonlocal failures
        failures += 1
        raise KeyError("Names")

    monkeypatch.setattr(FakeDriver, "list_containers", list_containers)
    async with fake_fleet.reconciling(resync=0.05):
        await until(lambda: at_least(2, [failures]))
        monkeypatch.undo()
        await until_status(well, WorkerStatus.RUNNING)


@pytest.mark.usefixtures("database")
async def test_alarms_and_samples_go_on_after_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = {"alarms": 0, "samples": 0}

    async def list_alarms() -> Any:
        looks["alarms"] += 1
        raise ValueError("a row that nobody expected")

    async def count_tenants(*, now: Any) -> Any:  # noqa: ARG001  its signature
        looks["samples"] += 1
        raise ValueError("a row that nobody expected")

    monkeypatch.setattr(alarm_watch, "list_alarms", list_alarms)
    monkeypatch.setattr(alarm_watch, "LOOK_EVERY", timedelta(milliseconds=10))
    monkeypatch.setattr(sampling.tenant_lists, "count_tenants", count_tenants)
    monkeypatch.setattr(sampling, "_until_next_minute", lambda _: timedelta(milliseconds=10))
    leading = asyncio.Event()
    leading.set()
    async with TaskGroup() as tasks:
        tasks.supervise("alarms", AlarmWatch(leading=leading).run())
        tasks.supervise("samples", sample_for_ever(leading=leading, clock=SystemClock()))
        await until(lambda: at_least(3, looks.values()))


async def at_least(wanted: int, counts: Iterable[int]) -> bool:
    return min(counts) >= wanted
