#!/usr/bin/env python3
"""From a container's start to CONNECTED, with a session on the volume, on a running platform.

A tenant of its own is linked once; then its worker is killed again and again. Two clocks are
read: the engine's StartedAt, and the moment at which the admin API says CONNECTED again.

    .venv/bin/python scripts/bench/start.py --runs 10

It prints, in seconds, the median and the range of: kill → container started again (the
reconciler), container started → CONNECTED (Python, the client library, login), and the sum.
The first second of kill → started is the restart policy's first wait (±25 %).
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from attack.stress.platform import open_platform

TIMEOUT = 60.0
POLL = 0.01


async def measure(platform: Any, runs: int) -> dict[str, list[float]]:
    tenant = await platform.link("Bench start")
    times: dict[str, list[float]] = {"kill_to_started": [], "started_to_connected": []}
    for _ in range(runs):
        seen = (await platform.api.get(f"/admin/tenants/{tenant['id']}")).json()
        container = seen["worker"]["container_id"]
        restarts = seen["worker"]["restarts"]
        killed = time.time()  # noqa: TID251  the platform's clock is real
        await asyncio.to_thread(platform.engine.kill, container)
        connected = await wait_connected(platform, tenant["id"], restarts)
        started = await asyncio.to_thread(read_started, platform.engine, tenant["id"])
        times["kill_to_started"].append(started - killed)
        times["started_to_connected"].append(connected - started)
        # Ten healthy minutes reset the backoff; a fresh generation does it at once.
        await platform.api.post(f"/admin/tenants/{tenant['id']}/worker/restart")
        await wait_other_container(platform, tenant["id"], container)
    await platform.remove(tenant["id"])
    times["kill_to_connected"] = [
        sum(pair)
        for pair in zip(times["kill_to_started"], times["started_to_connected"], strict=True)
    ]
    return times


async def wait_connected(platform: Any, tenant_id: str, restarts: int) -> float:
    """The moment at which the API says CONNECTED after one more restart."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        seen = (await platform.api.get(f"/admin/tenants/{tenant_id}")).json()
        if seen["worker"]["restarts"] > restarts and seen["session"]["state"] == "CONNECTED":
            return time.time()  # noqa: TID251  the platform's clock is real
        await asyncio.sleep(POLL)
    raise TimeoutError(f"tenant {tenant_id} is not connected after {TIMEOUT} s")


async def wait_other_container(platform: Any, tenant_id: str, container: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        seen = (await platform.api.get(f"/admin/tenants/{tenant_id}")).json()
        new = seen["worker"]["container_id"] not in {None, container}
        if new and seen["session"]["state"] == "CONNECTED":
            return
        await asyncio.sleep(POLL)
    raise TimeoutError(f"tenant {tenant_id} has no new container after {TIMEOUT} s")


def read_started(engine: Any, tenant_id: str) -> float:
    state = engine.inspect_container(f"flowhq-worker-{tenant_id}")["State"]
    # Python reads microseconds; the engine writes nanoseconds.
    return datetime.fromisoformat(state["StartedAt"][:26] + "+00:00").timestamp()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--api", default="http://127.0.0.1:8000")
    parser.add_argument("--sandbox", default="http://127.0.0.1:8070")
    parser.add_argument("--state-dir", type=Path, default=Path(".flowhq"))
    parser.add_argument("--docker-host", default="unix:///var/run/docker.sock")
    options = parser.parse_args()

    async def run() -> dict[str, list[float]]:
        platform = open_platform(
            api=options.api,
            sandbox=options.sandbox,
            state_dir=options.state_dir,
            docker_host=options.docker_host,
        )
        return await measure(platform, options.runs)

    times = asyncio.run(run())
    print(
        json.dumps(
            {
                name: {
                    "median": round(statistics.median(own), 2),
                    "range": [round(min(own), 2), round(max(own), 2)],
                }
                for name, own in times.items()
            },
            indent=1,
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
