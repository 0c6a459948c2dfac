"""A taken worker that takes all it can get: processes, memory, time, disk, log."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from docker.errors import APIError

from attack.checks import Attack, Check, Outcome
from attack.errors import NotTriedError
from attack.ground import Ground
from attack.inside.cell import Cell, in_cell, run_probe
from attack.neighbours import disturb, sites, with_answers
from attack.worker.line import make_hostile

LIMITS = "limits of containers (controlplane/containers/spec.py)"
HOG_SECONDS = 3.0
MOST_PROCESSES = 200
MOST_LOG = 32 * 1024 * 1024
# What one worker took at once when there was no bound; and never what would fill this machine.
DISK = 5 * 1024**3
DISK_SHARE = 4
DISK_TIME = 45.0

FORKS = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
MEMORY = """
held = []
while True:
    held.append(b"x" * (8 << 20))
"""
BURN = """
import os
for _ in range(7):
    if os.fork() == 0:
        break
while True:
    pass
"""
LOG = """
line = "x" * 4000
while True:
    print(line)
"""

Look = Callable[[Ground, Cell], Awaitable[list[str]]]


def hog(program: str, look: Look) -> Attack:
    """Runs it as a worker's main program, and asks the neighbours meanwhile."""

    async def attack(ground: Ground) -> Outcome:
        async def act() -> list[str]:
            async with in_cell(ground, command=["python", "-c", program]) as cell:
                await asyncio.sleep(HOG_SECONDS)
                return await look(ground, cell)

        breaches, waits = await disturb(ground, with_answers(ground, sites(ground)), act)
        return Outcome(saw=f"for {HOG_SECONDS:.0f} s: {waits}", breaches=breaches)

    return attack


async def disk(ground: Ground) -> Outcome:
    """A tenant's own worker reserves a volume's worth of disk."""
    (attacker,) = await make_hostile(ground, 1)
    tenant, name = attacker.business.id, f"flowhq-worker-{attacker.business.id}"
    wanted = min(DISK, shutil.disk_usage("/").free // DISK_SHARE)
    await ground.call("POST", f"/admin/tenants/{tenant}/worker/start")
    try:
        await _await_running(ground, name)
        found: dict[str, Any] = await run_probe(ground.engine, name, "disk", wanted)
        if found["problem"]:
            return Outcome(saw=f"{found['bytes'] >> 20} MB, then {found['problem']}")
        stopped = await _await_stopped(ground, name)
    finally:
        await ground.call("POST", f"/admin/tenants/{tenant}/worker/stop")
    saw = f"{found['bytes'] >> 20} MB reserved at once"
    if stopped:
        return Outcome(saw=f"{saw}, and the worker was stopped for it")
    return Outcome(saw=saw, breaches=[f"{saw}, and nobody minded for {DISK_TIME:.0f} s"])


async def _processes(ground: Ground, cell: Cell) -> list[str]:
    try:
        seen = await asyncio.to_thread(ground.engine.top, cell.container)
    except APIError:
        return []  # it ended: there is nothing to count
    count = len(seen["Processes"])
    return [f"{count} processes at once"] if count > MOST_PROCESSES else []


async def _killed(_: Ground, cell: Cell) -> list[str]:
    state = (await cell.inspect())["State"]
    if state["OOMKilled"] or state["Status"] == "exited":
        return []
    return ["it still runs, and takes more and more memory"]


async def _capped(_: Ground, cell: Cell) -> list[str]:
    seen = (await cell.inspect())["HostConfig"]
    has_cap = seen.get("NanoCpus") or seen.get("CpuQuota")
    return [] if has_cap else ["it has no share of the processors that it is held to"]


async def _log_bounded(_: Ground, cell: Cell) -> list[str]:
    path = Path((await cell.inspect())["LogPath"] or "/nothing")
    if os.geteuid() != 0 or not path.parent.is_dir():
        raise NotTriedError("the engine's log files are not ours to look at")
    size = sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
    return [f"its log grew to {size >> 20} MB"] if size > MOST_LOG else []


async def _await_running(ground: Ground, name: str) -> None:
    for _ in range(100):
        try:
            seen = await asyncio.to_thread(ground.engine.inspect_container, name)
            if seen["State"]["Running"]:
                return
        except APIError:
            pass
        await asyncio.sleep(0.2)
    raise NotTriedError("the tenant's worker did not start")


async def _await_stopped(ground: Ground, name: str) -> bool:
    deadline = asyncio.get_running_loop().time() + DISK_TIME
    while asyncio.get_running_loop().time() < deadline:
        try:
            seen = await asyncio.to_thread(ground.engine.inspect_container, name)
        except APIError:
            return True
        if not seen["State"]["Running"]:
            return True
        await asyncio.sleep(1)
    return False


CHECKS = [
    *(
        Check(
            name=f"inside.{name}",
            fence=LIMITS,
            expects="neighbours who wait no longer than in calm, and a bound on what it takes",
            attack=hog(program, look),
            budget=timedelta(seconds=90),
        )
        for name, program, look in (
            ("fork-bomb", FORKS, _processes),
            ("memory", MEMORY, _killed),
            ("cpu-burn", BURN, _capped),
            ("log-flood", LOG, _log_bounded),
        )
    ),
    Check(
        name="inside.disk",
        fence="a bound on each volume (controlplane/containers/spec.py)",
        expects="an end of what a volume takes, or a worker that is stopped for it",
        attack=disk,
        budget=timedelta(seconds=75),
    ),
]
