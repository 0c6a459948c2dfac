"""What a container beside the workers reaches, and where it might try."""

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from docker.api.client import APIClient

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


@contextmanager
def careless_service() -> Iterator[int]:
    """The port of a service of the host that listens on every address it has."""
    with closing(socket.create_server(("0.0.0.0", 0))) as server:  # noqa: S104  the careless one
        yield server.getsockname()[1]


def find_gateway(engine: APIClient, instance: str) -> str:
    [network] = engine.networks(names=[f"flowhq-{instance}"])
    return str(network["IPAM"]["Config"][0]["Gateway"])


def find_other_address() -> str:
    """Another address of this machine: the one it would speak to the world from, or Docker's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # TEST-NET: nothing is sent
        return str(probe.getsockname()[0])


def reach(
    engine: APIClient, instance: str, image: str, targets: Sequence[tuple[str, int]]
) -> dict[str, str]:
    """What a container beside the workers gets from each of the targets."""
    [network] = engine.networks(names=[f"flowhq-{instance}"])
    probe = engine.create_container(
        image,
        entrypoint=["python", "-c", _PROBE, json.dumps(targets)],
        host_config=engine.create_host_config(network_mode=network["Name"]),
    )
    try:
        engine.start(probe)
        engine.wait(probe, timeout=60)
        seen: dict[str, str] = json.loads(engine.logs(probe, stdout=True, stderr=False))
        return seen
    finally:
        engine.remove_container(probe, force=True)
