"""Files of messages that came in, fetched from WhatsApp when the gateway asks, lent in pieces."""

import asyncio
from contextlib import suppress
from pathlib import Path

import structlog

from shared.clock import Clock
from shared.enums import FileProblem
from shared.wire.files import AskPiece, FetchFile, FileMissing, FileReady, Piece
from worker.database import Database, StorageError
from worker.files import disk
from worker.inbox import file_rows
from worker.whatsapp.file_client import FileClient, FileError
from worker.whatsapp.files import FileSource

log = structlog.get_logger(__name__)

# Files on the volume at once; the gateway asks for one at a time.
MAX_LENT = 2
_MEMORY = "The worker ended while it fetched this file, and again: it is not tried for a day."
_NO_RECORD = "The worker has no record of where this file is."


class Lending:
    """`connected` is set while WhatsApp can be asked."""

    def __init__(
        self,
        client: FileClient,
        database: Database,
        directory: Path,
        clock: Clock,
        *,
        connected: asyncio.Event,
    ) -> None:
        self._client = client
        self._database = database
        self._directory = directory
        self._clock = clock
        self._connected = connected
        self._lent: dict[str, Path] = {}
        self._fetching: set[str] = set()
        self._downloading: set[str] = set()  # by their messages
        self._number = 0

    async def open(self) -> None:
        """Removes what an earlier process left. To be awaited before anything is fetched."""
        await asyncio.to_thread(_empty, self._directory)

    async def fetch(self, request: FetchFile) -> FileReady | FileMissing:
        if len(self._lent) + len(self._fetching) >= MAX_LENT:
            return _missing(request.id, FileProblem.BUSY, "The worker is fetching another file.")
        self._fetching.add(request.id)
        # Whoever asked may go meanwhile; the library cannot be stopped, and the file must not stay.
        return await asyncio.shield(self._fetch(request))

    async def read_piece(self, request: AskPiece) -> Piece | FileMissing:
        path = self._lent.get(request.id)
        if path is None:
            return _missing(request.id, FileProblem.UNKNOWN, "No such file is lent.")
        try:
            data = await asyncio.to_thread(disk.read_piece, path, request.offset)
        except (OSError, OverflowError) as error:
            return _missing(request.id, FileProblem.FAILED, f"It cannot be read: {error}")
        return Piece(id=request.id, offset=request.offset, data=data)

    async def done(self, name: str) -> None:
        self._fetching.discard(name)
        path = self._lent.pop(name, None)
        if path is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def take_back(self) -> None:
        """The connection has ended: nobody will ask for another piece."""
        for name in (*self._fetching, *self._lent):
            await self.done(name)

    async def stop(self) -> None:
        """What is being downloaded ends with the process, which is no fault of the file."""
        broken_off = tuple(self._downloading)
        with suppress(StorageError):  # then it counts as one that was not survived
            await self._database.run(lambda db: file_rows.end(db, *broken_off))

    async def _fetch(self, request: FetchFile) -> FileReady | FileMissing:
        self._number += 1
        path = self._directory / f"in-{self._number}"
        try:
            size = await self._download(request, path)
        except FileError as error:
            log.warning("file.missing", problem=error.problem, detail=str(error))
            self._fetching.discard(request.id)
            return _missing(request.id, error.problem, str(error))
        if request.id not in self._fetching:  # not wanted any more
            await asyncio.to_thread(path.unlink, missing_ok=True)
            return _missing(request.id, FileProblem.FAILED, "The connection has ended.")
        self._fetching.discard(request.id)
        self._lent[request.id] = path
        log.info("file.fetched", bytes=size)
        return FileReady(id=request.id, size=size)

    async def _download(self, request: FetchFile, path: Path) -> int:
        source, now = await self._find(request), self._clock.now()
        if not self._connected.is_set():
            raise FileError(FileProblem.OFFLINE, "The worker is not connected to WhatsApp.")
        try:
            begun = await self._database.run(
                lambda db: file_rows.begin(db, request.wa_message_id, now=now)
            )
        except StorageError as error:
            raise FileError(FileProblem.FAILED, str(error)) from error
        if not begun:
            raise FileError(FileProblem.TOO_LARGE, _MEMORY)
        self._downloading.add(request.wa_message_id)
        try:
            return await self._client.download(source, path, max_bytes=request.max_bytes)
        finally:
            self._downloading.discard(request.wa_message_id)
            await self._database.run_patiently(lambda db: file_rows.end(db, request.wa_message_id))

    async def _find(self, request: FetchFile) -> FileSource:
        source = await self._database.run_patiently(
            lambda db: file_rows.find(db, request.wa_message_id)
        )
        if source is None:
            raise FileError(FileProblem.UNKNOWN, _NO_RECORD)
        if source.size > request.max_bytes:
            raise FileError(FileProblem.TOO_LARGE, f"The file has {source.size} bytes.")
        return source


def _missing(name: str, problem: FileProblem, detail: str) -> FileMissing:
    return FileMissing(id=name, problem=problem, detail=detail)


def _empty(directory: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    for left in directory.iterdir():
        left.unlink()
