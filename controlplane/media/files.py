"""Tenants' files on disk: `<tenant>/<shelf>/<SHA-256>`, whole or not there.

A name says what is in the file, and nothing is found but below the directory of the tenant who
asks: who knows the hash of another tenant's file has nothing of it.
"""

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import structlog

from controlplane.media.kinds import HEAD_BYTES
from controlplane.media.space import Kept, Limits, plan_room
from shared.clock import Clock
from shared.errors import PermanentError, TransientError
from shared.ids import TenantId

log = structlog.get_logger(__name__)

_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".unfinished-"


class Shelf(StrEnum):
    """RECEIVED can be fetched again while WhatsApp has it, and makes room when room is needed.
    UPLOADED is kept as long as a message may need it.
    """

    RECEIVED = "in"
    UPLOADED = "out"


class TooLargeError(PermanentError):
    """The file has more bytes than a file may have here."""


class NoRoomError(TransientError):
    """The tenant's files, or all of them, take up what they may."""


class WrongContentError(PermanentError):
    """What was received is not what its SHA-256 or its size said."""


class Incoming:
    """A file being written: nobody finds it before it is whole."""

    def __init__(self, file: BinaryIO, path: Path, limits: Limits, *, clock: Clock) -> None:
        self._file = file
        self._path = path
        self._limit = limits.file
        self._clock = clock
        self._digest = hashlib.sha256()
        self.size = 0
        self.head = b""

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    async def write(self, data: bytes) -> None:
        """Raises TooLargeError."""
        self.size += len(data)
        if self.size > self._limit:
            raise TooLargeError(f"the file must be at most {self._limit} bytes long")
        if len(self.head) < HEAD_BYTES:
            self.head = (self.head + data)[:HEAD_BYTES]
        await asyncio.to_thread(self._put, data)

    async def keep(self) -> None:
        """On the disk, under its name: also after a power cut."""
        await asyncio.to_thread(self._finish)

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)

    def _finish(self) -> None:
        self._file.flush()
        _mark_used(self._file.fileno(), self._clock.now())
        os.fsync(self._file.fileno())
        self._path.replace(self._path.with_name(self.sha256))
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


class MediaFiles:
    """A file's time of modification is when it was last used, as `clock` tells it: whoever asks
    what is older than a moment has that moment from the same clock.
    """

    def __init__(self, directory: Path, limits: Limits, *, clock: Clock) -> None:
        self._directory = directory
        self.limits = limits
        self._clock = clock
        self._making_room = asyncio.Lock()
        self._expected: dict[Path, int] = {}  # what the unfinished will take up

    async def open(self) -> None:
        """Before anything else: removes what an earlier process left half written."""
        await asyncio.to_thread(self._tidy)

    async def find(self, tenant_id: TenantId, shelf: Shelf, sha256: str) -> BinaryIO | None:
        """The file, open for reading: it stays readable though it be removed meanwhile."""
        return await asyncio.to_thread(self._open, self._path(tenant_id, shelf, sha256))

    async def read_piece(
        self, tenant_id: TenantId, shelf: Shelf, sha256: str, *, offset: int, length: int
    ) -> bytes | None:
        """None when there is no such file, or no such place in it."""
        path = self._path(tenant_id, shelf, sha256)
        return await asyncio.to_thread(_read, path, offset, length)

    @asynccontextmanager
    async def receive(
        self, tenant_id: TenantId, shelf: Shelf, *, size: int
    ) -> AsyncIterator[Incoming]:
        """Room for `size` bytes; what is not kept by the end is removed. Raises TooLargeError and
        NoRoomError.
        """
        if size > self.limits.file:
            raise TooLargeError(f"the file must be at most {self.limits.file} bytes long")
        directory = self._directory / str(tenant_id) / shelf
        path = directory / f"{_UNFINISHED}{uuid4().hex}"
        async with self._making_room:
            file = await asyncio.to_thread(self._begin, path, str(tenant_id), size)
        try:
            yield Incoming(file, path, self.limits, clock=self._clock)
        finally:
            del self._expected[path]
            await asyncio.to_thread(_close, file, path)

    async def remove_unknown(
        self, shelf: Shelf, known: Collection[tuple[TenantId, str]], *, before: datetime
    ) -> int:
        """Removes what was last used before that moment and is not known; answers how many. What
        is still being received stays.
        """
        names = {(str(tenant_id), sha256) for tenant_id, sha256 in known}
        return await asyncio.to_thread(self._remove_unknown, shelf, names, before.timestamp())

    async def remove_tenant(self, tenant_id: TenantId) -> None:
        """Raises TransientError when the disk does not let go of them."""
        try:
            await asyncio.to_thread(shutil.rmtree, self._directory / str(tenant_id))
        except FileNotFoundError:
            return
        except OSError as error:
            raise TransientError(f"a removed tenant's files are still there: {error}") from error

    def _path(self, tenant_id: TenantId, shelf: Shelf, sha256: str) -> Path | None:
        if not _DIGEST.fullmatch(sha256):  # it may come from a message, and be anything
            return None
        return self._directory / str(tenant_id) / shelf / sha256

    def _open(self, path: Path | None) -> BinaryIO | None:
        if path is None:
            return None
        try:
            file = path.open("rb")
            _mark_used(path, self._clock.now())  # the last to make room
        except FileNotFoundError:
            return None
        return file

    def _begin(self, path: Path, tenant: str, size: int) -> BinaryIO:
        self._make_room(tenant, size)
        file = _create(path)
        self._expected[path] = size
        return file

    def _make_room(self, tenant: str, needed: int) -> None:
        plan = plan_room(self._list(), needed, tenant=tenant, limits=self.limits)
        if plan is None:
            raise NoRoomError("there is no room for another file: older ones are still needed")
        for file in plan:
            file.path.unlink(missing_ok=True)
        if plan:
            log.info("media.made_room", count=len(plan), bytes=sum(file.size for file in plan))

    def _list(self) -> Iterator[Kept]:
        for path in self._directory.glob("*/*/*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            whole = _DIGEST.fullmatch(path.name) is not None
            yield Kept(
                path=path,
                tenant=path.parent.parent.name,
                size=max(status.st_size, self._expected.get(path, 0)),
                used_at=status.st_mtime,
                can_go=whole and path.parent.name == Shelf.RECEIVED,
            )

    def _remove_unknown(
        self, shelf: Shelf, known: Collection[tuple[str, str]], before: float
    ) -> int:
        removed = 0
        for file in self._list():
            path = file.path
            is_needed = (file.tenant, path.name) in known or path in self._expected
            if path.parent.name == shelf and not is_needed and file.used_at < before:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _tidy(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._directory.glob(f"*/*/{_UNFINISHED}*"):
            path.unlink(missing_ok=True)


def _create(path: Path) -> BinaryIO:
    for directory in (path.parent.parent, path.parent):
        directory.mkdir(mode=0o700, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _mark_used(file: Path | int, at: datetime) -> None:
    os.utime(file, (at.timestamp(), at.timestamp()))


def _close(file: BinaryIO, path: Path) -> None:
    file.close()
    path.unlink(missing_ok=True)


def _read(path: Path | None, offset: int, length: int) -> bytes | None:
    if path is None:
        return None
    try:
        with path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), length, offset) or None
    except (OSError, OverflowError):
        return None
