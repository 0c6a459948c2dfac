"""The gateway's listener: admits workers and takes what they send, frame by frame.

It reads the next frame of a worker only when the last one is committed, and when the worker's
budget has room for it: a database that is slow or away slows the workers down, whose outboxes are
made for it, and neither that nor a flood fills a queue here.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import cast

import msgspec
import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from controlplane.containment import contained, note_incident
from controlplane.gateway.admission import Admitted, Denied, HeldOff, admit
from controlplane.gateway.announcing import Announcer
from controlplane.gateway.budgets import Budget
from controlplane.gateway.connection import Connection
from controlplane.gateway.connections import Connections
from controlplane.gateway.dispatch import Dispatcher
from controlplane.gateway.door import MAX_QUEUED, Door, DoorLimits, WorkerSocket
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.lending import Lending
from controlplane.gateway.postponements import Postponements
from controlplane.gateway.standings import Standings
from controlplane.gateway.takeover_watch import tell_takeovers
from controlplane.gateway.taking import ConductError, PhoneRefusedError, Taking
from shared.clock import Clock
from shared.descriptors import raise_descriptor_limit
from shared.enums import IncidentKind
from shared.errors import NotFoundError, TransientError, UnreadableRowError
from shared.log import TenantFiles
from shared.stores import tenants
from shared.stores.rows import say_unreadable
from shared.tasks import TaskGroup
from shared.wire.frames import (
    MAX_FRAME_BYTES,
    MAX_HELLO_BYTES,
    Config,
    Hello,
    Refused,
    Welcome,
    decode_hello,
    encode,
)

log = structlog.get_logger(__name__)

WORKER_PATH = "/worker"
# A worker says Hello in its first packet; who is silent for longer is no worker.
HELLO_TIMEOUT = 10.0
# A worker answers a closing handshake at once; who does not holds a descriptor for no longer.
CLOSE_TIMEOUT = 2.0
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
        budget: Budget | None = None,
        door: DoorLimits | None = None,
    ) -> None:
        self.connections = Connections()
        self.door = Door((door or DoorLimits()).within(raise_descriptor_limit()))
        self._announcer = Announcer()
        self._dispatcher = dispatcher
        self._lending = lending
        self.standings = Standings(budget or Budget())
        self._taking = Taking(
            heartbeats=heartbeats,
            tenant_files=tenant_files,
            connections=self.connections,
            dispatcher=dispatcher,
            announcer=self._announcer,
            clock=clock,
        )
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
            create_connection=cast("type[ServerConnection]", partial(WorkerSocket, door=self.door)),
            process_request=_only_workers,
            max_size=MAX_HELLO_BYTES,  # until it is known who it is
            max_queue=MAX_QUEUED,
            open_timeout=HELLO_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
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
        assert isinstance(socket, WorkerSocket)
        connection = None
        async with contained("admission of a worker"):
            connection = await self._admit(socket)
        if connection is None:
            return
        tenant_id, epoch = connection.tenant_id, connection.epoch
        log.info("worker.connected", tenant_id=tenant_id, epoch=epoch)
        try:
            # A mistake of ours at this worker ends its connection, and it comes again.
            async with contained("connection of a worker", tenant_id):
                with suppress(ConnectionClosed):
                    await self._serve(connection, socket)
        finally:
            self.connections.leave(connection)
            connection.ended()
            log.info("worker.disconnected", tenant_id=tenant_id, epoch=epoch)

    async def _serve(self, connection: Connection, socket: WorkerSocket) -> None:
        try:
            await _catch_up(connection)
            await tell_takeovers(connection, now=self._clock.now())
            # Beside the reading: a worker that is slow to take messages is heard all the same.
            async with TaskGroup() as tasks:
                tenant_id = connection.tenant_id
                tasks.supervise(f"post {tenant_id}", connection.send_posted())
                tasks.supervise(f"dispatch {tenant_id}", self._dispatcher.serve(connection))
                tasks.supervise(f"lend {tenant_id}", self._lending.serve(connection))
                async for data in socket:
                    await self._taking.take(connection, data)
        except PhoneRefusedError as error:
            await connection.send(Refused(detail=str(error)))
            await connection.close(POLICY_VIOLATION, "")
        except ConductError as error:
            await self._hold_off(connection, error)
        except TransientError as error:
            # Nothing of the frame is acknowledged: the worker sends it again.
            log.warning("commit.postponed", tenant_id=connection.tenant_id, error=str(error))
            await connection.close(TRY_AGAIN_LATER, "")
        except NotFoundError:
            await connection.send(Refused(detail="the tenant was removed"))
            await connection.close(POLICY_VIOLATION, "")

    async def _hold_off(self, connection: Connection, error: ConductError) -> None:
        wait = connection.standing.hold()
        seconds = round(wait.total_seconds())
        log.warning(
            "worker.held_off", tenant_id=connection.tenant_id, error=str(error), seconds=seconds
        )
        detail = (
            f"Its connection was closed for {seconds} s: too many frames that are none: {error}"
        )
        await note_incident(connection.tenant_id, IncidentKind.FRAMES_REFUSED, detail)
        await connection.close(POLICY_VIOLATION, f"too many frames that are none: wait {seconds} s")

    async def _admit(self, socket: WorkerSocket) -> Connection | None:
        """None when the socket was closed, or is of no use."""
        hello = await _hear_hello(socket)
        self.door.spoke(socket)
        if hello is None:
            await socket.close(POLICY_VIOLATION)
            return None
        try:
            outcome = await admit(hello, self.standings)
            match outcome:
                case Admitted():
                    return await self._welcome(socket, hello, outcome)
                case Denied(detail=detail):
                    await socket.send(encode(Refused(detail=detail)))
                    await socket.close(POLICY_VIOLATION)
                case HeldOff(reason=reason):
                    await socket.close(TRY_AGAIN_LATER, reason)
        except TransientError as error:
            self._postponements.add(error)
            await socket.close(TRY_AGAIN_LATER)
        except ConnectionClosed:
            pass
        return None

    async def _welcome(
        self, socket: WorkerSocket, hello: Hello, admitted: Admitted
    ) -> Connection | None:
        socket.belongs_to(admitted.standing, max_size=MAX_FRAME_BYTES)
        connection = Connection(
            socket,
            tenant_id=admitted.tenant_id,
            epoch=admitted.epoch,
            can_send=hello.can_send,
            config=admitted.config,
            standing=admitted.standing,
            heeds_refusals=hello.heeds_refusals,
        )
        replaced = self.connections.enter(connection)
        if replaced is connection:
            await connection.supersede()
            return None
        try:
            await connection.send(
                Welcome(
                    tenant_id=str(admitted.tenant_id),
                    epoch=admitted.epoch,
                    heartbeat_interval=self._heartbeat_interval.total_seconds(),
                    config=admitted.config,
                )
            )
            if replaced is not None:
                await replaced.supersede()
        except BaseException:
            self.connections.leave(connection)
            raise
        return connection


async def _hear_hello(socket: WorkerSocket) -> Hello | None:
    try:
        async with asyncio.timeout(HELLO_TIMEOUT):
            data = await socket.recv()
        return decode_hello(data) if isinstance(data, bytes) else None
    except (TimeoutError, ConnectionClosed, msgspec.DecodeError):
        return None


async def _catch_up(connection: Connection) -> None:
    """What changed between the reading of its configuration and its entering nobody else tells."""
    try:
        config = await tenants.find_config(connection.tenant_id)
    except UnreadableRowError as error:
        say_unreadable(str(error))
        return
    if config is not None and config != connection.config:
        await connection.send(Config(config=config))


def _only_workers(socket: ServerConnection, request: Request) -> Response | None:
    if request.path != WORKER_PATH:
        return socket.respond(HTTPStatus.NOT_FOUND, "workers connect to /worker\n")
    return None
