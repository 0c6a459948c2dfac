"""Brings what runs to what is wanted, again and again, from what is seen and never from memory."""

import asyncio
import os
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from controlplane.containers.driver import ContainerDriver, ObservedContainer, ObservedVolume
from controlplane.containers.spec import WorkerTemplate
from controlplane.containment import contained, tell_contained
from controlplane.reconcile.actions import Action, Create, EnsureVolume, Remove, Start, Wait
from controlplane.reconcile.executor import Executor, ForgetTenant, IssueToken
from controlplane.reconcile.judgement import (
    TenantView,
    find_overfull,
    find_unexplained_end,
    find_vanished,
    judge,
)
from controlplane.reconcile.observer import Observer
from controlplane.reconcile.queue import WakeQueue
from controlplane.reconcile.restarts import find_incident
from controlplane.reconcile.status import explain_exit
from shared.backoff import Backoff
from shared.clock import Clock
from shared.enums import IncidentKind
from shared.errors import (
    ContainerRuntimeError,
    FlowHQError,
    ForeignContainerError,
    PermanentError,
    TransientError,
)
from shared.ids import TenantId
from shared.stores import fleet, sessions
from shared.structs.fleet import Incident
from shared.tasks import TaskGroup

log = structlog.get_logger(__name__)

# Tenants brought up at once: seven starts a second on two cores from four up, and the fewer
# at once, the sooner the first of many runs.
STARTS_PER_CORE = 2
# Tenants taken down at once; a worker that takes its time to drain only waits.
STOPS_PER_CORE = 8
# A plan that waited longer than this for its turn is made anew.
PLAN_KEEPS = timedelta(seconds=2)
# After a pass, this many times its length belongs to the engine's other work.
PASS_REST = 1.0
BACKOFF = Backoff(first=timedelta(seconds=1), ceiling=timedelta(seconds=300))
PASS_BACKOFF = Backoff(first=timedelta(milliseconds=500), ceiling=timedelta(seconds=15))
SILENT_AFTER = timedelta(minutes=2)
# A report that was under way when its worker ended has long arrived by then.
STOPPED_AFTER = timedelta(seconds=10)
LOG_TAIL = 5
STRAYS_INTERVAL = timedelta(minutes=10)


class Reconciler:
    """Level-triggered: `wake` and `wake_all` only say when to look.

    One tenant is never worked on twice at once. On the way out containers keep running.
    leading: set while no other control plane works on the same rows; two would take turns at
        replacing each other's containers. None where there can be no other.
    """

    def __init__(
        self,
        driver: ContainerDriver,
        *,
        template: WorkerTemplate,
        issue_token: IssueToken,
        resync_interval: timedelta,
        clock: Clock,
        forget_tenant: ForgetTenant = fleet.forget_tenant,
        leading: asyncio.Event | None = None,
    ) -> None:
        self._driver = driver
        self._leading = leading or _set_event()
        self._observer = Observer(driver, template, clock=clock)
        self._executor = Executor(
            driver,
            issue_token=issue_token,
            forget_tenant=forget_tenant,
            grace=template.limits.stop_grace,
        )
        self._resync_interval = resync_interval
        self._clock = clock
        self._queue = WakeQueue()
        cores = os.cpu_count() or 1
        self._starts = asyncio.Semaphore(STARTS_PER_CORE * cores)
        self._stops = asyncio.Semaphore(STOPS_PER_CORE * cores)
        self._tasks = TaskGroup()
        self._running: asyncio.Task[None] | None = None
        # How often in a row a tenant's work failed; lost with the process, which then tries.
        self._failures: dict[TenantId, int] = {}
        self._sound_since: datetime | None = None

    def wake(self, tenant_id: TenantId) -> None:
        self._queue.wake(tenant_id)

    def wake_all(self) -> None:
        self._queue.wake_all()

    async def run(self) -> None:
        """Reconciles until cancelled. A mistake of ours at one tenant, or in one pass, is told and
        tried again later like every other failure.
        """
        self._running = asyncio.current_task()
        try:
            async with self._tasks:
                self._tasks.supervise("reconcile.resync", self._resync())
                self._tasks.supervise("reconcile.passes", self._pass_for_ever())
                self._tasks.supervise("reconcile.strays", self._report_strays())
                await self._tasks.join()
        finally:
            self._queue.aclose()
            self._running = None

    async def aclose(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _resync(self) -> None:
        while True:
            await self._leading.wait()
            self.wake_all()
            try:
                async with contained("sweep of sessions"):
                    await self._sweep()
            except TransientError as error:
                log.warning("sweep.failed", error=str(error))
            await asyncio.sleep(self._resync_interval.total_seconds())

    async def _report_strays(self) -> None:
        """Volumes of unknown tenants: named once, and kept, for nobody asked to delete them."""
        named: set[str] = set()
        while True:
            strays: Sequence[ObservedVolume] = []
            try:
                async with contained("search for stray volumes"):
                    strays = await self._observer.list_stray_volumes()
            except TransientError as error:
                log.warning("strays.unknown", error=str(error))
            for volume in strays:
                if volume.name not in named:
                    named.add(volume.name)
                    log.warning("volume.stray", volume=volume.name, tenant=str(volume.tenant_id))
            await asyncio.sleep(STRAYS_INTERVAL.total_seconds())

    async def _sweep(self) -> None:
        """Codes past their time; sessions that claim a link although their worker is not there."""
        now = self._clock.now()
        await sessions.forget_expired_pairing_codes(now=now)
        # Before that, silence may be ours: no worker can report while we or the database are down.
        if self._sound_since is None or now - self._sound_since < SILENT_AFTER:
            return
        swept = await fleet.sweep_sessions(
            now=now, silent_after=SILENT_AFTER, stopped_after=STOPPED_AFTER
        )
        for tenant_id, reason in swept.items():
            log.warning("session.lost", tenant_id=tenant_id, reason=reason)

    async def _pass_for_ever(self) -> None:
        failures = 0
        while True:
            tenant_ids = await self._queue.take()
            await self._leading.wait()
            began = asyncio.get_running_loop().time()
            try:
                await self.reconcile(tenant_ids)
            except Exception as error:  # noqa: BLE001  of whatever kind, it is told and tried again
                if not isinstance(error, TransientError):
                    await tell_contained("reconcile pass", error)
                failures += 1
                self._sound_since = None
                log.warning("pass.failed", error=str(error), failures=failures)
                self._queue.put_back(tenant_ids)
                await asyncio.sleep(PASS_BACKOFF.delay(failures).total_seconds())
                continue
            failures = 0
            self._sound_since = self._sound_since or self._clock.now()
            await asyncio.sleep(PASS_REST * (asyncio.get_running_loop().time() - began))

    async def reconcile(self, tenant_ids: Collection[TenantId] | None) -> None:
        """One pass: looks once, then begins what has to be done, a task per tenant."""
        busy = self._queue.busy
        observed = await self._observer.observe(tenant_ids)
        for tenant_id, error in observed.unseen.items():
            await self._give_up(tenant_id, error)
        for view in observed.views:
            # Work was under way while we looked; it wakes the tenant again when it ends.
            if view.tenant_id in busy:
                continue
            try:
                if self._is_settled(view):
                    continue
            except Exception as error:  # noqa: BLE001  the others are looked at all the same
                await self._give_up(view.tenant_id, error)
                continue
            self._queue.begin(view.tenant_id)
            self._tasks.supervise(f"reconcile.{view.tenant_id}", self._work(view))

    def _is_settled(self, view: TenantView) -> bool:
        if find_unexplained_end(view) or find_vanished(view):
            return False
        judgement = judge(view)
        self._arm(judgement.actions)
        unrecorded = view.worker is not None and judgement.record != view.worker.recorded
        return not (judgement.effects or unrecorded)

    async def _work(self, view: TenantView) -> None:
        tenant_id = view.tenant_id
        changed = False
        try:
            async with self._starts if view.starts else self._stops:
                if self._clock.now() - view.at > PLAN_KEEPS:
                    changed = True
                    return
                changed = await self._converge(view)
                self._failures.pop(tenant_id, None)
        except Exception as error:  # noqa: BLE001  of whatever kind, it is this tenant's alone
            await self._give_up(tenant_id, error)
        finally:
            self._queue.finish(tenant_id)
            if changed:
                self.wake(tenant_id)

    async def _converge(self, view: TenantView) -> bool:
        """True when something was done, so that it is worth looking again."""
        view = await self._learn(view)
        judgement = judge(view)
        self._arm(judgement.actions)
        worker = view.worker
        if worker and judgement.record and judgement.record != worker.recorded:
            await fleet.record_observed(
                view.tenant_id,
                judgement.record,
                generation=worker.generation,
                now=self._clock.now(),
            )
        for action in judgement.effects:
            try:
                await self._take(view, action)
            except (ContainerRuntimeError, ForeignContainerError) as error:
                await self._note_failure(view, action, error)
                break
        return bool(judgement.effects)

    async def _take(self, view: TenantView, action: Action) -> None:
        if isinstance(action, Remove):
            await fleet.record_gone(view.tenant_id, action.container, now=self._clock.now())
        await self._executor.execute(action)

    async def _learn(self, view: TenantView) -> TenantView:
        """Writes down how a container ended before anything is done about it."""
        ended, vanished = find_unexplained_end(view), find_vanished(view)
        overfull = find_overfull(view)
        if overfull is not None and overfull.container_id is not None:
            incident: Incident | None = overfull
        elif ended is not None:
            incident = find_incident(ended, detail=await self._explain(ended))
        elif vanished is not None and view.worker is not None:
            incident = Incident(
                kind=IncidentKind.CONTAINER_REMOVED,
                detail="The container was removed from outside.",
                generation=view.worker.generation,
                container_id=vanished,
                started_at=view.worker.recorded.started_at,
                finished_at=view.at,
            )
        else:
            return view
        assert incident is not None, "it ended badly, so it is an incident"
        return await self._record(view, incident)

    async def _explain(self, ended: ObservedContainer) -> str:
        lines = await self._driver.tail_log(ended.id, lines=LOG_TAIL)
        return explain_exit(lines, exit_code=ended.exit_code or 0, oom_killed=ended.oom_killed)

    async def _note_failure(
        self, view: TenantView, action: Action, error: ContainerRuntimeError | ForeignContainerError
    ) -> None:
        """A worker that cannot be brought up is an incident; the rest is tried again later."""
        if view.worker is None or not isinstance(action, EnsureVolume | Create | Start):
            raise error
        # What is not ours stays in the way until somebody acts, and then asks again.
        permanent = isinstance(error, PermanentError)
        incident = Incident(
            kind=IncidentKind.CONFIGURATION if permanent else IncidentKind.START_FAILED,
            detail=str(error),
            generation=view.worker.generation,
            finished_at=self._clock.now(),
        )
        await self._record(view, incident)

    async def _record(self, view: TenantView, incident: Incident) -> TenantView:
        if await fleet.record_incident(view.tenant_id, incident):
            log.warning(
                "worker.ended",
                tenant_id=view.tenant_id,
                kind=incident.kind,
                exit_code=incident.exit_code,
                detail=incident.detail,
            )
        return msgspec.structs.replace(view, incidents=[incident, *view.incidents])

    def _arm(self, actions: Collection[Action]) -> None:
        for action in actions:
            if isinstance(action, Wait):
                self._queue.wake_at(action.tenant_id, action.until - self._clock.now())

    async def _give_up(self, tenant_id: TenantId, error: Exception) -> None:
        """For now: the tenant is left alone for a while, and for longer each time."""
        if not isinstance(error, FlowHQError):
            await tell_contained("reconcile", error, tenant_id)
        self._postpone(tenant_id, error)

    def _postpone(self, tenant_id: TenantId, error: Exception) -> None:
        failures = self._failures[tenant_id] = self._failures.get(tenant_id, 0) + 1
        delay = BACKOFF.delay(failures)
        log.warning("tenant.postponed", tenant_id=tenant_id, error=str(error), delay=str(delay))
        self._queue.postpone(tenant_id, delay)


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
