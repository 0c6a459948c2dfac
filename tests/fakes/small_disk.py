"""A file system of a few megabytes, in memory: a full disk is then the kernel's own ENOSPC."""

import contextlib
import subprocess
from pathlib import Path

_FILLER = "filler"
_CHUNK = 1 << 16


class NoDiskError(RuntimeError):
    """Nothing can be mounted here: not root, or in a container that may not."""


def mount(place: Path, *, size: str, owner: int) -> None:
    options = f"size={size},uid={owner},gid={owner},mode=0700"
    _run("mount", "-t", "tmpfs", "-o", options, "flowhq-test", str(place))


def unmount(place: Path) -> None:
    """Who has it open keeps it until he closes it."""
    _run("umount", "--lazy", str(place))


def fill(place: Path) -> None:
    """Not a byte more can be written."""
    for chunk in (_CHUNK, 1):
        with (place / _FILLER).open("ab", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(b"\0" * chunk) == chunk:
                pass


def clear(place: Path) -> None:
    (place / _FILLER).unlink(missing_ok=True)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise NoDiskError(f"{command[0]}: {done.stderr.strip()}")
