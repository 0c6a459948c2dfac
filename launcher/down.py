"""`scripts/down`: stops what `up` started; with `--purge` nothing of it is left."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from launcher import (
    engine,
    fence,
    fleet,
    host,
    instance,
    leftovers,
    locking,
    orphans,
    platform,
    postgres,
)
from launcher.console import complain, say, step
from launcher.engine import Engine
from launcher.errors import LauncherError
from launcher.paths import Paths

PROCESSES = [name for name in platform.STARTED if name != postgres.PROCESS]


def down(paths: Paths, environ: Mapping[str, str], *, purge: bool) -> int:
    lost = orphans.adopt(paths)
    if not paths.state.exists():
        say(f"Nothing of FlowHQ is at {paths.state}.")
        return 0
    if lost:
        say(f"  Found again: {', '.join(lost)}")
    with locking.exclusive(paths):
        if not purge:
            stop_everything(paths, environ)
            return 0
        found, trouble = _engine_to_purge(paths, environ)
        stop_everything(paths, environ)
        if found is not None:
            _purge_engine(paths, found)
        elif trouble:
            complain(trouble)
        _remove_state(paths)
    return 1 if trouble else 0


def stop_everything(paths: Paths, environ: Mapping[str, str]) -> None:
    """The control plane first, or it would start again what is stopped after it."""
    name = instance.find_id(paths)
    with step("Control plane, portal and sandbox") as outcome:
        stopped = platform.stop_processes(paths, PROCESSES)
        outcome.detail = ", ".join(stopped) or "none ran"
    found = engine.find_engine(engine.address_of(environ))
    if found is not None and name is not None:
        with step("Workers") as outcome:
            outcome.detail = f"{fleet.stop_containers(found.address, name)} stopped"
    if name is not None:
        fence.take_down(name)
    with step("PostgreSQL") as outcome:
        stopped = platform.stop_processes(paths, [postgres.PROCESS])
        outcome.detail = "" if stopped else "did not run"
    instance.forget_running(paths)


def _engine_to_purge(paths: Paths, environ: Mapping[str, str]) -> tuple[Engine | None, str]:
    """Containers and volumes outlive their engine, so it is started to give them up.

    The text says what stays behind where that fails; the rest is purged all the same.
    """
    found, name = engine.find_engine(engine.address_of(environ)), instance.find_id(paths)
    if found is not None or name is None or host.find_tool("dockerd") is None:
        return found, ""
    try:
        return engine.ensure_engine(paths, environ), ""
    except LauncherError as error:
        return None, (
            f"{error}. What it may hold of FlowHQ stays: once it runs, remove it with "
            f"docker ps -aq --filter label=flowhq.instance={name} | xargs -r docker rm -fv"
        )


def _purge_engine(paths: Paths, found: Engine) -> None:
    name = instance.find_id(paths)
    if name is not None:
        with step("Containers, volumes, networks") as outcome:
            removed = fleet.remove_objects(found.address, name)
            outcome.detail = ", ".join(f"{count} {kind}" for kind, count in removed.items())
    others = fleet.other_instances(found.address, name)
    with step("Images") as outcome:
        gone, left = leftovers.remove_images(paths, found.address, shared=bool(others))
        outcome.detail = f"{gone} removed"
        if left:
            users = ", ".join(sorted(others)) or "other containers"
            outcome.detail += f", {left} kept: made or used by {users}"
    if engine.started_here(paths):
        with step("Docker engine") as outcome:
            if fleet.runs_anything(found.address):
                outcome.detail = "kept: it runs containers that are not FlowHQ's"
            else:
                engine.stop_own(paths)
                outcome.detail = "stopped, as ./scripts/up had started it"


def _remove_state(paths: Paths) -> None:
    _refuse_foreign(paths.state)
    with step("Files") as outcome:
        shutil.rmtree(paths.state)
        outcome.detail = str(paths.state)


def _refuse_foreign(state: Path) -> None:
    """A directory that somebody named by mistake is not emptied."""
    ours = {"instance", "lock", "run", "logs", "build"}
    inside = {entry.name for entry in state.iterdir()}
    if state == Path.home() or ".git" in inside or not inside & ours:
        raise LauncherError(f"{state} does not look like FlowHQ's own directory: remove it by hand")
