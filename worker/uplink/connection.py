"""One connection to the gateway, from its Welcome to its end."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from shared.clock import SystemClock
from shared.questions import Questions
from shared.structs.takeovers import ChatTaken
from shared.structs.tenants import TenantConfig
from shared.tasks import TaskGroup
from shared.wire import frames
from shared.wire.files import AskPiece, FetchFile, FileDone, FileMissing, FileReady, Piece
from shared.wire.frames import (
    Ack,
    CancelSend,
    Command,
    CommandResult,
    Config,
    FromGateway,
    Heartbeat,
    LogLines,
    Numbered,
    PhoneAccepted,
    PhoneRefused,
    Refused,
    Rejected,
    Send,
    SendTaken,
    SessionReport,
    Superseded,
    Takeovers,
    Welcome,
)
from worker.uplink.fitting import encode_fitting

log = structlog.get_logger(__name__)

# Batches sent and not yet acknowledged: enough to hide the round trip, few enough to resend.
IN_FLIGHT = 4
# The gateway reads from a disk; a connection that is slower than this will break.
ANSWER_PATIENCE = timedelta(seconds=30)


class Local(Protocol):
    """What this process offers a connection, and takes from it."""

    async def next_batch(self, *, after: int) -> list[Numbered]: ...
    async def acknowledge(self, seq: int) -> None: ...
    async def configure(self, config: TenantConfig) -> None: ...
    def report(self) -> SessionReport: ...
    async def heartbeat(self) -> Heartbeat: ...
    def take_log_lines(self) -> list[str]: ...
    async def command(self, command: Command) -> CommandResult: ...
    async def send(self, send: Send) -> SendTaken | None: ...
    async def cancel_send(self, request: CancelSend) -> SendTaken | None: ...
    async def learn_takeovers(self, chats: Sequence[ChatTaken]) -> None: ...
    def judge_phone(self, verdict: PhoneAccepted | PhoneRefused) -> None: ...
    async def fetch_file(self, request: FetchFile) -> FileReady | FileMissing: ...
    async def read_piece(self, request: AskPiece) -> Piece | FileMissing: ...
    async def file_done(self, name: str) -> None: ...
    async def disconnected(self) -> None: ...


class Connection:
    def __init__(self, socket: ClientConnection, welcome: Welcome, local: Local) -> None:
        self._clock = SystemClock()
        self._socket = socket
        self._welcome = welcome
        self._local = local
        self._news = asyncio.Event()
        self._all_acked = asyncio.Event()
        self._tasks = TaskGroup()
        self._questions = Questions[Piece | FileMissing]()
        self._flights: list[int] = []  # the last seq of each batch that is not acknowledged

    def wake(self) -> None:
        self._news.set()

    async def serve(self) -> bool:
        """Until the connection ends. True when a newer worker took over."""
        await self._local.configure(self._welcome.config)
        try:
            async with self._tasks as tasks:
                tasks.supervise("uplink talk", self._talk())
                tasks.supervise("uplink heartbeat", self._beat())
                return await self._listen()
        finally:
            self._questions.close()
            await self._local.disconnected()

    async def flush(self, *, grace: timedelta) -> bool:
        try:
            async with asyncio.timeout(grace.total_seconds()):
                while True:
                    self._all_acked.clear()
                    self.wake()
                    await self._all_acked.wait()
                    if not await self._local.next_batch(after=0):
                        return True
        except TimeoutError:
            return False

    async def ask(self, request: AskPiece) -> Piece | FileMissing:
        """One question about a file at a time. Raises NoAnswerError."""

        async def send() -> None:
            with suppress(ConnectionClosed):  # the end of the connection is answer enough
                await self._socket.send(frames.encode(request))

        return await self._questions.ask(request.id, send, within=ANSWER_PATIENCE)

    async def aclose(self) -> None:
        await self._socket.close()

    async def _listen(self) -> bool:
        try:
            async for data in self._socket:
                if await self._take(data.encode() if isinstance(data, str) else data):
                    return True
        except ConnectionClosed:
            pass
        return False

    async def _take(self, data: bytes) -> bool:
        """True when this worker is superseded."""
        try:
            frame = frames.decode_from_gateway(data)
        except msgspec.DecodeError as error:
            # A newer gateway may say what this worker does not know yet.
            log.warning("frame.unknown", problem=str(error))
            return False
        return await self._handle(frame)

    async def _handle(self, frame: FromGateway) -> bool:  # noqa: C901  a line per frame
        match frame:
            case Ack(seq=seq):
                await self._local.acknowledge(seq)
                self._flights = [last for last in self._flights if last > seq]
                self._news.set()
            case Config(config=config):
                await self._local.configure(config)
            case Command():
                await self._send(await self._local.command(frame))
            case Send() | CancelSend():
                # Begun in order and not awaited: a batch of them shares a few commits.
                self._tasks.supervise("send", self._take_send(frame))
            case Piece() | FileMissing():
                self._questions.answer(frame.id, frame)
            case FetchFile() | AskPiece() | FileDone():
                # Beside the listening: a download takes minutes.
                self._tasks.supervise("file", self._serve_file(frame))
            case Takeovers(chats=chats):
                await self._local.learn_takeovers(chats)
            case PhoneAccepted() | PhoneRefused():
                self._local.judge_phone(frame)
            case Superseded():
                return True
            case Refused(detail=detail) | Rejected(detail=detail):
                log.warning("frame.rejected", problem=detail)
            case Welcome():
                log.warning("frame.unexpected", kind="welcome")
        return False

    async def _take_send(self, frame: Send | CancelSend) -> None:
        if isinstance(frame, Send):
            taken = await self._local.send(frame)
        else:
            taken = await self._local.cancel_send(frame)
        if taken is not None:
            await self._send(taken)

    async def _serve_file(self, frame: FetchFile | AskPiece | FileDone) -> None:
        match frame:
            case FetchFile():
                await self._send(await self._local.fetch_file(frame))
            case AskPiece():
                await self._send(await self._local.read_piece(frame))
            case FileDone(id=name):
                await self._local.file_done(name)

    async def _talk(self) -> None:
        """Says what is new, in one place and therefore in one order.

        One batch a turn, the link's report before it: a backlog that is acknowledged as fast
        as it is sent must not keep a changed link or the log waiting until it is gone.
        """
        reported: SessionReport | None = None
        sent = 0
        while True:
            self._news.clear()
            report = self._local.report()
            if report != reported:
                reported = report
                await self._send(report)
            before = sent
            sent = await self._send_batch(after=sent)
            lines = self._local.take_log_lines()
            if lines:
                await self._send(LogLines(lines=lines))
            elif sent == before:
                await self._news.wait()

    async def _send_batch(self, *, after: int) -> int:
        """The number of the last event on its way."""
        if len(self._flights) >= IN_FLIGHT:
            return after
        batch = await self._local.next_batch(after=after)
        if batch:
            last = batch[-1].seq
            self._flights.append(last)
            await self._send(frames.Events(events=batch))
            return last
        if not self._flights:
            self._all_acked.set()
        return after

    async def _beat(self) -> None:
        while True:
            await self._send(await self._local.heartbeat())
            await asyncio.sleep(self._welcome.heartbeat_interval)

    async def _send(self, frame: frames.FromWorker) -> None:
        data = encode_fitting(frame, now=self._clock.now())
        if data is None:
            return
        try:
            await self._socket.send(data)
        except ConnectionClosed:
            # The listener sees the same and ends the connection; here there is nobody to tell.
            await asyncio.Event().wait()
