"""What the attack leaves behind: nothing, or it is named."""

import asyncio
import time
from datetime import timedelta
from typing import Any

from docker.api.client import APIClient

from attack.stress.platform import Platform

# The reconciler removes a tenant's container and volume in its own time.
REMOVAL_TIME = timedelta(seconds=40)
LOOK_EVERY = 0.5
LISTS = {"tenants": "/admin/tenants", "operators": "/admin/operators", "keys": "/admin/api-keys"}


async def take(platform: Platform, engine: APIClient) -> set[str]:
    """Everything that an attack makes, by kind and id."""
    found: set[str] = set()
    for kind, path in LISTS.items():
        found |= {f"{kind} {item['id']}" for item in await _list(platform, path)}
    return found | await asyncio.to_thread(_list_engine, engine, platform.instance)


async def await_clean(platform: Platform, engine: APIClient, before: set[str]) -> set[str]:
    """What is there that was not before, once nothing more goes away or the time is up."""
    deadline = time.monotonic() + REMOVAL_TIME.total_seconds()
    left = await take(platform, engine) - before
    while left and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_EVERY)
        left = await take(platform, engine) - before
    return left


async def _list(platform: Platform, path: str) -> list[dict[str, Any]]:
    answer = await platform.api.get(path, params={"limit": "500"} if "tenants" in path else {})
    answer.raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _list_engine(engine: APIClient, instance: str) -> set[str]:
    ours = {"label": f"flowhq.instance={instance}"}
    attack = {"label": "flowhq.attack"}
    found = set()
    for named in (ours, attack):
        found |= {
            f"container {each['Id'][:12]}" for each in engine.containers(all=True, filters=named)
        }
        found |= {f"volume {each['Name']}" for each in engine.volumes(named)["Volumes"] or []}
        found |= {f"network {each['Name']}" for each in engine.networks(filters=named)}
    return found
