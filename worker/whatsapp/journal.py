"""What the library handed over and is not in the database yet, for the worker that comes after
a kill -9.

The library has told WhatsApp "delivered" by the time it hands a message over. It is written here by
the library's own thread, with one system call, before anything else is done with it: what the
kernel has taken outlives the process. The database's commit, which also outlives the machine,
follows on the loop, which may be busy.
"""

import os
import struct
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import NamedTuple
from zlib import crc32

import structlog

log = structlog.get_logger(__name__)

# A file is let go once all that it holds is settled; under steady traffic one is never without.
FULL = 1 << 20
_HEAD = struct.Struct("<IIB")  # length and CRC-32 of the body, the event's code


class Handed(NamedTuple):
    """An event as the library gave it."""

    code: int
    body: bytes


class _Segment:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self.size = os.fstat(self.file).st_size
        self.waiting = 0  # entries that are not settled

    def append(self, entry: bytes) -> None:
        """Wholly or not at all. Raises OSError."""
        if os.write(self.file, entry) != len(entry):
            os.ftruncate(self.file, self.size)
            raise OSError("the volume took a part of an entry")
        self.size += len(entry)
        self.waiting += 1

    def empty(self) -> None:
        os.ftruncate(self.file, 0)
        self.size = 0

    def close(self) -> None:
        os.close(self.file)

    def read(self) -> list[Handed]:
        """Up to the first entry that is not whole: a kill may have come in the middle of one."""
        content, entries, at = os.pread(self.file, self.size, 0), [], 0
        while at + _HEAD.size <= len(content):
            length, checksum, code = _HEAD.unpack_from(content, at)
            body = content[at + _HEAD.size : at + _HEAD.size + length]
            if len(body) != length or crc32(body) != checksum:
                break
            entries.append(Handed(code, body))
            at += _HEAD.size + length
        return entries


class Journal:
    """Files `0`, `1`, … in a directory of their own. Entries are settled in their order."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = Lock()
        self._segments: deque[_Segment] = deque()
        self._next = 0

    def open(self) -> list[Handed]:
        """What an earlier worker was handed and may not have settled: settle it once more."""
        self._directory.mkdir(exist_ok=True)
        left: list[Handed] = []
        for path in sorted(self._directory.iterdir(), key=lambda path: int(path.name)):
            segment = _Segment(path)
            entries = segment.read()
            segment.waiting = len(entries)
            self._segments.append(segment)
            self._next = int(path.name) + 1
            left += entries
        self._begin_segment()
        return left

    def append(self, code: int, body: bytes) -> None:
        """From the library's thread. A volume that takes nothing more is no reason to refuse."""
        entry = _HEAD.pack(len(body), crc32(body), code) + body
        with self._lock:
            if self._segments[-1].size >= FULL:
                self._begin_segment()
            try:
                self._segments[-1].append(entry)
            except OSError as error:
                self._segments[-1].waiting += 1  # it is handed over all the same, and settled
                log.warning("journal.failed", problem=str(error))

    def settle(self, count: int) -> None:
        """The `count` oldest are in the database, or need not be."""
        with self._lock:
            while count:
                oldest = self._segments[0]
                settled = min(count, oldest.waiting)
                oldest.waiting -= settled
                count -= settled
                if oldest.waiting:
                    return
                if len(self._segments) == 1:
                    with suppress(OSError):  # then it is settled twice, which is harmless
                        oldest.empty()
                    return
                self._let_go(self._segments.popleft())

    def close(self) -> None:
        with self._lock:
            while self._segments:
                self._segments.popleft().close()

    def _begin_segment(self) -> None:
        self._segments.append(_Segment(self._directory / str(self._next)))
        self._next += 1

    def _let_go(self, segment: _Segment) -> None:
        segment.close()
        segment.path.unlink(missing_ok=True)
