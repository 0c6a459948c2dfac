"""The gateway's listener: admits workers and takes what they send, frame by frame.

It reads the next frame of a worker only when the last one is committed: a database that is
slow or away slows the workers down, whose outboxes are made for it, and fills no queue here.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

import msgspec
import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from controlplane.gateway.admission import Admitted, admit
from controlplane.gateway.announcing import Announcer
from controlplane.gateway.connection import Connection
from controlplane.gateway.connections import Connections
from controlplane.gateway.dispatch import Dispatcher
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.lending import Lending
from controlplane.gateway.postponements import Postponements
from controlplane.gateway.takeover_watch import tell_takeovers
from controlplane.gateway.translate import Told, parse_outbound_id, to_told
from shared.clock import Clock
from shared.db.engine import transaction
from shared.errors import NotFoundError, TransientError, UnreadableRowError
from shared.ids import TenantId
from shared.log import TenantFiles
from shared.stores import contacts, messages, outbound_work, sessions, takeovers, tenants
from shared.stores.rows import say_unreadable
from shared.tasks import TaskGroup
from shared.wire.files import AskPiece, FileMissing, FileReady, Piece
from shared.wire.frames import (
    MAX_FRAME_BYTES,
    Ack,
    CommandResult,
    Config,
    Events,
    FromWorker,
    Heartbeat,
    Hello,
    LogLines,
    Refused,
    Rejected,
    SendTaken,
    SessionReport,
    Welcome,
    decode_from_worker,
    encode,
)

log = structlog.get_logger(__name__)

WORKER_PATH = "/worker"
# A worker says Hello in its first packet; who is silent for longer is no worker.
HELLO_TIMEOUT = 10.0
# RFC 6455 and IANA registry: 1008 policy violation, 1013 try again later.
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013


class Gateway:
    def __init__(
        self,
        *,
        heartbeats: HeartbeatCollector,
        tenant_files: TenantFiles,
        clock: Clock,
        heartbeat_interval: timedelta,
        dispatcher: Dispatcher,
        lending: Lending,
    ) -> None:
        self.connections = Connections()
        self._announcer = Announcer()
        self._dispatcher = dispatcher
        self._lending = lending
        self._heartbeats = heartbeats
        self._tenant_files = tenant_files
        self._clock = clock
        self._postponements = Postponements(clock)
        self._heartbeat_interval = heartbeat_interval
        self._server: Server | None = None
        self._listening = asyncio.Event()

    async def serve(self, host: str, port: int) -> None:
        """Listens until cancelled. Raises OSError when the address cannot be had."""
        async with serve(
            self._accept,
            host,
            port,
            process_request=_only_workers,
            max_size=MAX_FRAME_BYTES,
            compression=None,  # loopback and a bridge: it costs memory per worker and saves nothing
            ping_interval=20,
            ping_timeout=20,
        ) as self._server:
            self._listening.set()
            log.info("gateway.listening", host=host, port=port)
            async with TaskGroup() as tasks:
                tasks.supervise("announcer", self._announcer.run())
                tasks.supervise("listener", self._server.serve_forever())
                await tasks.join()

    async def listening(self) -> None:
        """Returns once workers can connect."""
        await self._listening.wait()

    async def check(self) -> None:
        """For readiness: raises TransientError while nobody could connect."""
        if self._server is None or not self._server.is_serving():
            raise TransientError("the gateway is not listening")

    async def _accept(self, socket: ServerConnection) -> None:
        try:
            connection = await self._admit(socket)
        except TransientError as error:
            self._postponements.add(error)
            await socket.close(TRY_AGAIN_LATER)
            return
        if connection is None:
            await socket.close(POLICY_VIOLATION)
            return
        log.info("worker.connected", tenant_id=connection.tenant_id, epoch=connection.epoch)
        try:
            await _catch_up(connection)
            await tell_takeovers(connection, now=self._clock.now())
            # Beside the reading: a worker that is slow to take messages is heard all the same.
            async with TaskGroup() as tasks:
                tasks.supervise(
                    f"dispatch {connection.tenant_id}", self._dispatcher.serve(connection)
                )
                tasks.supervise(f"lend {connection.tenant_id}", self._lending.serve(connection))
                async for data in socket:
                    await self._take(connection, data)
        except ConnectionClosed:
            pass
        except TransientError as error:
            # Nothing of the frame is acknowledged: the worker sends it again.
            log.warning("commit.postponed", tenant_id=connection.tenant_id, error=str(error))
            await socket.close(TRY_AGAIN_LATER)
        except NotFoundError:
            await connection.send(Refused(detail="the tenant was removed"))
            await socket.close(POLICY_VIOLATION)
        finally:
            self.connections.leave(connection)
            connection.ended()
            log.info("worker.disconnected", tenant_id=connection.tenant_id, epoch=connection.epoch)

    async def _admit(self, socket: ServerConnection) -> Connection | None:
        with suppress(TimeoutError, ConnectionClosed, msgspec.DecodeError):
            async with asyncio.timeout(HELLO_TIMEOUT):
                hello = _decode(await socket.recv())
            if not isinstance(hello, Hello):
                return None
            outcome = await admit(hello)
            if not isinstance(outcome, Admitted):
                await socket.send(encode(Refused(detail=outcome.detail)))
                return None
            connection = Connection(
                socket,
                tenant_id=outcome.tenant_id,
                epoch=outcome.epoch,
                can_send=hello.can_send,
                config=outcome.config,
            )
            replaced = self.connections.enter(connection)
            if replaced is connection:
                await connection.supersede()
                return None
            await connection.send(
                Welcome(
                    tenant_id=str(outcome.tenant_id),
                    epoch=outcome.epoch,
                    heartbeat_interval=self._heartbeat_interval.total_seconds(),
                    config=outcome.config,
                )
            )
            if replaced is not None:
                await replaced.supersede()
            return connection
        return None

    async def _take(self, connection: Connection, data: bytes | str) -> None:
        try:
            frame = _decode(data)
        except msgspec.DecodeError as error:
            log.warning("frame.rejected", tenant_id=connection.tenant_id, error=str(error))
            await connection.send(Rejected(detail=str(error)))
            return
        await self._handle(connection, frame)

    async def _handle(self, connection: Connection, frame: FromWorker) -> None:  # noqa: C901  a line per frame
        match frame:
            case Events():
                await self._commit(connection, frame)
            case SessionReport():
                await self._record_session(connection, frame)
            case Heartbeat():
                self._heartbeats.collect(connection.tenant_id, connection.epoch, frame)
            case LogLines():
                self._keep_lines(connection, frame)
            case SendTaken():
                await self._record_taken(connection, frame)
            case CommandResult():
                _log_result(connection, frame)
            case FileReady() | FileMissing() | Piece():
                connection.answered(frame)
            case AskPiece():
                connection.was_asked(frame)
            case Hello():
                await connection.send(Rejected(detail="hello was said already"))

    async def _commit(self, connection: Connection, frame: Events) -> None:
        if not frame.events:
            return
        tenant_id = connection.tenant_id
        told = to_told(numbered.event for numbered in frame.events)
        if told.is_log_alone:  # most are: one statement needs no transaction of ours
            await messages.append_messages(tenant_id, told.log)
            # A crash in between leaves the events unacknowledged: they come again.
            await contacts.record(tenant_id, told.sightings)
        else:
            await _commit_together(tenant_id, told)
        await connection.send(Ack(seq=frame.events[-1].seq))
        self._announcer.add(tenant_id)
        for unknown in told.unknown_ids:
            log.warning("outbound.unknown", tenant_id=tenant_id, outbound_id=unknown)
        if told.has_settled:
            self._dispatcher.wake(tenant_id)

    async def _record_taken(self, connection: Connection, frame: SendTaken) -> None:
        message_id = parse_outbound_id(frame.id)
        if message_id is None:
            await connection.send(Rejected(detail="no message was named so"))
            return
        await outbound_work.record_taken(
            connection.tenant_id, message_id, cancelled=frame.cancelled, now=self._clock.now()
        )
        if frame.cancelled:
            self._dispatcher.wake(connection.tenant_id)

    async def _record_session(self, connection: Connection, report: SessionReport) -> None:
        # A late word of a connection that was replaced must not revive an older state.
        if not self.connections.is_current(connection):
            return
        await sessions.record_session(connection.tenant_id, report, self._clock.now())
        log.info(
            "session.changed",
            tenant_id=connection.tenant_id,
            state=report.state,
            reason=report.reason,
            actor=report.reason.actor,
        )

    def _keep_lines(self, connection: Connection, frame: LogLines) -> None:
        for line in frame.lines:
            try:
                fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
            except msgspec.DecodeError:
                continue  # not a log line of ours; the engine's own log still has it
            self._tenant_files.append(connection.tenant_id, {**fields, "source": "worker"})


async def _commit_together(tenant_id: TenantId, told: Told) -> None:
    """A queued message is SENT exactly when its row is in the log."""
    async with transaction():
        await messages.append_messages(tenant_id, told.log)
        await outbound_work.settle(tenant_id, sent=told.sent, not_sent=told.not_sent)
        await outbound_work.settle_receipts(
            tenant_id, told.receipts, logged=[each.wa_message_id for each in told.sent]
        )
        await takeovers.record(tenant_id, told.taken)
        # Last of all: it may take a lock, which others then wait for no longer than a commit.
        await contacts.record(tenant_id, told.sightings)


async def _catch_up(connection: Connection) -> None:
    """What changed between the reading of its configuration and its entering nobody else tells."""
    try:
        config = await tenants.find_config(connection.tenant_id)
    except UnreadableRowError as error:
        say_unreadable(str(error))
        return
    if config is not None and config != connection.config:
        await connection.send(Config(config=config))


def _log_result(connection: Connection, result: CommandResult) -> None:
    log.info(
        "command.finished",
        tenant_id=connection.tenant_id,
        command=result.id,
        ok=result.ok,
        detail=result.detail,
    )


def _decode(data: bytes | str) -> FromWorker:
    if isinstance(data, str):
        raise msgspec.DecodeError("frames are binary")
    return decode_from_worker(data)


def _only_workers(socket: ServerConnection, request: Request) -> Response | None:
    if request.path != WORKER_PATH:
        return socket.respond(HTTPStatus.NOT_FOUND, "workers connect to /worker\n")
    return None
