"""The gateway's connection to a worker that has files to send."""

import asyncio
from datetime import timedelta

from controlplane.gateway.connection import Answer
from shared.enums import FileProblem
from shared.ids import TenantId
from shared.questions import NoAnswerError
from shared.wire.files import (
    PIECE_BYTES,
    AskPiece,
    FetchFile,
    FileDone,
    FileMissing,
    FileReady,
    Piece,
)


class FileWorker:
    """files: by WhatsApp id: the bytes, or why there are none. asked: ids, as often as asked.

    answering: cleared, nothing is answered until it is set again. lent: what is not done with.
    """

    def __init__(self, tenant_id: TenantId, files: dict[str, bytes | FileProblem]) -> None:
        self.tenant_id = tenant_id
        self.files = files
        self.asked: list[str] = []
        self.lent: dict[str, bytes] = {}
        self.answering = asyncio.Event()
        self.answering.set()
        self.transfer = asyncio.Lock()
        self.is_gone = False

    async def ask(self, request: FetchFile | AskPiece, *, within: timedelta) -> Answer:
        await self.answering.wait()
        if self.is_gone:
            raise NoAnswerError("the connection has ended")
        if isinstance(request, FetchFile):
            return self._fetch(request)
        data = self.lent[request.id][request.offset : request.offset + PIECE_BYTES]
        return Piece(id=request.id, offset=request.offset, data=data)

    async def send(self, frame: FileDone) -> None:
        self.lent.pop(frame.id, None)

    def _fetch(self, request: FetchFile) -> Answer:
        self.asked.append(request.wa_message_id)
        there = self.files[request.wa_message_id]
        if isinstance(there, FileProblem):
            return FileMissing(id=request.id, problem=there, detail="so the worker says")
        self.lent[request.id] = there
        return FileReady(id=request.id, size=len(there))
