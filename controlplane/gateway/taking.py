"""Takes a worker's frames one after the other: waits for its budget, checks, does what it says.

What cannot be understood is answered with `Rejected` and counted; more of it than a budget allows
closes the connection. Events are the exception: a worker repeats them until they are acknowledged,
so each is settled, if only by keeping it as it came (ADR 12).
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import structlog

from controlplane.containment import contained
from controlplane.gateway.announcing import Announcer
from controlplane.gateway.committing import Committed, Committer
from controlplane.gateway.connection import Connection
from controlplane.gateway.connections import Connections
from controlplane.gateway.dispatch import Dispatcher
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.linking import take_report
from controlplane.gateway.translate import parse_outbound_id
from controlplane.gateway.worker_lines import WorkerLines
from shared.clock import Clock
from shared.enums import SecurityKind, SecuritySite
from shared.errors import PermanentError
from shared.log import TenantFiles
from shared.security import note
from shared.seldom import Seldom
from shared.stores import outbound_work
from shared.wire.files import AskPiece, FileMissing, FileReady, Piece
from shared.wire.fitting import to_problem
from shared.wire.frames import (
    Ack,
    CommandResult,
    Events,
    FromWorker,
    Heartbeat,
    Hello,
    LogLines,
    Rejected,
    SendTaken,
    SessionReport,
    decode_from_worker,
    find_fault,
)
from shared.wire.mending import Unread, are_dated, find_unread

log = structlog.get_logger(__name__)

SAY_EVERY = timedelta(seconds=10)
# An event that has to be looked at by itself costs as much as this many others.
APART_COSTS = 10


class ConductError(PermanentError):
    """The worker says too much that cannot be understood."""


class PhoneRefusedError(PermanentError):
    """The phone may not serve its tenant, and a worker of before this was asked would serve it."""


class Taking:
    def __init__(
        self,
        *,
        heartbeats: HeartbeatCollector,
        tenant_files: TenantFiles,
        connections: Connections,
        dispatcher: Dispatcher,
        announcer: Announcer,
        clock: Clock,
    ) -> None:
        self._heartbeats = heartbeats
        self._lines = WorkerLines(tenant_files)
        self._connections = connections
        self._dispatcher = dispatcher
        self._announcer = announcer
        self._clock = clock
        self._committer = Committer(clock)
        self._said = Seldom(SAY_EVERY)

    async def take(self, connection: Connection, data: bytes | str) -> None:
        """Raises TransientError, NotFoundError when the tenant is gone, PhoneRefusedError and
        ConductError.
        """
        standing = connection.standing
        await _wait(max(standing.frames.take(), standing.bytes.take(len(data))))
        if isinstance(data, str):
            await self._refuse(connection, "frames are binary")
            return
        try:
            frame = decode_from_worker(data)
        except msgspec.DecodeError as error:
            unread = find_unread(data)
            if unread is None:
                await self._refuse(connection, to_problem(error))
                return
            await self._commit_unread(connection, unread, size=len(data))
            return
        await self._handle(connection, frame, data)

    async def _handle(self, connection: Connection, frame: FromWorker, data: bytes) -> None:  # noqa: C901  a line per frame
        match frame:
            case Events():
                await self._commit(connection, frame, data)
            case SessionReport():
                await self._record_session(connection, frame)
            case Heartbeat():
                self._heartbeats.collect(connection.tenant_id, connection.epoch, frame)
            case LogLines():
                self._lines.keep(connection.tenant_id, connection.standing, frame.lines)
            case SendTaken():
                await self._record_taken(connection, frame)
            case CommandResult():
                await _tell_result(connection, frame)
            case FileReady() | FileMissing() | Piece():
                connection.answered(frame)
            case AskPiece():
                connection.was_asked(frame)
            case Hello():
                await self._refuse(connection, "hello was said already")

    async def _refuse(self, connection: Connection, problem: str) -> None:
        note(SecuritySite.GATEWAY, SecurityKind.FRAME_REFUSED, tenant_id=connection.tenant_id)
        if not connection.standing.refusals.try_take():
            raise ConductError(problem)
        count = self._said.count(connection.tenant_id)
        if count is not None:
            log.warning(
                "frame.rejected", tenant_id=connection.tenant_id, count=count, error=problem
            )
        await connection.send(Rejected(detail=problem))

    async def _commit(self, connection: Connection, frame: Events, data: bytes) -> None:
        if not frame.events:
            return
        events = [numbered.event for numbered in frame.events]
        if not are_dated(events, now=self._clock.now()):
            await self._commit_unread(connection, find_unread(data) or (), size=len(data))
            return
        await self._wait_for_rows(connection, len(events), size=len(data))
        committed = await self._committer.commit(connection.tenant_id, events)
        await self._acknowledge(connection, frame.events[-1].seq, committed)

    async def _commit_unread(
        self, connection: Connection, unread: Sequence[Unread], *, size: int
    ) -> None:
        if not unread:
            return
        await self._wait_for_rows(connection, len(unread), size=size)
        committed = await self._committer.commit_unread(connection.tenant_id, unread)
        await self._acknowledge(connection, unread[-1].seq, committed)

    async def _wait_for_rows(self, connection: Connection, count: int, *, size: int) -> None:
        standing = connection.standing
        await _wait(max(standing.events.take(count), standing.stored.take(size)))

    async def _acknowledge(self, connection: Connection, seq: int, committed: Committed) -> None:
        await connection.send(Ack(seq=seq))
        tenant_id = connection.tenant_id
        self._announcer.add(tenant_id)
        # What it cost beyond the events that were counted: the next ones wait for it.
        connection.standing.events.take(committed.receipts + APART_COSTS * committed.apart)
        if committed.unknown_ids:
            ids = committed.unknown_ids
            log.warning("outbound.unknown", tenant_id=tenant_id, count=len(ids), outbound_id=ids[0])
        if committed.has_settled:
            self._dispatcher.wake(tenant_id)

    async def _record_taken(self, connection: Connection, frame: SendTaken) -> None:
        message_id = parse_outbound_id(frame.id)
        if message_id is None:
            await self._refuse(connection, "no message was named so")
            return
        async with contained("handover of a message", connection.tenant_id):
            await outbound_work.record_taken(
                connection.tenant_id, message_id, cancelled=frame.cancelled, now=self._clock.now()
            )
        if frame.cancelled:
            self._dispatcher.wake(connection.tenant_id)

    async def _record_session(self, connection: Connection, report: SessionReport) -> None:
        await _wait(connection.standing.reports.take())
        # A late word of a connection that was replaced must not revive an older state.
        if not self._connections.is_current(connection):
            return
        fault = find_fault(report)
        if fault is not None:
            await self._refuse(connection, fault)
            return
        # A report that cannot be written must not keep the events that follow it.
        async with contained("report of a session", connection.tenant_id):
            if not await take_report(connection, report, now=self._clock.now()):
                raise PhoneRefusedError("its phone may not serve this tenant")
            log.info(
                "session.changed",
                tenant_id=connection.tenant_id,
                state=report.state,
                reason=report.reason,
                actor=report.reason.actor,
            )


async def _tell_result(connection: Connection, result: CommandResult) -> None:
    await _wait(connection.standing.reports.take())
    log.info(
        "command.finished",
        tenant_id=connection.tenant_id,
        command=result.id,
        ok=result.ok,
        detail=result.detail,
    )


async def _wait(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)
