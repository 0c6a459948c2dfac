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
from controlplane.gateway.connection import Connection
from controlplane.gateway.connections import Connections
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.translate import to_message_log
from shared.clock import Clock
from shared.errors import NotFoundError, TransientError
from shared.log import TenantFiles
from shared.stores import messages, sessions
from shared.wire.frames import (
    MAX_FRAME_BYTES,
    Ack,
    CommandResult,
    Events,
    FromWorker,
    Heartbeat,
    Hello,
    LogLines,
    Refused,
    Rejected,
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
    ) -> None:
        self.connections = Connections()
        self._heartbeats = heartbeats
        self._tenant_files = tenant_files
        self._clock = clock
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
            await self._server.serve_forever()

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
            log.warning("connection.postponed", error=str(error))
            await socket.close(TRY_AGAIN_LATER)
            return
        if connection is None:
            await socket.close(POLICY_VIOLATION)
            return
        log.info("worker.connected", tenant_id=connection.tenant_id, epoch=connection.epoch)
        try:
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
            connection = Connection(socket, tenant_id=outcome.tenant_id, epoch=outcome.epoch)
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
        match frame:
            case Events():
                await self._commit(connection, frame)
            case SessionReport():
                await self._record_session(connection, frame)
            case Heartbeat():
                self._heartbeats.collect(connection.tenant_id, connection.epoch, frame)
            case LogLines():
                self._keep_lines(connection, frame)
            case CommandResult():
                log.info(
                    "command.finished",
                    tenant_id=connection.tenant_id,
                    command=frame.id,
                    ok=frame.ok,
                    detail=frame.detail,
                )
            case Hello():
                await connection.send(Rejected(detail="hello was said already"))

    async def _commit(self, connection: Connection, frame: Events) -> None:
        if not frame.events:
            return
        rows = [to_message_log(numbered.event) for numbered in frame.events]
        await messages.append_messages(connection.tenant_id, rows)
        await connection.send(Ack(seq=frame.events[-1].seq))

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


def _decode(data: bytes | str) -> FromWorker:
    if isinstance(data, str):
        raise msgspec.DecodeError("frames are binary")
    return decode_from_worker(data)


def _only_workers(socket: ServerConnection, request: Request) -> Response | None:
    if request.path != WORKER_PATH:
        return socket.respond(HTTPStatus.NOT_FOUND, "workers connect to /worker\n")
    return None
