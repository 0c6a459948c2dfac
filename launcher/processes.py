"""Long-running processes: started in their own session, adopted when alive, stopped by name."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from launcher import environment, records
from launcher.errors import LauncherError
from launcher.paths import Paths
from launcher.records import ProcessRecord
from launcher.waiting import wait_for

LOG_TAIL_LINES = 25
STOP_GRACE = timedelta(seconds=20)


# What this launcher itself started: the dead among them stay in the process table until collected.
_children: dict[int, subprocess.Popen[bytes]] = {}


class ProcessSpec(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    umask: int = 0o077


def start(paths: Paths, spec: ProcessSpec) -> ProcessRecord:
    """Starts it, or adopts the one that a former run left alive."""
    alive = records.find_alive(paths.records, spec.name)
    if alive is not None:
        return alive
    log = log_path(paths, spec.name)
    rotate(log)
    log.touch(mode=0o600)
    with log.open("ab") as output:
        process = subprocess.Popen(
            spec.command,
            cwd=paths.root,
            env=dict(spec.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C on the launcher's terminal is for the launcher to hand on.
            start_new_session=True,
            umask=spec.umask,
        )
    _children[process.pid] = process
    record = records.record_of(spec.name, process.pid)
    if record is None:
        raise LauncherError(f"{spec.name} ended at once; its last lines:\n{tail(log)}")
    _write_recipe(paths, spec)
    records.write_record(paths.records, record)
    return record


def get_spec(paths: Paths, name: str, environ: Mapping[str, str]) -> ProcessSpec:
    """As it was started last, with the rest of `environ`. Raises LauncherError."""
    try:
        recipe = msgspec.json.decode(_recipe_path(paths, name).read_bytes(), type=_Recipe)
    except (FileNotFoundError, msgspec.DecodeError) as error:
        raise LauncherError(f"it is not known how {name} was started") from error
    kept = environment.for_process(environ, {})
    return ProcessSpec(name=name, command=recipe.command, environ={**kept, **recipe.settings})


def stop(
    paths: Paths,
    name: str,
    *,
    grace: timedelta = STOP_GRACE,
    ask: signal.Signals = signal.SIGTERM,
) -> bool:
    """Asks, waits, then insists. False when there was nothing to stop."""
    record = records.find_alive(paths.records, name)
    if record is not None:
        _end(record, grace, ask)
    records.forget(paths.records, name)
    _recipe_path(paths, name).unlink(missing_ok=True)
    return record is not None


def is_gone(record: ProcessRecord) -> bool:
    if records.is_alive(record):
        return False
    child = _children.pop(record.pid, None)
    if child is not None:
        child.wait()
    return True


class _Recipe(msgspec.Struct, frozen=True):
    """How to start a process again. settings: `FLOWHQ_*` alone, not what else a shell holds."""

    command: list[str]
    settings: dict[str, str]


def _write_recipe(paths: Paths, spec: ProcessSpec) -> None:
    settings = {n: value for n, value in spec.environ.items() if n.startswith("FLOWHQ_")}
    path = _recipe_path(paths, spec.name)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)  # the address of an external database may hold a password
    draft.write_bytes(msgspec.json.encode(_Recipe([*spec.command], settings)))
    draft.replace(path)


def _recipe_path(paths: Paths, name: str) -> Path:
    return paths.records / f"{name}.recipe"


def log_path(paths: Paths, name: str) -> Path:
    return paths.logs / f"{name}.log"


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def rotate(log: Path) -> None:
    """Each run begins its own file, so that what is shown of a failure is of this run."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))


def _end(record: ProcessRecord, grace: timedelta, ask: signal.Signals) -> None:
    for sign, wait in ((ask, grace), (signal.SIGKILL, timedelta(seconds=5))):
        try:
            os.kill(record.pid, sign)
        except ProcessLookupError:
            return
        if wait_for(lambda: is_gone(record) or None, within=wait):
            return
    raise LauncherError(f"{record.name} (pid {record.pid}) does not end, even when killed")
