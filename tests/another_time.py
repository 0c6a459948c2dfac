"""Tests at another time than the machine's: `scripts/at` moves the clocks of processes.

It does so by environment variables, which a process with an environment of its own must be given.
And it moves no files: the kernel dates them, by a clock of its own.
"""

import os
import tempfile
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

SECOND = 1_000_000_000
_VARIABLES = (
    "DONT_FAKE_MONOTONIC",
    "FAKETIME",
    "FAKETIME_FORCE_MONOTONIC_FIX",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
)


def same_time() -> dict[str, str]:
    """The part of an environment by which a process keeps the time that this one keeps."""
    ours = os.environ  # noqa: TID251  a child process's own
    return {name: ours[name] for name in _VARIABLES if name in ours}


def clock_is_ahead() -> int:
    """By how many nanoseconds this process's clock is ahead of the one that dates files."""
    with tempfile.TemporaryFile() as file:
        ours = time.time_ns()  # noqa: TID251  the point of this module
        return ours - os.fstat(file.fileno()).st_mtime_ns


def move_file_times(patches: pytest.MonkeyPatch, by: int) -> None:
    """Files of now are dated now, as on a machine whose own clock was moved. by: nanoseconds."""
    for name in ("stat", "lstat", "fstat"):
        patches.setattr(os, name, _moved(getattr(os, name), by))
    patches.setattr(os, "utime", _moved_back(os.utime, by))


def _moved(ask: Callable[..., os.stat_result], by: int) -> Callable[..., os.stat_result]:
    @wraps(ask)
    def moved(*values: Any, **named: Any) -> os.stat_result:
        found = ask(*values, **named)
        at = [each + by for each in (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)]
        return os.stat_result(
            [
                *found[:7],
                *(each // SECOND for each in at),
                *(each / SECOND for each in at),
                *at,
                *(found.st_blksize, found.st_blocks, found.st_rdev),
            ]
        )

    return moved


def _moved_back(utime: Callable[..., None], by: int) -> Callable[..., None]:
    @wraps(utime)
    def moved_back(path: Any, times: Any = None, *, ns: Any = None, **named: Any) -> None:
        if times is not None:
            ns = tuple(round(each * SECOND) for each in times)
        if ns is not None:
            named["ns"] = tuple(each - by for each in ns)
        utime(path, **named)

    return moved_back
