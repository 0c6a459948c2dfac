"""Sockets that are files: who may not open the file does not reach who listens."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Another name of it, for as long as this is open: the kernel takes 107 bytes at most, and
    people's directories are where they are. Raises OSError where there is no such directory.
    """
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def is_shared(directory: Path) -> bool:
    """Whether what is made in it is for a group as well: who set it up says so by its
    set-group-ID bit, by which that group is also its files'.
    """
    return bool(directory.stat().st_mode & stat.S_ISGID)


def bind_file(path: Path) -> socket.socket:
    """For its owner alone, and for the group of a directory that is shared.

    In place of what an earlier process left: nobody listens there now.
    """
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_name(draft) as name:
            bound.bind(name)
        # Whoever connects before somebody listens is refused, so nobody comes before this.
        draft.chmod(0o660 if is_shared(path.parent) else 0o600)
        draft.replace(path)
    except OSError:
        bound.close()
        raise
    return bound
