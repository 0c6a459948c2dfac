"""The library's session file, read and written through the SQLite that is inside the library.

Never through Python's own: POSIX locks belong to a process, and of two SQLites in one process
the one that closes the file lets go of the locks that the other holds on it
(sqlite.org/howtocorrupt.html, 2.2.1). Seen here: the library's "disk I/O error".
"""

import ctypes
from contextlib import suppress
from pathlib import Path
from typing import Any

from shared.errors import TransientError
from worker.whatsapp import key_guard, noted
from worker.whatsapp.noted import Noted

_READ_WRITE = 0x00000002  # SQLITE_OPEN_READWRITE: a file that is not there is not made
# Milliseconds: the library writes beside us, a transaction at a time.
_PATIENCE = 5000

_OnRow = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p
)
Row = tuple[str | None, ...]


class SessionFileError(TransientError):
    """What was asked of the session file was not done: no such file, no such table, locked."""


class SessionFile:
    """`go`: the client library, loaded. Calls block; they may be made from any thread."""

    def __init__(self, go: ctypes.CDLL, path: Path) -> None:
        self._go = go
        self._path = path
        handle, text = ctypes.c_void_p, ctypes.c_char_p
        go.sqlite3_open_v2.argtypes = [text, ctypes.POINTER(handle), ctypes.c_int, text]
        go.sqlite3_busy_timeout.argtypes = [handle, ctypes.c_int]
        go.sqlite3_exec.argtypes = [handle, text, _OnRow, handle, handle]
        go.sqlite3_errmsg.argtypes, go.sqlite3_errmsg.restype = [handle], text
        go.sqlite3_close_v2.argtypes = [handle]

    def has_device(self) -> bool:
        """Whether a linked device is stored."""
        with suppress(SessionFileError):  # no table before the first connect; or no database
            return bool(self._run("SELECT 1 FROM whatsmeow_device LIMIT 1"))
        return False

    def find_device(self) -> str:
        """The linked device, as its phone's number and its own (`255…:3`); empty without one."""
        with suppress(SessionFileError):  # as in `has_device`
            for (jid,) in self._run("SELECT jid FROM whatsmeow_device LIMIT 1"):
                return (jid or "").partition("@")[0]
        return ""

    def list_noted(self) -> list[Noted]:
        """The newest of the messages that the library decrypted, oldest first. Raises
        SessionFileError, unless there is no file.
        """
        if not self._path.exists():
            return []
        return [noted.read_row(row) for row in reversed(self._run(noted.NEWEST))]

    def guard_keys(self) -> None:
        """Safe to repeat. Raises SessionFileError, also while the library has no tables yet."""
        self._run(key_guard.PLACE)

    def unguard_keys(self) -> None:
        """Raises SessionFileError, unless there is no file."""
        if self._path.exists():
            self._run(key_guard.LIFT)

    def _run(self, statement: str) -> list[Row]:
        db, rows = ctypes.c_void_p(), list[Row]()

        def take(_: Any, count: int, values: Any, __: Any) -> int:
            rows.append(tuple(_decode(values[at]) for at in range(count)))
            return 0

        try:
            result = self._go.sqlite3_open_v2(
                str(self._path).encode(), ctypes.byref(db), _READ_WRITE, None
            )
            if result == 0:
                self._go.sqlite3_busy_timeout(db, _PATIENCE)
                result = self._go.sqlite3_exec(db, statement.encode(), _OnRow(take), None, None)
            if result != 0:
                raise SessionFileError(self._go.sqlite3_errmsg(db).decode("utf-8", "replace"))
        finally:
            self._go.sqlite3_close_v2(db)  # also after a failed open, which leaves a handle
        return rows


def _decode(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")
