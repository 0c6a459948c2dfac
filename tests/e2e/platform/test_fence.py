"""From inside the workers' network: what can be reached, and what cannot."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.e2e.platform.running import Platform

pytestmark = pytest.mark.e2e

_PROBE = """
import json, socket, sys
seen = {}
for host, port in json.loads(sys.argv[1]):
    try:
        socket.create_connection((host, port), timeout=5).close()
        seen[f"{host}:{port}"] = "open"
    except OSError as error:
        seen[f"{host}:{port}"] = type(error).__name__ + ": " + str(error)
print(json.dumps(seen))
"""


@pytest.fixture
def careless() -> Iterator[int]:
    """The port of a service of the host that listens on every address it has."""
    with closing(socket.create_server(("0.0.0.0", 0))) as server:  # noqa: S104  the careless one
        yield server.getsockname()[1]


def _try(platform: Platform, targets: list[tuple[str, int]]) -> dict[str, str]:
    """What a container beside the workers gets from each of the targets."""
    [network] = platform.engine.networks(names=[f"flowhq-{platform.instance}"])
    worker = platform.containers()[0]
    probe = platform.engine.create_container(
        worker["Image"],
        entrypoint=["python", "-c", _PROBE, json.dumps(targets)],
        host_config=platform.engine.create_host_config(network_mode=network["Name"]),
    )
    try:
        platform.engine.start(probe)
        platform.engine.wait(probe, timeout=60)
        seen: dict[str, str] = json.loads(platform.engine.logs(probe, stdout=True, stderr=False))
        return seen
    finally:
        platform.engine.remove_container(probe, force=True)


def _gateway(platform: Platform) -> str:
    [network] = platform.engine.networks(names=[f"flowhq-{platform.instance}"])
    return str(network["IPAM"]["Config"][0]["Gateway"])


def _other_address() -> str:
    """Another address of this machine: the one it would speak to the world from, or Docker's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # TEST-NET: nothing is sent
        return str(probe.getsockname()[0])


def test_a_worker_reaches_the_gateway_and_no_other_service_of_the_host(
    platform: Platform, careless: int
) -> None:
    here, other = _gateway(platform), _other_address()
    seen = _try(platform, [(here, platform.ports[1]), (here, careless), (other, careless)])
    assert seen.pop(f"{here}:{platform.ports[1]}") == "open"
    assert set(seen) == {f"{here}:{careless}", f"{other}:{careless}"}
    assert all("open" not in outcome for outcome in seen.values()), seen


def test_another_worker_cannot_be_reached(platform: Platform) -> None:
    workers = [c for c in platform.containers() if c["State"] == "running"]
    addresses = [
        network["IPAddress"]
        for worker in workers
        for network in worker["NetworkSettings"]["Networks"].values()
    ]
    assert len(addresses) >= 2
    seen = _try(platform, [(address, 9) for address in addresses])
    # A worker that could be reached would refuse: nothing listens there.
    assert not any(outcome == "open" or "refused" in outcome for outcome in seen.values()), seen
