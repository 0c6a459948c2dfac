"""An engine in memory: the container port with a state, for tests that need no real one."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from controlplane.containers.driver import (
    ContainerState,
    ObservedContainer,
    ObservedNetwork,
    ObservedVolume,
)
from controlplane.containers.spec import (
    ContainerSpec,
    bridge_name,
    network_name,
    volume_name,
    worker_network_name,
)
from shared.errors import ContainerRuntimeError, ForeignContainerError
from shared.ids import TenantId
from tests.fakes.programs import STUBBORN, Program, find_program


@dataclass
class FakeContainer:
    spec: ContainerSpec
    id: str
    generation: int
    token: str
    image_id: str
    name: str
    state: ContainerState = ContainerState.CREATED
    exit_code: int | None = None
    oom_killed: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None
    log: list[str] = field(default_factory=list)

    @property
    def program(self) -> Program:
        return find_program(self.spec.environment)


class FakeEngine:
    """What lasts: several drivers may speak to one, as two control planes would."""

    def __init__(self) -> None:
        self.images: dict[str, str] = {}
        self.containers: dict[str, FakeContainer] = {}
        self.volumes: dict[str, tuple[str, TenantId]] = {}
        self.sizes: dict[TenantId, int] = {}
        self.uncounted: set[TenantId] = set()
        self.networks: set[str] = set()
        self.foreign: set[str] = set()
        self.down = False
        self.now = datetime(2026, 11, 23, 9, tzinfo=UTC)
        self._ids = count(1)
        self.moved = asyncio.Event()

    def say(self, container: str, line: str) -> None:
        """The container's process writes to its log."""
        self.containers[container].log.append(line)
        self.move()

    def move(self) -> None:
        """Whoever waits for something to happen looks again."""
        self.moved.set()
        self.moved = asyncio.Event()

    def tick(self, passed: timedelta = timedelta(milliseconds=300)) -> datetime:
        self.now += passed
        return self.now

    def new_id(self) -> str:
        return f"{next(self._ids):064x}"

    def find(self, container: str) -> FakeContainer | None:
        by_id = (found for found in self.containers.values() if found.id == container)
        return self.containers.get(container) or next(by_id, None)

    def end(self, container: str, exit_code: int, *, oom_killed: bool = False) -> None:
        """The container's process ends, whoever ended it."""
        found = self.containers[container]
        found.state = ContainerState.EXITED
        found.exit_code, found.oom_killed = exit_code, oom_killed
        found.finished_at = self.tick()
        self.move()


class FakeDriver:
    def __init__(self, engine: FakeEngine, *, instance: str) -> None:
        self._engine = engine
        self._instance = instance

    async def aclose(self) -> None:
        return

    async def ping(self) -> None:
        if self._engine.down:
            raise ContainerRuntimeError("the engine did not answer")

    async def get_engine_version(self) -> str:
        await self.ping()
        return "0.0-fake"

    async def find_image_id(self, image: str) -> str | None:
        await self.ping()
        return self._engine.images.get(image)

    async def ensure_network(self) -> ObservedNetwork:
        await self.ping()
        name = network_name(self._instance)
        self._refuse_foreign(name)
        self._engine.networks.add(name)
        return ObservedNetwork(name, bridge_name(self._instance), "172.30.0.1")

    async def list_containers(self) -> list[ObservedContainer]:
        await self.ping()
        return [
            _listed(found)
            for found in self._engine.containers.values()
            if found.spec.instance == self._instance
        ]

    async def inspect_container(self, container: str) -> ObservedContainer | None:
        await self.ping()
        found = self._engine.find(container)
        ours = found is not None and found.spec.instance == self._instance
        return _inspected(found) if found and ours else None

    async def create_container(self, spec: ContainerSpec, *, generation: int, token: str) -> str:
        await self.ping()
        self._refuse_foreign(spec.name)
        found = self._engine.containers.get(spec.name)
        if found is not None:
            self._refuse_other_instance(found)
            is_new = found.state is ContainerState.CREATED
            if is_new and (found.spec, found.generation) == (spec, generation):
                found.token = token
                return found.id
            del self._engine.containers[spec.name]
        if spec.image not in self._engine.images:
            raise ContainerRuntimeError(f"No such image: {spec.image}")
        self._engine.volumes.setdefault(
            volume_name(spec.tenant_id), (spec.instance, spec.tenant_id)
        )
        self._engine.networks.add(spec.network)
        made = FakeContainer(
            spec=spec,
            id=self._engine.new_id(),
            generation=generation,
            token=token,
            image_id=self._engine.images[spec.image],
            name=spec.name,
        )
        self._engine.containers[spec.name] = made
        return made.id

    async def start_container(self, container: str) -> None:
        found = await self._get(container)
        if found.state in {ContainerState.RUNNING, ContainerState.PAUSED}:
            found.state = ContainerState.RUNNING
            return
        if found.spec.network not in self._engine.networks:
            del self._engine.containers[found.name]
            raise ContainerRuntimeError(f"network {found.spec.network} not found")
        found.state, found.exit_code, found.oom_killed = ContainerState.RUNNING, None, False
        found.started_at = self._engine.tick()
        found.log += found.program.lines
        self._engine.move()
        if found.program.exit_code is not None:
            self._engine.end(found.name, found.program.exit_code)

    async def stop_container(self, container: str, *, grace: timedelta) -> None:
        await self.ping()
        found = self._engine.find(container)
        if found is not None and found.state in {ContainerState.RUNNING, ContainerState.PAUSED}:
            obeys = found.program is not STUBBORN
            found.log += found.program.last_words
            self._engine.end(found.name, 0 if obeys else 137)

    async def kill_container(self, container: str) -> None:
        await self.ping()
        found = self._engine.find(container)
        if found is not None and found.state in {ContainerState.RUNNING, ContainerState.PAUSED}:
            self._engine.end(found.name, 137)

    async def remove_container(self, container: str) -> None:
        await self.ping()
        found = self._engine.find(container)
        if found is None:
            return
        if found.state is ContainerState.RUNNING:
            raise ContainerRuntimeError("a running container is not removed")
        del self._engine.containers[found.name]

    async def tail_log(self, container: str, *, lines: int) -> list[str]:
        await self.ping()
        found = self._engine.find(container)
        return found.log[-lines:] if found else []

    async def follow_log(
        self, container: str, *, lines: int, quiet: timedelta
    ) -> AsyncGenerator[list[str], None]:
        await self.ping()
        found = self._engine.find(container)
        shown = max(0, len(found.log) - lines) if found else 0
        while found is not None:
            moved = self._engine.moved
            if new := found.log[shown:]:
                shown += len(new)
                yield new
            elif found.state is not ContainerState.RUNNING:
                return
            else:
                try:
                    async with asyncio.timeout(quiet.total_seconds()):
                        await moved.wait()
                except TimeoutError:
                    yield []

    async def ensure_volume(self, tenant_id: TenantId, *, size: int) -> None:
        await self.ping()
        name = volume_name(tenant_id)
        self._refuse_foreign(name)
        owner = self._engine.volumes.setdefault(name, (self._instance, tenant_id))
        if owner[0] != self._instance:
            raise ForeignContainerError(f"volume {name} exists and is not ours")

    async def remove_network(self, tenant_id: TenantId) -> None:
        await self.ping()
        self._engine.networks.discard(worker_network_name(tenant_id))

    async def remove_volume(self, tenant_id: TenantId) -> None:
        await self.ping()
        name = volume_name(tenant_id)
        self._refuse_foreign(name)
        if any(volume_name(c.spec.tenant_id) == name for c in self._engine.containers.values()):
            raise ContainerRuntimeError("volume is in use")
        self._engine.volumes.pop(name, None)

    async def list_volumes(self) -> list[ObservedVolume]:
        await self.ping()
        return [
            ObservedVolume(tenant_id, name)
            for name, (instance, tenant_id) in self._engine.volumes.items()
            if instance == self._instance
        ]

    async def measure_volumes(self) -> dict[TenantId, int]:
        return {
            each.tenant_id: self._engine.sizes.get(each.tenant_id, 0)
            for each in await self.list_volumes()
            if each.tenant_id not in self._engine.uncounted
        }

    async def _get(self, container: str) -> FakeContainer:
        await self.ping()
        found = self._engine.find(container)
        if found is None:
            raise ContainerRuntimeError(f"No such container: {container}")
        return found

    def _refuse_foreign(self, name: str) -> None:
        if name in self._engine.foreign:
            raise ForeignContainerError(f"{name} exists and is not ours")

    def _refuse_other_instance(self, found: FakeContainer) -> None:
        if found.spec.instance != self._instance:
            raise ForeignContainerError(f"{found.spec.name} exists and is not ours")


def _listed(found: FakeContainer) -> ObservedContainer:
    return ObservedContainer(
        tenant_id=found.spec.tenant_id,
        name=found.name,
        id=found.id,
        state=found.state,
        generation=found.generation,
        spec_hash=found.spec.hash,
        image=found.spec.image,
        image_id=found.image_id,
    )


def _inspected(found: FakeContainer) -> ObservedContainer:
    ended = found.state is ContainerState.EXITED
    return ObservedContainer(
        tenant_id=found.spec.tenant_id,
        name=found.name,
        id=found.id,
        state=found.state,
        generation=found.generation,
        spec_hash=found.spec.hash,
        image=found.spec.image,
        image_id=found.image_id,
        exit_code=found.exit_code if ended else None,
        oom_killed=found.oom_killed if ended else False,
        started_at=found.started_at,
        finished_at=found.finished_at if ended else None,
    )
