"""When a worker that ended is started again, from how it and those before it ended."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from controlplane.containers.driver import ObservedContainer
from shared.backoff import Backoff
from shared.enums import ExitCode, IncidentKind
from shared.structs.fleet import Incident

BACKOFF = Backoff(first=timedelta(seconds=1), ceiling=timedelta(seconds=300))
# A run of this length ends a streak: what failed before it is over.
HEALTHY = timedelta(minutes=10)
LOOP_CRASHES = 5
LOOP_WINDOW = timedelta(minutes=10)
# A worker that ends well at once, again and again, may not spin either.
SHORTEST_ROUND = timedelta(seconds=10)
# As many as the longest wait is made of, and as a crash loop takes.
HISTORY = 12

_CRASHES = {IncidentKind.CRASH, IncidentKind.OOM}
_FAILURES = _CRASHES | {IncidentKind.SESSION_LOCKED, IncidentKind.START_FAILED}
_FINAL = {IncidentKind.CONFIGURATION, IncidentKind.SESSION_ENDED}
_KINDS = {
    ExitCode.CONFIGURATION: IncidentKind.CONFIGURATION,
    ExitCode.SESSION_ENDED: IncidentKind.SESSION_ENDED,
    ExitCode.SESSION_LOCKED: IncidentKind.SESSION_LOCKED,
}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """start_at: None when only a risen generation starts it again.

    is_failing: what keeps it down is worth an operator's look.
    because: the incident that decides, if any does.
    """

    start_at: datetime | None
    is_failing: bool = False
    because: Incident | None = None


def classify_exit(exit_code: int, *, oom_killed: bool) -> IncidentKind | None:
    """None for the one end that is no incident: a worker that was asked to end, and did."""
    if exit_code in ExitCode.ENDED_WELL:
        return None
    if oom_killed:
        return IncidentKind.OOM
    return _KINDS.get(exit_code, IncidentKind.CRASH)


def find_incident(container: ObservedContainer, *, detail: str) -> Incident | None:
    """How `container` ended, if it ended and not well."""
    if container.exit_code is None or container.finished_at is None:
        return None
    kind = classify_exit(container.exit_code, oom_killed=container.oom_killed)
    if kind is None:
        return None
    return Incident(
        kind=kind,
        detail=detail,
        generation=container.generation,
        container_id=container.id,
        exit_code=container.exit_code,
        started_at=container.started_at,
        finished_at=container.finished_at,
    )


def decide_restart(
    incidents: Sequence[Incident], *, generation: int, ended: ObservedContainer | None = None
) -> Verdict:
    """Whether and when to start. `ended`: the container that is there and does not run.

    Incidents of other generations do not count: somebody has asked anew since.
    """
    past = sorted(
        (incident for incident in incidents if incident.generation == generation),
        key=lambda incident: incident.finished_at,
    )
    if not past or (ended is not None and ended.exit_code in ExitCode.ENDED_WELL):
        return Verdict(start_at=_after_clean_exit(ended))
    newest = past[-1]
    final = next((incident for incident in past if incident.kind in _FINAL), None)
    if final is not None:
        # Whatever came after: a container that somebody tidied away does not lift it.
        return Verdict(start_at=None, is_failing=True, because=final)
    if newest.kind not in _FAILURES:
        return Verdict(start_at=_LONG_AGO, because=newest)
    return Verdict(
        start_at=newest.finished_at + _delay(past),
        is_failing=newest.kind is IncidentKind.START_FAILED or is_crash_loop(past),
        because=newest,
    )


def is_crash_loop(past: Sequence[Incident]) -> bool:
    """`past` is sorted, oldest first."""
    crashes = [incident.finished_at for incident in past if incident.kind in _CRASHES]
    return len(crashes) >= LOOP_CRASHES and crashes[-1] - crashes[-LOOP_CRASHES] <= LOOP_WINDOW


def _after_clean_exit(ended: ObservedContainer | None) -> datetime:
    if ended is None or ended.started_at is None or ended.finished_at is None:
        return _LONG_AGO
    return max(ended.finished_at, ended.started_at + SHORTEST_ROUND)


def _delay(past: Sequence[Incident]) -> timedelta:
    """A first crash is repaired at once, as the engine's own policy would; then it backs off."""
    newest, streak = past[-1], _streak(past)
    if streak == 1 and newest.kind in _CRASHES:
        return timedelta(0)
    failures = streak if newest.kind not in _CRASHES else streak - 1
    return BACKOFF.delay(failures, random=lambda: _lot(newest))


def _streak(past: Sequence[Incident]) -> int:
    """How many failures in a row, the newest included, with no healthy run between."""
    count = 0
    for incident in reversed(past):
        if incident.kind not in _FAILURES:
            break
        count += 1
        if incident.started_at and incident.finished_at - incident.started_at >= HEALTHY:
            break
    return count


def _lot(incident: Incident) -> float:
    """The same spread every time the same end is judged: nothing drawn has to be stored."""
    name = f"{incident.container_id}{incident.finished_at.isoformat()}".encode()
    return int.from_bytes(hashlib.sha256(name).digest()[:4]) / 2**32
