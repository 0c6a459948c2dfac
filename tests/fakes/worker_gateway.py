"""A gateway for one worker: a real WebSocket server that speaks `shared.wire`, and remembers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import uuid4

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from shared.enums import FileProblem, Language, SessionReason, SessionState, TemplateType
from shared.structs.tenants import TenantConfig
from shared.wire import frames
from shared.wire.events import Event, MessageReceived, MessageSent
from shared.wire.files import PIECE_BYTES, AskPiece, FileMissing, Piece
from shared.wire.frames import (
    Ack,
    Command,
    CommandResult,
    Events,
    FromGateway,
    FromWorker,
    Heartbeat,
    Hello,
    PhoneAccepted,
    PhoneRefused,
    SessionReport,
    is_judged,
)

KindT = TypeVar("KindT")

GOOD_TOKEN = "good"
CONFIG = TenantConfig(
    template_type=TemplateType.BOOKING, business_name="Salon Amani", language=Language.EN
)


class FakeGateway:
    """acknowledging: switch off to see what a worker does without. commit_takes: seconds for each
    batch, during which, as in the real one, nothing else of this worker is read. files: what
    queued messages send, by SHA-256.
    """

    def __init__(self) -> None:
        self.frames: list[FromWorker] = []
        self.events: dict[int, Event] = {}  # by the worker's own number, each once
        self.deliveries: list[int] = []  # every number as it came, resends included
        self.acknowledging = True
        self.files: dict[str, bytes] = {}
        # Of the tenant: None lets any phone serve, as if it were its own. Empty: no word yet.
        self.phone: str | None = None
        self.commit_takes = 0.0
        self.config = CONFIG
        self.heartbeat_interval = 0.2
        self.port = 0
        self.connections: list[ServerConnection] = []
        self._awaited: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._server: Server | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def received(self) -> list[MessageReceived]:
        return [e for _, e in sorted(self.events.items()) if isinstance(e, MessageReceived)]

    @property
    def sent(self) -> list[MessageSent]:
        return [e for _, e in sorted(self.events.items()) if isinstance(e, MessageSent)]

    @property
    def session(self) -> SessionReport | None:
        return next((f for f in reversed(self.frames) if isinstance(f, SessionReport)), None)

    def of(self, kind: type[KindT]) -> list[KindT]:
        return [frame for frame in self.frames if isinstance(frame, kind)]

    async def start(self) -> None:
        self._server = await serve(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Goes away; `start` comes back on the same port."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def send(self, frame: FromGateway) -> None:
        await self.connections[-1].send(frames.encode(frame))

    async def until(self, condition: Callable[[], bool], *, within: float = 60) -> None:
        """Asked now and after each frame, so what holds for a single frame is not missed."""
        reached = asyncio.get_running_loop().create_future()
        self._awaited.append((condition, reached))
        try:
            self._ask_all()
            async with asyncio.timeout(within):
                await reached
        finally:
            self._awaited.remove((condition, reached))

    async def until_state(self, state: SessionState, *, within: float = 60) -> SessionReport:
        """The report of it: by now the link may have moved on."""
        seen: list[SessionReport] = []

        def is_there() -> bool:
            if self.session is not None and self.session.state is state:
                seen.append(self.session)
            return bool(seen)

        await self.until(is_there, within=within)
        return seen[0]

    async def until_acknowledged(self) -> None:
        """Until nothing waits on the worker's volume: a worker that starts there resends nothing.

        The second heartbeat from now on was made after everything that has arrived by now.
        """
        known = len(self.of(Heartbeat))
        await self.until(
            lambda: any(beat.outbox_depth == 0 for beat in self.of(Heartbeat)[known + 1 :])
        )

    async def until_taken(self) -> None:
        """Until the worker has dealt with all that it was sent: it takes frames in their order."""
        asked = Command(id=str(uuid4()), kind="are you there?")
        await self.send(asked)
        await self.until(lambda: any(answer.id == asked.id for answer in self.of(CommandResult)))

    def _ask_all(self) -> None:
        for condition, reached in self._awaited:
            if reached.done():
                continue
            try:
                if condition():
                    reached.set_result(None)
            except Exception as error:  # noqa: BLE001  whoever waits is told, not the connection
                reached.set_exception(error)

    async def _serve(self, socket: ServerConnection) -> None:
        self.connections.append(socket)
        try:
            async for data in socket:
                assert isinstance(data, bytes)
                await self._take(socket, frames.decode_from_worker(data))
        except ConnectionClosed:
            pass

    async def _take(self, socket: ServerConnection, frame: FromWorker) -> None:
        self.frames.append(frame)
        if isinstance(frame, Events):
            self.deliveries += [numbered.seq for numbered in frame.events]
            self.events |= {numbered.seq: numbered.event for numbered in frame.events}
        self._ask_all()
        match frame:
            case Hello():
                await socket.send(frames.encode(self._answer(frame)))
            case Events() if self.acknowledging:
                await asyncio.sleep(self.commit_takes)
                await socket.send(frames.encode(Ack(seq=frame.events[-1].seq)))
            case AskPiece():
                await socket.send(frames.encode(self._lend(frame)))
            case SessionReport(own_phone=str(phone)) if is_judged(frame):
                if self.phone != "":
                    await socket.send(frames.encode(self.judge(phone)))
            case _:
                pass

    def judge(self, phone: str) -> PhoneAccepted | PhoneRefused:
        if self.phone in {None, phone}:
            return PhoneAccepted(phone=phone)
        detail = f"{phone} was linked, and the tenant's number is {self.phone}"
        return PhoneRefused(phone=phone, reason=SessionReason.WRONG_PHONE, detail=detail)

    def _lend(self, request: AskPiece) -> Piece | FileMissing:
        content = self.files.get(request.id)
        if content is None:
            return FileMissing(id=request.id, problem=FileProblem.UNKNOWN, detail="nobody has it")
        data = content[request.offset : request.offset + PIECE_BYTES]
        return Piece(id=request.id, offset=request.offset, data=data)

    def _answer(self, hello: Hello) -> FromGateway:
        if hello.token != GOOD_TOKEN:
            return frames.Refused(detail="this token is not known")
        return frames.Welcome(
            tenant_id="t1",
            epoch=len(self.connections),
            heartbeat_interval=self.heartbeat_interval,
            config=self.config,
        )


@asynccontextmanager
async def running_gateway() -> AsyncIterator[FakeGateway]:
    gateway = FakeGateway()
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()
