"""The sealed files that the media server holds, on disk and bounded."""

import asyncio
import os
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path

import structlog

from shared.errors import SettingsError

log = structlog.get_logger(__name__)

# Like WhatsApp, it forgets: the oldest go first, and who asks for them learns that they are gone.
MOST_BYTES = 512 << 20


class MediaFiles:
    """Files by the SHA-256 of their sealed bytes, in hexadecimal."""

    def __init__(self, directory: Path, *, most_bytes: int = MOST_BYTES) -> None:
        """Raises SettingsError when the directory is of no use."""
        self._directory = directory
        self._most_bytes = most_bytes
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = [(entry.stat(), entry) for entry in directory.iterdir()]
        except OSError as error:
            raise SettingsError(f"the sandbox's files in {directory}: {error.strerror}") from error
        found.sort(key=lambda item: item[0].st_mtime_ns)
        self._sizes = OrderedDict((entry.name, status.st_size) for status, entry in found)

    async def put(self, stored: bytes) -> str:
        """Keeps a file and gives its name."""
        name = sha256(stored).hexdigest()
        if name not in self._sizes:
            await asyncio.to_thread(self._write, name, stored)
        self._sizes[name] = len(stored)
        self._sizes.move_to_end(name)
        await self._make_room()
        return name

    async def find(self, name: str) -> bytes | None:
        if name not in self._sizes:
            return None
        return await asyncio.to_thread(self._read, name)

    def _write(self, name: str, stored: bytes) -> None:
        draft = self._directory / f"{name}.{os.urandom(4).hex()}"
        draft.write_bytes(stored)
        draft.replace(self._directory / name)

    def _read(self, name: str) -> bytes | None:
        try:
            return (self._directory / name).read_bytes()
        except FileNotFoundError:  # made room for another one a moment ago
            return None

    async def _make_room(self) -> None:
        while sum(self._sizes.values()) > self._most_bytes and len(self._sizes) > 1:
            name, size = self._sizes.popitem(last=False)
            log.info("media.forgotten", size=size)
            await asyncio.to_thread((self._directory / name).unlink, missing_ok=True)
