"""What one installation has on the engine: the workers' network, containers and volumes."""

import contextlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from docker.api.client import APIClient
from docker.errors import APIError, NotFound

from launcher import engine

MANAGED_LABEL = "flowhq.managed=1"
INSTANCE_KEY = "flowhq.instance"
STOP_GRACE_SECONDS = 20  # what the control plane gives a worker to drain
STOPS_AT_ONCE = 8


def find_gateway(address: str, instance: str) -> str | None:
    """The host's own address on the workers' bridge; None before the network exists."""
    with contextlib.closing(engine.connect(address)) as client:
        try:
            network = client.inspect_network(f"flowhq-{instance}")
        except NotFound:
            return None
    gateways = [config.get("Gateway") for config in network["IPAM"]["Config"]]
    return next((str(gateway) for gateway in gateways if gateway), None)


def stop_containers(address: str, instance: str) -> int:
    """Stops the running ones, side by side; how many that were."""
    with contextlib.closing(engine.connect(address)) as client:
        running = client.containers(filters=_ours(instance))
    _each(address, [seen["Id"] for seen in running], _stop)
    return len(running)


def remove_objects(address: str, instance: str) -> dict[str, int]:
    """Removes containers, then the volumes and networks that they held; how many of each."""
    with contextlib.closing(engine.connect(address)) as client:
        containers = [seen["Id"] for seen in client.containers(all=True, filters=_ours(instance))]
        _each(address, containers, _remove)
        volumes = client.volumes(filters=_ours(instance))["Volumes"] or []
        for volume in volumes:
            with contextlib.suppress(NotFound):
                client.remove_volume(volume["Name"], force=True)
        networks = client.networks(filters=_ours(instance))
        for network in networks:
            with contextlib.suppress(NotFound):
                client.remove_network(network["Id"])
    return {"containers": len(containers), "volumes": len(volumes), "networks": len(networks)}


def other_instances(address: str, instance: str | None) -> set[str]:
    """Other installations that have something on this engine."""
    with contextlib.closing(engine.connect(address)) as client:
        managed = {"label": [MANAGED_LABEL]}
        objects: list[dict[str, Any]] = [
            *client.containers(all=True, filters=managed),
            *(client.volumes(filters=managed)["Volumes"] or []),
            *client.networks(filters=managed),
        ]
    named = {(seen.get("Labels") or {}).get(INSTANCE_KEY) for seen in objects}
    return {str(name) for name in named if name and name != instance}


def runs_anything(address: str) -> bool:
    with contextlib.closing(engine.connect(address)) as client:
        return bool(client.containers())


def _ours(instance: str) -> dict[str, list[str]]:
    return {"label": [MANAGED_LABEL, f"{INSTANCE_KEY}={instance}"]}


def _each(address: str, ids: Iterable[str], act: Callable[[APIClient, str], None]) -> None:
    def one(container: str) -> None:
        with contextlib.closing(engine.connect(address)) as client:
            act(client, container)

    with ThreadPoolExecutor(STOPS_AT_ONCE) as pool:
        list(pool.map(one, ids))


def _stop(client: APIClient, container: str) -> None:
    with contextlib.suppress(NotFound):
        client.stop(container, timeout=STOP_GRACE_SECONDS)


def _remove(client: APIClient, container: str) -> None:
    try:
        client.remove_container(container, force=True)
    except APIError as error:
        # Gone, or already on its way: both are what was wanted.
        if error.status_code not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
            raise
