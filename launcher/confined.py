"""Starts a command that sees no more of closed directories than it needs, nor of our environment.

    python -IS confined.py '{"reads": [...], "writes": [...], ...}' COMMAND...

Run as a program by itself, so that it loads nothing but the standard library. In a mount namespace
of its own every directory that is closed to other users (`/root`, the state directory) is an empty
one, but for the directories of the command's own, which lie where they always do. Thus a user who
may not pass `/root` runs code that lies there, and the directory stays closed. See mount(2),
mount_namespaces(7).
"""

import ctypes
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

NEW_MOUNTS = 0x20000  # CLONE_NEWNS
READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS = 0x1, 0x2, 0x4, 0x8
REMOUNT, BIND, RECURSIVE, FOLLOWING = 0x20, 0x1000, 0x4000, 0x80000  # the last: MS_SLAVE
OTHERS_MAY_PASS = 0o001
EMPTY = "size=1m,mode=0755"
KEPT = (
    *("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("FORWARDED_ALLOW_IPS", "PYTHONUNBUFFERED", "PYTHONPYCACHEPREFIX"),
    "LD_LIBRARY_PATH",
)
_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    wanted, command = json.loads(arguments[0]), arguments[1:]
    os.umask(0o022)
    if wanted["hides"]:
        hide(wanted["reads"], wanted["writes"])
    os.umask(0o077)
    os.chdir(wanted["place"])  # by its name: what was entered before is the directory behind
    os.execve(command[0], command, choose(os.environ, wanted["variables"]))  # noqa: S606, TID251


def choose(environ: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """Of a shell's variables the harmless ones: others may hold what is not the command's."""
    kept = {
        name: value for name, value in environ.items() if name in KEPT or name.startswith("FLOWHQ_")
    }
    return {**kept, **variables}


def hide(reads: Iterable[str], writes: Iterable[str]) -> None:
    """Raises OSError."""
    _call(_libc.unshare, NEW_MOUNTS)
    # What the machine unmounts later must not be held here.
    _mount(None, "/", None, RECURSIVE | FOLLOWING)
    seen = {Path(path): 0 for path in writes} | {Path(path): READ_ONLY for path in reads}
    closed = list_closed(seen)
    behind = {path: flag for path, flag in seen.items() if closed & set(path.parents)}
    places = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in behind}
    for path in sorted(closed | behind.keys(), key=lambda each: len(each.parts)):
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
        if path in behind:
            _mount(f"/proc/self/fd/{places[path]}", path, None, BIND | RECURSIVE)
            flags = REMOUNT | BIND | NO_SETUID | NO_DEVICES | behind[path]
            _mount(None, path, None, flags)
        else:
            _mount("none", path, "tmpfs", NO_SETUID | NO_DEVICES | NO_PROGRAMS, EMPTY)
    for path in closed:
        _mount(None, path, None, REMOUNT | BIND | READ_ONLY | NO_SETUID | NO_DEVICES | NO_PROGRAMS)
    for place in places.values():
        os.close(place)


def list_closed(seen: Iterable[Path]) -> set[Path]:
    """The directories on the way to `seen` that other users may not pass."""
    seen = set(seen)
    above = {parent for path in seen for parent in path.parents} - seen
    return {each for each in above if not each.stat().st_mode & OTHERS_MAY_PASS}


def _mount(
    source: str | None, target: str | Path, kind: str | None, flags: int, data: str | None = None
) -> None:
    texts = [None if each is None else os.fsencode(each) for each in (source, target, kind, data)]
    _call(_libc.mount, *texts[:3], ctypes.c_ulong(flags), texts[3])


def _call(function: object, *arguments: object) -> None:
    assert callable(function)
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)}: {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
