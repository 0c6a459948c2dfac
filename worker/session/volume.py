"""The tenant's volume: held by one worker, with the WhatsApp session in files of its own."""

import fcntl
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import IO

from shared.errors import PermanentError
from shared.worker_files import TOKEN_FILE
from worker.reserve import Reserve

_SESSION = "session.db"
_LONGEST_TOKEN = 256
# A worker that is well has some dozens.
_MOST_FILES = 20_000
_COMPANIONS = ("", "-wal", "-shm", "-journal")


class SessionLockedError(PermanentError):
    """Another worker holds this volume. Two on one session make WhatsApp drop the older."""


class VolumeUnusableError(PermanentError):
    """The data directory is missing or cannot be written to."""


class Volume:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.reserve = Reserve(directory)
        self._lock: IO[str] | None = None

    @property
    def session_file(self) -> Path:
        return self._directory / _SESSION

    @property
    def database_file(self) -> Path:
        return self._directory / "worker.db"

    @property
    def journal_directory(self) -> Path:
        """Messages that are not in the database yet."""
        return self._directory / "journal"

    @property
    def files_directory(self) -> Path:
        """Files on their way between WhatsApp and the gateway."""
        return self._directory / "files"

    def lock(self, holder: str) -> None:
        """Held until the process ends, however it ends. Raises SessionLockedError
        or VolumeUnusableError.
        """
        try:
            lock = (self._directory / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise VolumeUnusableError(f"the session volume cannot be used: {error}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            other = lock.read().strip() or "a worker that left no name"
            lock.close()
            raise SessionLockedError(f"the session volume is held by {other}") from error
        lock.truncate(0)
        lock.write(f"{holder}, process {os.getpid()} on {socket.gethostname()}")
        lock.flush()
        self._lock = lock

    def used_bytes(self) -> int:
        """Of all files, each counted once, as the engine counts a volume; at most as many files as
        can be looked at in a moment.
        """
        seen: set[int] = set()
        total = 0
        for parent, _, names in os.walk(self._directory):
            for name in names:
                if len(seen) >= _MOST_FILES:
                    return total
                with suppress(OSError):  # it may go while we look
                    found = os.lstat(Path(parent) / name)
                    if found.st_ino not in seen:
                        seen.add(found.st_ino)
                        total += found.st_size
        return total

    def find_token(self) -> str:
        """What the control plane left for this worker; empty where it left nothing. It is made to
        last: the engine did not wait for the disk. Raises VolumeUnusableError.
        """
        path = self._directory / TOKEN_FILE
        try:
            with path.open("rb") as file:
                token = file.read(_LONGEST_TOKEN)
                os.fsync(file.fileno())
            directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise VolumeUnusableError(f"the token cannot be read: {error}") from error
        return token.decode(errors="replace").strip()

    def unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def forget_session(self) -> None:
        for suffix in _COMPANIONS:
            self.session_file.with_name(_SESSION + suffix).unlink(missing_ok=True)
