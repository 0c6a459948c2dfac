"""What people are told of a worker, from what was seen of it."""

from datetime import datetime

import msgspec

from controlplane.containers.driver import ContainerState, ObservedContainer
from controlplane.reconcile.restarts import HEALTHY, Verdict
from shared.enums import DesiredState, ExitCode, WorkerStatus
from shared.structs.fleet import DesiredWorker, WorkerRecord

# `worker.exited` is the last line that a worker writes; an engine's or a library's may follow.
EXIT_EVENT = "worker.exited"
_EXIT_SENTENCES = {
    ExitCode.CONFIGURATION: "The worker refused its settings or its token was refused (exit 64).",
    ExitCode.SESSION_ENDED: "The phone link has ended for good (exit 65).",
    ExitCode.SESSION_LOCKED: "Another worker holds the session volume (exit 75).",
    137: "The worker was killed (exit 137).",
}


class _ExitLine(msgspec.Struct):
    event: str
    reason: str


def derive_record(
    worker: DesiredWorker, seen: ObservedContainer | None, verdict: Verdict, now: datetime
) -> WorkerRecord:
    """`seen`: the container to speak of: the one that is kept, or one on its way out."""
    known = worker.recorded
    if seen is not None and seen.state is ContainerState.RUNNING:
        return _running(known, seen, now)
    if worker.desired_state is not DesiredState.RUNNING:
        return _with_container(WorkerRecord(status=WorkerStatus.STOPPED), seen)
    failing = verdict.is_failing
    record = WorkerRecord(
        status=WorkerStatus.ERROR if failing else WorkerStatus.STARTING,
        last_error=verdict.because.detail if verdict.because else None,
        next_attempt_at=verdict.start_at if verdict.start_at and verdict.start_at > now else None,
    )
    return _with_container(record, seen)


def explain_exit(lines: list[str], *, exit_code: int, oom_killed: bool) -> str:
    """The reason the worker gave itself, else a sentence about the exit code."""
    for line in reversed(lines):
        try:
            said = msgspec.json.decode(line, type=_ExitLine)
        except (msgspec.DecodeError, RecursionError):  # a worker may nest as deep as it likes
            continue
        if said.event == EXIT_EVENT and said.reason:
            return said.reason
    if oom_killed:
        return f"The worker ran out of memory (exit {exit_code})."
    return _EXIT_SENTENCES.get(exit_code, f"The worker ended with exit code {exit_code}.")


def _running(known: WorkerRecord, seen: ObservedContainer, now: datetime) -> WorkerRecord:
    same = known.status is WorkerStatus.RUNNING and known.container_id == seen.id
    started_at = seen.started_at or (known.started_at if same else None)
    healthy = started_at is not None and now - started_at >= HEALTHY
    record = WorkerRecord(
        status=WorkerStatus.RUNNING,
        started_at=started_at,
        # Kept for a while: "it was out of memory at 9:12" matters after it is up again.
        last_error=None if healthy else known.last_error,
    )
    return _with_container(record, seen)


def _with_container(record: WorkerRecord, seen: ObservedContainer | None) -> WorkerRecord:
    if seen is None:
        return record
    return msgspec.structs.replace(
        record,
        container_name=seen.name,
        container_id=seen.id,
        image=seen.image,
        spec_hash=seen.spec_hash,
    )
