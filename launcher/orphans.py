"""Finds processes of ours whose record was lost: each was started with our state directory."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from launcher import instance, parts, postgres, records
from launcher.paths import Paths

PROC = Path("/proc")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    pid: int
    command: list[str]
    environ: dict[str, str]


def adopt(paths: Paths, *, proc: Path = PROC) -> list[str]:
    """Writes the lost records (and the lost id) anew; the names of what was found."""
    found = []
    for seen in _processes(proc):
        name = part_of(seen, paths)
        if name is None or records.find_alive(paths.records, name) is not None:
            continue
        record = records.record_of(name, seen.pid)
        if record is not None:
            records.write_record(paths.records, record)
            found.append(name)
            if instance.find_id(paths) is None and "FLOWHQ_INSTANCE" in seen.environ:
                paths.instance.write_text(seen.environ["FLOWHQ_INSTANCE"], encoding="utf-8")
    return found


def part_of(seen: Seen, paths: Paths) -> str | None:
    """Which part of the installation at `paths` a process is, if it is one."""
    state = seen.environ.get("FLOWHQ_STATE_DIR")
    modules = {
        parts.CONTROL_PLANE: paths.state,
        parts.PORTAL: paths.state,
        parts.SANDBOX: paths.sandbox,
    }
    for module, directory in modules.items():
        if seen.command[-2:] == ["-m", module] and state == str(directory):
            return module
    data = str(paths.postgres / "data")
    return postgres.PROCESS if seen.command[1:3] == ["-D", data] else None


def _processes(proc: Path) -> Iterator[Seen]:
    for directory in proc.glob("[0-9]*"):
        try:
            command = (directory / "cmdline").read_bytes().decode(errors="replace").split("\0")
            environ = (directory / "environ").read_bytes().decode(errors="replace").split("\0")
        except OSError:  # gone meanwhile, or another user's
            continue
        pairs = (entry.partition("=") for entry in environ)
        yield Seen(
            pid=int(directory.name),
            command=[argument for argument in command if argument],
            environ={name: value for name, _, value in pairs},
        )
