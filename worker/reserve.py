"""Room on the volume that is kept back, so that a full disk costs time and no message.

The client library cannot decrypt what it cannot write down. On a full disk it asks WhatsApp to
send again, five times within a second, and then gives the message up for good. So a few
megabytes are kept in a file; they are given away the moment something finds the disk full, and
from then on the client is held: what is in the library's channel still finds room, and WhatsApp
keeps the rest until there is space for the reserve again.
"""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

# A message costs the library some 12 KiB of journal, its channel holds a hundred, and our own
# journal grows to 4 MiB before it begins anew.
SIZE = 6 * 1024 * 1024
# A disk that fills slowly is noticed before it is full.
LOOK = timedelta(seconds=1)
_FULL = "disk is full"


def is_tight(*, free: int, has_reserve: bool) -> bool:
    """Whether nothing new may be taken in. free: beside the reserve, in bytes."""
    return not has_reserve or free < SIZE


def may_make(*, free: int) -> bool:
    """Whether there is room for a reserve, and as much again: else it would come and go."""
    return free >= 2 * SIZE


class Reserve:
    """on_change is called, from any thread, when the volume became tight, or is no longer."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = directory / "reserve"
        self.is_tight = False
        # Who starts and who watches look at the same time: two would take the file from each other.
        self._looking = asyncio.Lock()
        self.on_change: Callable[[bool], None] = lambda _tight: None

    def heard(self, problem: str) -> None:
        """Something was refused by the disk, or complained of anything else."""
        if _FULL in problem:
            self.give()

    def give(self) -> None:
        """From any thread, and at once: whoever found the disk full tries again in a moment."""
        self._file.unlink(missing_ok=True)
        self._tell(tight=True)

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK.total_seconds())

    async def space(self) -> None:
        """Returns once there is a reserve: on a full disk the library could not even log in."""
        while True:
            await self.look()
            if not self.is_tight:
                return
            await asyncio.sleep(LOOK.total_seconds())

    async def look(self) -> None:
        async with self._looking:
            self._tell(tight=await asyncio.to_thread(self._keep))

    def _keep(self) -> bool:
        free = self._free()
        if not self._file.exists() and may_make(free=free):
            self._make()
            free = self._free()
        return is_tight(free=free, has_reserve=self._file.exists())

    def _make(self) -> None:
        """Blocks of its own on the disk: a file of zeros could be kept without any."""
        unready = self._file.with_suffix(".new")
        try:
            with unready.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, SIZE)
            unready.rename(self._file)
        except OSError as error:  # somebody was quicker: the next look sees how much is left
            unready.unlink(missing_ok=True)
            log.warning("reserve.refused", problem=str(error))

    def _free(self) -> int:
        seen = os.statvfs(self._directory)
        return seen.f_bavail * seen.f_frsize

    def _tell(self, *, tight: bool) -> None:
        if tight == self.is_tight:
            return
        self.is_tight = tight
        self.on_change(tight)
        if tight:
            log.warning("volume.full", reserve=SIZE)
        else:
            log.info("volume.freed", reserve=SIZE)
