"""One Docker engine behind the container port. Besides what reads
its streams, nothing else imports docker.
"""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from ipaddress import IPv4Network
from typing import Any, TypeVar

import requests
from docker.api.client import APIClient
from docker.errors import APIError, DockerException, NotFound

from controlplane.containers.docker_views import (
    is_ours,
    read_inspected,
    read_listed,
    read_network,
    read_volume,
)
from controlplane.containers.driver import (
    ContainerState,
    ObservedContainer,
    ObservedNetwork,
    ObservedVolume,
)
from controlplane.containers.log_following import follow_log
from controlplane.containers.log_lines import to_line
from controlplane.containers.spec import (
    INSTANCE,
    ContainerSpec,
    network_name,
    render_body,
    render_labels,
    render_network,
    render_worker_network,
    volume_name,
    worker_network_name,
)
from controlplane.containers.subnets import POOL, list_free
from controlplane.containers.token_file import pack_token
from shared.errors import ContainerRuntimeError, ForeignContainerError
from shared.ids import TenantId
from shared.worker_files import DATA_DIR

ResultT = TypeVar("ResultT")

# More creates and starts in flight only add latency: seven a second on two cores, from four up.
MUTATIONS_PER_CORE = 2
# A stop mostly waits for the worker to drain; a slow one must not hold up the others.
STOPS_PER_CORE = 8
READS = 4
CALL_TIMEOUT = timedelta(seconds=60)
# What a `404` names when the thing is gone, and what a kill says of one that has ended.
GONE = (HTTPStatus.NOT_FOUND,)
# How the engine's local volumes refuse a size (moby, volume/local).
_NO_QUOTA = "no quota support"
NOT_RUNNING = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


class DockerDriver:
    """Blocking calls run in bounded pools of this driver's own, one client per thread."""

    def __init__(
        self,
        *,
        instance: str,
        base_url: str,
        call_timeout: timedelta = CALL_TIMEOUT,
        subnets: IPv4Network = POOL,
    ) -> None:
        self._subnets = subnets
        self._instance = instance
        self._base_url = base_url
        self._call_timeout = call_timeout
        # Until the engine says that its file system has none.
        self._has_quota = True
        self._local = threading.local()
        self._clients: list[APIClient] = []
        cores = os.cpu_count() or 1
        self._mutations = ThreadPoolExecutor(MUTATIONS_PER_CORE * cores, "docker-mutation")
        self._stops = ThreadPoolExecutor(STOPS_PER_CORE * cores, "docker-stop")
        self._reads = ThreadPoolExecutor(READS, "docker-read")
        # Of its own: measuring takes long, and nobody who reads should wait for it.
        self._measures = ThreadPoolExecutor(1, "docker-measure")

    async def aclose(self) -> None:
        """Containers keep running. Waits for calls in flight, which have their own timeouts."""
        for pool in (self._mutations, self._stops, self._reads, self._measures):
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)
        for client in self._clients:
            client.close()

    async def ping(self) -> None:
        await self._read(lambda client: client.ping())

    async def get_engine_version(self) -> str:
        return str((await self._read(lambda client: client.version()))["Version"])

    async def find_image_id(self, image: str) -> str | None:
        try:
            found = await self._read(lambda client: client.inspect_image(image))
        except _GoneError:
            return None
        return str(found["Id"])

    async def ensure_network(self) -> ObservedNetwork:
        return await self._mutate(self._ensure_network)

    async def list_containers(self) -> list[ObservedContainer]:
        filters = {"label": f"{INSTANCE}={self._instance}"}
        found = await self._read(lambda client: client.containers(all=True, filters=filters))
        return [seen for seen in map(read_listed, found) if seen is not None]

    async def inspect_container(self, container: str) -> ObservedContainer | None:
        try:
            found = await self._read(lambda client: client.inspect_container(container))
        except _GoneError:
            return None
        ours = is_ours(found["Config"].get("Labels"), self._instance)
        return read_inspected(found) if ours else None

    async def create_container(self, spec: ContainerSpec, *, generation: int, token: str) -> str:
        body = render_body(spec, generation=generation)
        await self._mutate(partial(self._ensure_worker_network, spec))
        return await self._mutate(partial(self._create, spec.name, body, pack_token(token)))

    async def start_container(self, container: str) -> None:
        await self._mutate(partial(_start, container))

    async def stop_container(self, container: str, *, grace: timedelta) -> None:
        await self._run(
            self._stops,
            lambda client: client.stop(container, timeout=round(grace.total_seconds())),
            done=GONE,
        )

    async def kill_container(self, container: str) -> None:
        await self._mutate(lambda client: client.kill(container), done=NOT_RUNNING)

    async def remove_container(self, container: str) -> None:
        # v: anonymous volumes only; the session is a named one and stays.
        await self._mutate(lambda client: client.remove_container(container, v=True), done=GONE)

    async def tail_log(self, container: str, *, lines: int) -> list[str]:
        try:
            text = await self._read(
                lambda client: client.logs(container, stdout=True, stderr=True, tail=lines)
            )
        except _GoneError:
            return []
        return [to_line(line) for line in bytes(text).splitlines()]

    def follow_log(
        self, container: str, *, lines: int, quiet: timedelta
    ) -> AsyncGenerator[list[str], None]:
        return follow_log(self._base_url, container, lines=lines, quiet=quiet)

    async def ensure_volume(self, tenant_id: TenantId, *, size: int) -> None:
        await self._mutate(partial(self._ensure_volume, tenant_id, size))

    async def remove_network(self, tenant_id: TenantId) -> None:
        name = worker_network_name(tenant_id)
        await self._mutate(partial(self._remove_network, name), done=GONE)

    async def remove_volume(self, tenant_id: TenantId) -> None:
        await self._mutate(partial(self._remove_volume, volume_name(tenant_id)), done=GONE)

    async def list_volumes(self) -> list[ObservedVolume]:
        filters = {"label": f"{INSTANCE}={self._instance}"}
        found = await self._read(lambda client: client.volumes(filters=filters))
        seen = (read_volume(volume) for volume in found["Volumes"] or [])
        return [volume for volume in seen if volume is not None]

    async def measure_volumes(self) -> dict[TenantId, int]:
        found = await self._run(self._measures, _get_disk_usage)
        measured = {}
        for volume in found.get("Volumes") or []:
            if not is_ours(volume.get("Labels"), self._instance):
                continue
            seen = read_volume(volume)
            # -1: the engine could not count it.
            size = (volume.get("UsageData") or {}).get("Size", -1)
            if seen is not None and size >= 0:
                measured[seen.tenant_id] = int(size)
        return measured

    def _ensure_network(self, client: APIClient) -> ObservedNetwork:
        name = network_name(self._instance)
        found = self._find_network(client, name)
        if found is None:
            body = render_network(self._instance)
            # docker-py's own method cannot say CheckDuplicate together with every option.
            client.create_network(
                name,
                driver=body["Driver"],
                options=body["Options"],
                labels=body["Labels"],
                check_duplicate=body["CheckDuplicate"],
            )
            found = client.inspect_network(name)
        return read_network(found)

    def _ensure_worker_network(self, spec: ContainerSpec, client: APIClient) -> None:
        if self._find_network(client, spec.network) is not None:
            return
        problem = "there are none"
        for number, subnet in list_free(spec.tenant_id, self._subnets, _list_subnets(client)):
            body = render_worker_network(
                self._instance, spec.tenant_id, number=number, subnet=subnet
            )
            try:
                client.create_network(
                    body["Name"],
                    driver=body["Driver"],
                    options=body["Options"],
                    labels=body["Labels"],
                    check_duplicate=body["CheckDuplicate"],
                    ipam=body["IPAM"],
                )
            except APIError as error:
                if error.status_code == HTTPStatus.CONFLICT:
                    return  # another call of ours was faster
                if error.status_code != HTTPStatus.FORBIDDEN:
                    raise
                problem = _explain(error)  # somebody took it meanwhile, or has its bridge
            else:
                return
        raise ContainerRuntimeError(f"no subnet of {self._subnets} is free: {problem}")

    def _remove_network(self, name: str, client: APIClient) -> None:
        if self._find_network(client, name) is not None:
            client.remove_network(name)

    def _find_network(self, client: APIClient, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = client.inspect_network(name)
        except NotFound:
            return None
        self._require_ours(found.get("Labels"), f"network {name}")
        return found

    def _create(self, name: str, body: dict[str, Any], token: bytes, client: APIClient) -> str:
        try:
            made = str(client.create_container_from_config(body, name)["Id"])
        except APIError as error:
            if error.status_code != HTTPStatus.CONFLICT:
                raise
            made = self._take_over(name, body, client)
        # Before its first start. When this fails, it stays created, and is created again.
        client.put_archive(made, DATA_DIR, token)
        return made

    def _take_over(self, name: str, body: dict[str, Any], client: APIClient) -> str:
        """The name is taken. Ours, of this spec and never started, because the call that made
        it did not get to its end: adopted. Anything else of ours makes way; its token is no
        longer good.
        """
        found = client.inspect_container(name)
        labels = found["Config"]["Labels"]
        self._require_ours(labels, f"container {name}")
        same_labels = body["Labels"].items() <= labels.items()
        if same_labels and found["State"]["Status"] == ContainerState.CREATED:
            return str(found["Id"])
        client.stop(found["Id"], timeout=body["StopTimeout"])
        client.remove_container(found["Id"], v=True)
        return str(client.create_container_from_config(body, name)["Id"])

    def _ensure_volume(self, tenant_id: TenantId, size: int, client: APIClient) -> None:
        name = volume_name(tenant_id)
        labels = render_labels(self._instance, tenant_id)
        # An existing volume of this name is returned as it is, labels and all.
        made = self._create_volume(client, name, labels, size)
        self._require_ours(made.get("Labels"), f"volume {name}")

    def _create_volume(
        self, client: APIClient, name: str, labels: dict[str, str], size: int
    ) -> dict[str, Any]:
        if self._has_quota:
            try:
                options = {"size": str(size)}
                return dict(client.create_volume(name, driver_opts=options, labels=labels))
            except APIError as error:
                if _NO_QUOTA not in str(error.explanation):
                    raise
                self._has_quota = False
        return dict(client.create_volume(name, labels=labels))

    def _remove_volume(self, name: str, client: APIClient) -> None:
        self._require_ours(client.inspect_volume(name).get("Labels"), f"volume {name}")
        client.remove_volume(name)

    def _require_ours(self, labels: dict[str, str] | None, what: str) -> None:
        if not is_ours(labels, self._instance):
            raise ForeignContainerError(f"{what} exists and is not of instance {self._instance}")

    async def _read(self, call: Callable[[APIClient], Any]) -> Any:
        return await self._run(self._reads, call, gone_is_error=True)

    async def _mutate(
        self, call: Callable[[APIClient], ResultT], *, done: tuple[HTTPStatus, ...] = ()
    ) -> ResultT:
        done_as_asked: ResultT = await self._run(self._mutations, call, done=done)
        return done_as_asked

    async def _run(
        self,
        pool: ThreadPoolExecutor,
        call: Callable[[APIClient], Any],
        *,
        done: tuple[HTTPStatus, ...] = (),
        gone_is_error: bool = False,
    ) -> Any:
        """`done`: refusals that mean that what was asked is already so."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(pool, lambda: call(self._client()))
        except APIError as error:
            if error.status_code in done:
                return None
            if gone_is_error and error.status_code == HTTPStatus.NOT_FOUND:
                raise _GoneError(str(error.explanation)) from error
            raise ContainerRuntimeError(_explain(error)) from error
        except (DockerException, requests.RequestException) as error:
            raise ContainerRuntimeError(f"the engine did not answer: {error}") from error

    def _client(self) -> APIClient:
        client: APIClient | None = getattr(self._local, "client", None)
        if client is None:
            timeout = round(self._call_timeout.total_seconds())
            client = self._local.client = APIClient(base_url=self._base_url, timeout=timeout)
            self._clients.append(client)
        return client


class _GoneError(ContainerRuntimeError):
    """What was to be read is not there."""


def _list_subnets(client: APIClient) -> list[IPv4Network]:
    """Of all networks of the engine."""
    configs = [
        config
        for network in client.networks()
        for config in (network.get("IPAM") or {}).get("Config") or []
    ]
    texts = [config.get("Subnet") or "" for config in configs]
    return [IPv4Network(text, strict=False) for text in texts if "." in text]


def _get_disk_usage(client: APIClient) -> dict[str, Any]:
    """Of volumes alone where the engine knows how (API 1.42); an older one measures images too."""
    path = client._url("/system/df")  # noqa: SLF001  docker-py's own `df` cannot name a type
    answer = client._get(path, params={"type": "volume"})  # noqa: SLF001
    return dict(client._result(answer, json=True))  # noqa: SLF001


def _start(container: str, client: APIClient) -> None:
    try:
        client.start(container)
    except APIError as error:
        if error.status_code == HTTPStatus.CONFLICT and _is_paused(client, container):
            client.unpause(container)
            return
        _remove_corpse(client, container)
        raise


def _is_paused(client: APIClient, container: str) -> bool:
    return bool(client.inspect_container(container)["State"]["Paused"])


def _remove_corpse(client: APIClient, container: str) -> None:
    """An engine that answers has decided: what does not run now never will, as it is."""
    try:
        state = client.inspect_container(container)["State"]
    except NotFound:
        return
    if not state["Running"]:
        client.remove_container(container, v=True)


def _explain(error: APIError) -> str:
    return str(error.explanation or error)
