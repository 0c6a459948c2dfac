"""Files on the volume, read and written in pieces on whatever thread calls."""

import os
from pathlib import Path

from shared.wire.files import PIECE_BYTES


def append(path: Path, content: bytes | memoryview) -> None:
    """Makes the file if there is none."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def read_piece(path: Path, offset: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.pread(descriptor, PIECE_BYTES, offset)
    finally:
        os.close(descriptor)
