import io
import json
import tarfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from stat import S_IMODE
from typing import Protocol

import pytest

from controlplane.containers.docker_driver import DockerDriver
from controlplane.containers.driver import ContainerDriver
from controlplane.containers.spec import (
    INSTANCE,
    ContainerSpec,
    Limits,
    build_spec,
    container_name,
    network_name,
    volume_name,
    worker_network_name,
)
from shared.ids import TenantId, new_tenant_id
from shared.structs.workers import WorkerStartInput
from shared.worker_files import DATA_DIR, TOKEN_FILE
from tests.fakes.containers import FakeDriver, FakeEngine
from tests.fakes.programs import SLEEP, Program
from tests.fakes.real_engine import RealEngine, open_real_engine

TOKEN = "t"


class Outside(Protocol):
    """What people and machines do to an engine behind our back."""

    def occupy_container(self, name: str) -> None: ...
    def occupy_volume(self, name: str) -> None: ...
    def occupy_network(self) -> None: ...
    def drop_network(self) -> None: ...
    def pause(self, container: str) -> None: ...
    def fill_volume(self, tenant_id: TenantId, size: int) -> None: ...
    def read_token(self, container: str) -> str: ...
    def replace_token(self, tenant_id: TenantId) -> None: ...
    def describe(self, container: str) -> str: ...
    def list_networks(self) -> set[str]: ...


class FakeOutside:
    def __init__(self, engine: FakeEngine, instance: str) -> None:
        self._engine = engine
        self._instance = instance

    def occupy_container(self, name: str) -> None:
        self._engine.foreign.add(name)

    occupy_volume = occupy_container

    def occupy_network(self) -> None:
        self._engine.foreign.add(network_name(self._instance))

    def drop_network(self) -> None:
        self._engine.networks.clear()

    def pause(self, container: str) -> None:
        from controlplane.containers.driver import ContainerState

        self._engine.containers[container].state = ContainerState.PAUSED

    def fill_volume(self, tenant_id: TenantId, size: int) -> None:
        self._engine.sizes[tenant_id] = size

    def read_token(self, container: str) -> str:
        found = self._engine.find(container)
        assert found is not None
        return found.token

    def replace_token(self, tenant_id: TenantId) -> None:
        return  # no files here

    def describe(self, container: str) -> str:
        found = self._engine.find(container)
        assert found is not None
        return repr(found.spec)

    def list_networks(self) -> set[str]:
        return set(self._engine.networks)


class RealOutside:
    """Foreign objects bear our instance's name nowhere, so they are removed by hand."""

    def __init__(self, engine: RealEngine, image: str) -> None:
        self._engine = engine
        self._client = engine.client
        self._image = image
        self.undo: list[tuple[str, str]] = []

    def occupy_container(self, name: str) -> None:
        self._client.create_container_from_config({"Image": self._image}, name)
        self.undo.append(("remove_container", name))

    def occupy_volume(self, name: str) -> None:
        self._client.create_volume(name)
        self.undo.append(("remove_volume", name))

    def occupy_network(self) -> None:
        self._client.create_network(network_name(self._engine.instance))

    def drop_network(self) -> None:
        for found in self._client.networks(
            filters={"label": f"{INSTANCE}={self._engine.instance}"}
        ):
            self._client.remove_network(found["Id"])

    def pause(self, container: str) -> None:
        self._client.pause(container)

    def fill_volume(self, tenant_id: TenantId, size: int) -> None:
        self._run(tenant_id, f"head -c {size} /dev/zero >/data/full")

    def read_token(self, container: str) -> str:
        stream, _ = self._client.get_archive(container, f"{DATA_DIR}/{TOKEN_FILE}")
        with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
            (entry,) = archive.getmembers()
            assert (entry.uid, entry.gid, S_IMODE(entry.mode)) == (10001, 10001, 0o400)
            file = archive.extractfile(entry)
            assert file is not None, "it is a file"
            return file.read().decode()

    def replace_token(self, tenant_id: TenantId) -> None:
        self._run(tenant_id, f"cd /data; rm {TOKEN_FILE}; ln -s /etc/hostname {TOKEN_FILE}")

    def describe(self, container: str) -> str:
        return json.dumps(self._client.inspect_container(container))

    def list_networks(self) -> set[str]:
        filters = {"label": f"{INSTANCE}={self._engine.instance}"}
        return {found["Name"] for found in self._client.networks(filters=filters)}

    def _run(self, tenant_id: TenantId, script: str) -> None:
        """As root, for the volume of an image without /data is nobody's else."""
        writer = self._client.create_container(
            self._image,
            entrypoint=["sh", "-c", script],
            user="0",
            host_config=self._client.create_host_config(
                binds=[f"{volume_name(tenant_id)}:/data"], network_mode="none"
            ),
        )["Id"]
        self._client.start(writer)
        assert self._client.wait(writer)["StatusCode"] == 0
        self._client.remove_container(writer)


class Bench:
    """One engine, a driver to it, and a tenant whose container is made there."""

    def __init__(
        self,
        driver: ContainerDriver,
        other: ContainerDriver,
        outside: Outside,
        instance: str,
        image: str,
    ) -> None:
        self.driver = driver
        self.other_instance = other
        self.outside = outside
        self.instance = instance
        self.image = image
        self.tenant_id: TenantId = new_tenant_id()

    @property
    def name(self) -> str:
        return container_name(self.tenant_id)

    @property
    def volume(self) -> str:
        return volume_name(self.tenant_id)

    def spec(self, program: Program = SLEEP, *, image: str | None = None) -> ContainerSpec:
        start = WorkerStartInput(
            tenant_id=self.tenant_id,
            generation=1,
            session_generation=1,
            image=image or self.image,
            network=worker_network_name(self.tenant_id),
            gateway_url="ws://gateway",
            environment=program.environment,
        )
        limits = Limits(memory_bytes=32 << 20, stop_grace=timedelta(seconds=1))
        return build_spec(start, instance=self.instance, limits=limits)

    async def create(
        self, program: Program = SLEEP, *, token: str = TOKEN, generation: int = 1
    ) -> str:
        await self.driver.ensure_network()
        spec = self.spec(program)
        return await self.driver.create_container(spec, generation=generation, token=token)

    async def start(self, program: Program = SLEEP) -> str:
        container = await self.create(program)
        await self.driver.start_container(container)
        return container


@pytest.fixture(scope="session")
def real_engine() -> Iterator[tuple[RealEngine, str]]:
    with open_real_engine() as engine:
        if engine is None:
            pytest.skip("no engine with a base image answers")
        yield engine, engine.build_image()


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.docker)])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "fake":
        engine = FakeEngine()
        engine.images["worker:1"] = "sha256:1"
        drivers = [FakeDriver(engine, instance=name) for name in ("here", "there")]
        yield Bench(drivers[0], drivers[1], FakeOutside(engine, "here"), "here", "worker:1")
        return
    real, image = request.getfixturevalue("real_engine")
    outside = RealOutside(real, image)
    ours = DockerDriver(instance=real.instance, base_url="unix:///var/run/docker.sock")
    other = DockerDriver(instance="nobody", base_url="unix:///var/run/docker.sock")
    try:
        yield Bench(ours, other, outside, real.instance, image)
    finally:
        await ours.aclose()
        await other.aclose()
        for verb, name in outside.undo:
            getattr(real.client, verb)(name)
        real.clear_objects()
