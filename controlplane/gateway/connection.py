"""One worker's connection after its handshake."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta

import structlog
from websockets.exceptions import ConnectionClosed

from controlplane.gateway.budgets import Standing
from controlplane.gateway.door import WorkerSocket
from shared.ids import TenantId
from shared.questions import Questions
from shared.stores.accounts import Account
from shared.structs.tenants import TenantConfig
from shared.wire.files import AskPiece, FetchFile, FileMissing, FileReady, Piece
from shared.wire.frames import FromGateway, Superseded, encode

log = structlog.get_logger(__name__)

SUPERSEDE_TIMEOUT = 1.0
# A worker reads as fast as it is written to; one that does not for this long is not served.
SEND_PATIENCE = 20.0
# Frames that wait to be sent by those who must not wait for one worker: the loops of all tenants.
MAX_POSTED = 64

# A worker sends a few files at once, and has one question about each.
MAX_ASKED = 8

Answer = FileReady | FileMissing | Piece


class Connection:
    """Fenced by `epoch`: what an older connection of a tenant says of the link is ignored.

    can_send: the types of content that its worker knows. config: what it was told at first.
    standing: of its tenant. heeds_refusals: see `Hello`. account: that was last found its tenant's.
    """

    def __init__(
        self,
        socket: WorkerSocket,
        *,
        tenant_id: TenantId,
        epoch: int,
        can_send: Collection[str],
        config: TenantConfig,
        standing: Standing,
        heeds_refusals: bool = False,
    ) -> None:
        self._socket = socket
        self._posted: asyncio.Queue[FromGateway] = asyncio.Queue(MAX_POSTED)
        self.standing = standing
        self.tenant_id = tenant_id
        self.epoch = epoch
        self.can_send = can_send
        self.config = config
        self.heeds_refusals = heeds_refusals
        self.account: Account | None = None
        self._questions = Questions[Answer]()
        # Held by whoever has a file sent over this connection: one file at a time.
        self.transfer = asyncio.Lock()
        self.asked: asyncio.Queue[AskPiece] = asyncio.Queue(MAX_ASKED)

    async def send(self, frame: FromGateway) -> None:
        """Sends, or does nothing when the worker has gone: its next `Hello` starts afresh. One that
        does not read is cut off.
        """
        try:
            async with asyncio.timeout(SEND_PATIENCE):
                await self._socket.send(encode(frame))
        except ConnectionClosed:
            return
        except TimeoutError:
            log.warning("worker.not_reading", tenant_id=self.tenant_id, epoch=self.epoch)
            self.abort()

    def post(self, frame: FromGateway) -> None:
        """Has it sent, and waits for nothing: for whoever serves other tenants as well."""
        try:
            self._posted.put_nowait(frame)
        except asyncio.QueueFull:
            log.warning("worker.not_reading", tenant_id=self.tenant_id, epoch=self.epoch)
            self.abort()

    async def send_posted(self) -> None:
        """Until cancelled."""
        while True:
            await self.send(await self._posted.get())

    async def close(self, code: int, reason: str) -> None:
        """With a closing handshake, which a worker of ours answers at once."""
        await self._socket.close(code, reason)

    async def ask(self, request: FetchFile | AskPiece, *, within: timedelta) -> Answer:
        """Raises NoAnswerError."""
        return await self._questions.ask(request.id, lambda: self.send(request), within=within)

    def answered(self, answer: Answer) -> None:
        """The worker answered; to nothing that was asked, or too late, it says nothing."""
        self._questions.answer(answer.id, answer)

    def was_asked(self, request: AskPiece) -> None:
        """The worker wants a piece of a file. It asks for one at a time; more are let go."""
        with suppress(asyncio.QueueFull):
            self.asked.put_nowait(request)

    def ended(self) -> None:
        """Nothing will come over it any more."""
        self._questions.close()

    def abort(self) -> None:
        """Cuts the connection at once; its worker comes back with a new `Hello`."""
        self._socket.transport.abort()

    async def supersede(self) -> None:
        """Tells the worker that another took over, and ends the connection either way."""
        log.info("connection.superseded", tenant_id=self.tenant_id, epoch=self.epoch)
        # A half-open connection would answer neither the frame nor the closing handshake.
        with suppress(TimeoutError):
            async with asyncio.timeout(SUPERSEDE_TIMEOUT):
                await self.send(Superseded())
                await self._socket.close()
        self.abort()
