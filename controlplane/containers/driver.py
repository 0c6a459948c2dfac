"""The port to a container runtime: one engine today, Swarm later, a fake in tests."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

from controlplane.containers.spec import ContainerSpec
from shared.ids import TenantId


class ContainerState(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    EXITED = "exited"
    REMOVING = "removing"


class ObservedContainer(msgspec.Struct, frozen=True, kw_only=True):
    """A container of ours, as the engine shows it.

    image_id: what the image's name meant when the container was made.
    exit_code, oom_killed, started_at, finished_at: of the newest run; a listing leaves them
        out, `inspect_container` fills them in.
    """

    tenant_id: TenantId
    name: str
    id: str
    state: ContainerState
    generation: int
    spec_hash: str
    image: str
    image_id: str | None = None
    exit_code: int | None = None
    oom_killed: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ObservedVolume(msgspec.Struct, frozen=True):
    tenant_id: TenantId
    name: str


class ObservedNetwork(msgspec.Struct, frozen=True):
    """gateway: the host's address on the bridge, where containers reach it."""

    name: str
    bridge: str
    gateway: str


class ContainerDriver(Protocol):
    """Every method raises ContainerRuntimeError when the outcome is unknown or the engine
    refused, and ForeignContainerError when an object in the way is not ours.

    Stopping what is stopped, removing what is gone and making what is there are successes.
    A `container` is a name or an id.
    """

    async def ping(self) -> None: ...

    async def get_engine_version(self) -> str: ...

    async def find_image_id(self, image: str) -> str | None: ...

    async def ensure_network(self) -> ObservedNetwork: ...

    async def list_containers(self) -> list[ObservedContainer]:
        """All of this instance, in one call."""
        ...

    async def inspect_container(self, container: str) -> ObservedContainer | None:
        """None too for one that is not of this instance."""
        ...

    async def create_container(self, spec: ContainerSpec, *, generation: int, token: str) -> str:
        """The id of the new container, which is not started and whose volume holds the token.

        One that is there, is of this very spec and never ran is given the token and adopted.
        """
        ...

    async def start_container(self, container: str) -> None:
        """A container that the engine cannot start is removed: its corpse would own the name."""
        ...

    async def stop_container(self, container: str, *, grace: timedelta) -> None:
        """SIGTERM, and SIGKILL after `grace`; returns when it has ended."""
        ...

    async def kill_container(self, container: str) -> None: ...

    async def remove_container(self, container: str) -> None: ...

    async def tail_log(self, container: str, *, lines: int) -> list[str]: ...

    def follow_log(
        self, container: str, *, lines: int, quiet: timedelta
    ) -> AsyncGenerator[list[str], None]:
        """The last `lines`, then what is added, until the container ends or is gone.

        An empty list each `quiet` in which nothing came. Close it: it holds a connection.
        """
        ...

    async def ensure_volume(self, tenant_id: TenantId, *, size: int) -> None:
        """size: bytes that a new volume holds at most, where the engine's file system can count
        them (xfs with prjquota); elsewhere `measure_volumes` is all there is.
        """
        ...

    async def remove_volume(self, tenant_id: TenantId) -> None: ...

    async def remove_network(self, tenant_id: TenantId) -> None:
        """The tenant's own, which `create_container` makes where it is not there."""
        ...

    async def list_volumes(self) -> list[ObservedVolume]: ...

    async def measure_volumes(self) -> dict[TenantId, int]:
        """Bytes that each volume of this instance holds, as the engine counts them. It walks
        through every file of every volume: a call takes as long as `du` does.
        """
        ...

    async def aclose(self) -> None: ...
