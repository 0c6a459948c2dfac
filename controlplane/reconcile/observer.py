"""Looks at engine and rows once for many tenants."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from controlplane.containers.driver import (
    ContainerDriver,
    ContainerState,
    ObservedContainer,
    ObservedVolume,
)
from controlplane.containers.spec import WorkerTemplate, container_name
from controlplane.reconcile.judgement import TenantView, needs_history, want
from controlplane.reconcile.restarts import HISTORY
from shared.clock import Clock
from shared.enums import WorkerStatus
from shared.ids import TenantId
from shared.stores import fleet
from shared.structs.fleet import DesiredWorker


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """unseen: tenants of whom something could not be looked at, and why. Nothing follows for them:
    a container that cannot be inspected is not one that is not there.
    """

    views: list[TenantView]
    unseen: dict[TenantId, Exception]


class Observer:
    def __init__(self, driver: ContainerDriver, template: WorkerTemplate, *, clock: Clock) -> None:
        self._driver = driver
        self._template = template
        self._clock = clock

    async def observe(self, tenant_ids: Collection[TenantId] | None) -> Observed:
        """One view for each of `tenant_ids`; without them, for each tenant there is. Raises
        TransientError while engine or database are away; what is wrong with one tenant is in
        the answer.

        Those that are named are looked up by name, in a call each: the engine says `die` before
        it has cleared up (100-800 ms), and until then a listing says "running" while an
        inspection waits. A copy under another name, and an image's name that means another
        image, are found when everything is looked at.
        """
        if tenant_ids is None:
            found, image_id = await asyncio.gather(
                self._driver.list_containers(),
                self._driver.find_image_id(self._template.image),
            )
        else:
            found, image_id = [], None
        unseen: dict[TenantId, Exception] = {}
        if tenant_ids is not None:
            names = {each: container_name(each) for each in tenant_ids}
            found = await self._inspect(names.items(), unseen)
        # Rows after containers: a container always has a row that is older than itself, so
        # one without a row is an orphan and not a tenant that was made a moment ago.
        desired = await fleet.read_desired(tenant_ids)
        workers = {worker.tenant_id: worker for worker in desired.workers}
        now = self._clock.now()
        seen: dict[TenantId, list[ObservedContainer]] = defaultdict(list)
        if tenant_ids is None:
            found = await self._inspect_others(found, workers, unseen)
        for container in found:
            seen[container.tenant_id].append(container)
        wanted_ids = workers.keys() | seen.keys() if tenant_ids is None else set(tenant_ids)
        views = []
        for tenant_id in wanted_ids - unseen.keys() - desired.unreadable:
            worker = workers.get(tenant_id)
            try:
                views.append(self._view(tenant_id, worker, seen[tenant_id], image_id, now))
            except Exception as error:  # noqa: BLE001  whatever it is, it is this tenant's
                unseen[tenant_id] = error
        return Observed(views=await _with_history(views), unseen=unseen)

    async def list_stray_volumes(self) -> list[ObservedVolume]:
        """Volumes of tenants that are not known. Nobody asked to delete them."""
        volumes = await self._driver.list_volumes()
        desired = await fleet.read_desired()
        known = {worker.tenant_id for worker in desired.workers} | desired.unreadable
        return [volume for volume in volumes if volume.tenant_id not in known]

    def _view(
        self,
        tenant_id: TenantId,
        worker: DesiredWorker | None,
        containers: Sequence[ObservedContainer],
        image_id: str | None,
        now: datetime,
    ) -> TenantView:
        wanted = None
        if worker is not None:
            wanted = want(worker, self._template.spec_for(worker), image_id=image_id)
        return TenantView(
            tenant_id=tenant_id, at=now, containers=containers, worker=worker, wanted=wanted
        )

    async def _inspect_others(
        self,
        listed: Sequence[ObservedContainer],
        workers: dict[TenantId, DesiredWorker],
        unseen: dict[TenantId, Exception],
    ) -> list[ObservedContainer]:
        """A listing tells neither exit codes nor times; those that are as recorded need none."""
        known = [c for c in listed if _is_as_recorded(c, workers.get(c.tenant_id))]
        others = [c for c in listed if c not in known] if len(known) < len(listed) else []
        return known + await self._inspect([(c.tenant_id, c.id) for c in others], unseen)

    async def _inspect(
        self, containers: Iterable[tuple[TenantId, str]], unseen: dict[TenantId, Exception]
    ) -> list[ObservedContainer]:
        """Raises TransientError when it is the engine that is away, and not one answer."""
        wanted = list(containers)
        outcomes = await asyncio.gather(
            *(self._driver.inspect_container(container) for _, container in wanted),
            return_exceptions=True,
        )
        found = []
        for (tenant_id, _), outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, Exception):
                unseen[tenant_id] = outcome
            elif isinstance(outcome, BaseException):
                raise outcome
            elif outcome is not None:
                found.append(outcome)
        if unseen:
            await self._driver.ping()
        return found


def _is_as_recorded(container: ObservedContainer, worker: DesiredWorker | None) -> bool:
    return (
        container.state is ContainerState.RUNNING
        and worker is not None
        and worker.recorded.status is WorkerStatus.RUNNING
        and worker.recorded.container_id == container.id
    )


async def _with_history(views: list[TenantView]) -> list[TenantView]:
    asking = [view.tenant_id for view in views if needs_history(view)]
    if not asking:
        return views
    incidents = await fleet.list_incidents(asking, newest=HISTORY)
    return [
        msgspec.structs.replace(view, incidents=incidents[view.tenant_id])
        if view.tenant_id in incidents
        else view
        for view in views
    ]
