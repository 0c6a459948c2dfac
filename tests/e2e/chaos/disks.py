"""A small disk for a worker's volume, that can be filled without harm to the machine.

A named volume has no size of its own on ext4, so a file system of a few megabytes is mounted where
the engine keeps the volume, before the worker's first start. It lives in memory, and so does not
show what a slow disk does.
"""

from pathlib import Path
from uuid import UUID

from docker import APIClient

from controlplane.containers.spec import render_labels, volume_name
from shared.ids import TenantId
from tests.fakes import small_disk

# Session and store of a worker take some 6 MB, each has a journal of up to 4 MB, and the reserve.
SIZE = "48m"
OWNER = 10001  # whom the image runs as


def give_small_disk(engine: APIClient, tenant_id: str, *, instance: str) -> Path:
    """Makes the tenant's volume, which must not exist, and mounts the disk in its place."""
    tenant = TenantId(UUID(tenant_id))
    engine.create_volume(volume_name(tenant), labels=render_labels(instance, tenant))
    place = Path(engine.inspect_volume(volume_name(tenant))["Mountpoint"])
    small_disk.mount(place, size=SIZE, owner=OWNER)
    return place
