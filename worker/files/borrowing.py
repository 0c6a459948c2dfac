"""Files that queued messages send, brought from the gateway when it is the message's turn."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from shared.enums import FileProblem
from shared.questions import NoAnswerError
from shared.wire.files import AskPiece, FileMissing, Piece
from worker.database import StorageError
from worker.files import disk
from worker.whatsapp.file_client import FileError

Ask = Callable[[AskPiece], Awaitable[Piece | FileMissing]]


class Borrowing:
    """`ask`: over whatever connection to the gateway there is. Raises NoAnswerError."""

    def __init__(self, ask: Ask, directory: Path) -> None:
        self._ask = ask
        self._directory = directory
        self._number = 0
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def borrow(self, sha256: str, *, size: int) -> AsyncIterator[Path]:
        """The file on the volume, which it leaves at the end; what is in it is still to be held
        against its SHA-256. Raises FileError.
        """
        self._number += 1
        path = self._directory / f"out-{self._number}"
        try:
            async with self._one_at_a_time:
                await self._bring(sha256, size, path)
            yield path
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _bring(self, sha256: str, size: int, path: Path) -> None:
        offset = 0
        while offset < size:
            data = await self._bring_piece(sha256, offset)
            if offset + len(data) > size:
                raise FileError(FileProblem.CORRUPT, "the file is longer than it should be")
            try:
                await asyncio.to_thread(disk.append, path, data)
            except OSError as error:
                raise StorageError(f"the volume did not take the file: {error}") from error
            offset += len(data)

    async def _bring_piece(self, sha256: str, offset: int) -> bytes:
        try:
            answer = await self._ask(AskPiece(id=sha256, offset=offset))
        except NoAnswerError as error:
            problem = f"the control plane was asked for the file: {error}"
            raise FileError(FileProblem.OFFLINE, problem) from error
        match answer:
            case Piece(offset=at, data=data) if at == offset and data:
                return data
            case FileMissing(problem=problem, detail=detail):
                raise FileError(problem, detail)
            case _:
                raise FileError(FileProblem.FAILED, "another piece came than was asked for")
