"""Who may read what lies in the state directory: its owners alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

OTHERS, GROUP_AND_OTHERS = 0o007, 0o077
CACHE = "cache"  # bytecode, and what the tools of development keep: nothing of an installation's


def list_open(state: Path) -> list[Path]:
    """What others than its owner may read, write or pass. Raises OSError for what we may not see.

    A group may, where it is another than ours: such groups are the launcher's own, and it chose.
    """
    return sorted(path for path, seen in _walk(state) if seen.st_mode & _forbidden(seen))


def close(state: Path) -> None:
    """Takes from others what an installation of before left them."""
    for path, seen in _walk(state):
        if seen.st_mode & _forbidden(seen) and seen.st_uid == os.geteuid():
            _chmod(path, stat.S_IMODE(seen.st_mode) & ~_forbidden(seen))


def _chmod(path: Path, mode: int) -> None:
    """Never through a link, which another of our users could put there meanwhile."""
    place = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    try:
        Path(f"/proc/self/fd/{place}").chmod(mode)
    finally:
        os.close(place)


def _forbidden(seen: os.stat_result) -> int:
    return GROUP_AND_OTHERS if seen.st_gid == os.getegid() else OTHERS


def _walk(state: Path) -> Iterator[tuple[Path, os.stat_result]]:
    yield state, state.stat()
    for parent, directories, names in os.walk(state, onerror=_raise):
        if Path(parent) == state:
            directories[:] = [name for name in directories if name != CACHE]
        for name in (*directories, *names):
            path = Path(parent) / name
            try:
                seen = path.lstat()
            except FileNotFoundError:
                continue  # a draft, or a log that was rotated
            if not stat.S_ISLNK(seen.st_mode):
                yield path, seen


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
