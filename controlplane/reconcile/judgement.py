"""All that is known of one tenant at one moment, and what follows from it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from controlplane.containers.driver import ContainerState, ObservedContainer
from controlplane.containers.spec import ContainerSpec
from controlplane.reconcile.actions import Action, Effect, Wait
from controlplane.reconcile.planner import Wanted, find_kept, plan
from controlplane.reconcile.restarts import Verdict, decide_restart
from controlplane.reconcile.status import derive_record
from shared.enums import DesiredState, ExitCode, IncidentKind, WorkerStatus
from shared.ids import TenantId
from shared.structs.fleet import DesiredWorker, Incident, WorkerRecord
from shared.structs.limits import MIB

# Beyond this many times what it may hold a worker is no busy shop: it fills the host's disk.
RUNAWAY = 2


class TenantView(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant as it was seen at `at`. `incidents`: only of a worker that has to be started."""

    tenant_id: TenantId
    at: datetime
    containers: Sequence[ObservedContainer]
    worker: DesiredWorker | None = None
    wanted: Wanted | None = None
    incidents: Sequence[Incident] = ()

    @property
    def starts(self) -> bool:
        """Whether what there is to do is to bring a worker up; else it is to take things down."""
        others = len(self.containers) - (self.kept is not None)
        return (
            others == 0 and self.wanted is not None and (self.wanted.state is DesiredState.RUNNING)
        )

    @property
    def kept(self) -> ObservedContainer | None:
        return find_kept(self.wanted, self.containers)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """record: None for a tenant without rows."""

    actions: Sequence[Action]
    record: WorkerRecord | None

    @property
    def effects(self) -> list[Effect]:
        return [action for action in self.actions if not isinstance(action, Wait)]


def want(worker: DesiredWorker, spec: ContainerSpec, *, image_id: str | None) -> Wanted:
    """A worker whose volume holds too much is to be stopped, whatever is asked of it."""
    excess = measure_excess(worker, spec)
    stopped = worker.desired_state is DesiredState.RUNNING and excess > 1
    return Wanted(
        state=DesiredState.STOPPED if stopped else worker.desired_state,
        is_runaway=stopped and excess > RUNAWAY,
        generation=worker.generation,
        kill_below_generation=worker.kill_below_generation,
        spec=spec,
        spec_hash=spec.hash,
        image_id=image_id,
    )


def measure_excess(worker: DesiredWorker, spec: ContainerSpec) -> float:
    """How many times what it may hold a worker's volume holds; 0 while nobody has measured."""
    return (worker.disk_bytes or 0) / spec.limits.disk_bytes


def find_overfull(view: TenantView) -> Incident | None:
    """What is to be told of a worker that is stopped because of its volume."""
    worker, wanted = view.worker, view.wanted
    if worker is None or wanted is None or measure_excess(worker, wanted.spec) <= 1:
        return None
    held, allowed = worker.disk_bytes or 0, wanted.spec.limits.disk_bytes
    running = _find_running(view.containers)
    return Incident(
        kind=IncidentKind.DISK_FULL,
        detail=f"The volume holds {held // MIB} MiB, and the tenant may have {allowed // MIB} MiB.",
        generation=worker.generation,
        container_id=running.id if running else None,
        started_at=running.started_at if running else None,
        finished_at=view.at,
    )


def judge(view: TenantView) -> Judgement:
    kept = view.kept
    verdict = _decide(view, kept)
    actions = plan(view.tenant_id, view.wanted, view.containers, verdict=verdict, now=view.at)
    if view.worker is None:
        return Judgement(actions=actions, record=None)
    seen = kept or _find_running(view.containers)
    record = derive_record(view.worker, seen, verdict, view.at)
    return Judgement(actions=actions, record=record)


def needs_history(view: TenantView) -> bool:
    """Whether past incidents have a say: the worker is wanted and does not run."""
    wanted = view.worker is not None and view.worker.desired_state is DesiredState.RUNNING
    return wanted and _find_running(view.containers) is None


def find_unexplained_end(view: TenantView) -> ObservedContainer | None:
    """The wanted container, when it ended badly and no incident tells of it yet."""
    kept = view.kept
    if kept is None or kept.exit_code in {None, *ExitCode.ENDED_WELL}:
        return None
    known = {(incident.container_id, incident.finished_at) for incident in view.incidents}
    return None if (kept.id, kept.finished_at) in known else kept


def find_vanished(view: TenantView) -> str | None:
    """The id of a container that ran, that nobody of us removed, and that is not there, or is on
    its way out: what we remove is let go of before.
    """
    worker = view.worker
    if worker is None or worker.desired_state is not DesiredState.RUNNING:
        return None
    if worker.recorded.status is not WorkerStatus.RUNNING:
        return None
    here = {c.id for c in view.containers if c.state is not ContainerState.REMOVING}
    return None if worker.recorded.container_id in here else worker.recorded.container_id


def _decide(view: TenantView, kept: ObservedContainer | None) -> Verdict:
    overfull = find_overfull(view)
    if overfull is not None:
        return Verdict(start_at=None, is_failing=True, because=overfull)
    generation = view.worker.generation if view.worker else 0
    return decide_restart(view.incidents, generation=generation, ended=kept)


def _find_running(containers: Sequence[ObservedContainer]) -> ObservedContainer | None:
    running = (c for c in containers if c.state is ContainerState.RUNNING)
    return next(running, None)
