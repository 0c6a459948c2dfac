"""A network in the very same spec as a worker's: a bridge of its own, on which nobody else is."""

import secrets
from ipaddress import IPv4Network
from typing import Any

import msgspec
from docker.errors import APIError, NotFound

from attack.errors import NotTriedError
from attack.ground import Ground

LABEL = "flowhq.attack"
BRIDGE = "com.docker.network.bridge.name"
TRIES = 50
ADDRESSES_PREFIX = 16


class Network(msgspec.Struct, frozen=True):
    """bridge: the name of the host's interface."""

    name: str
    bridge: str


def copy_network(ground: Ground, name: str, mark: str) -> Network:
    """The new one, called `mark`. Raises NotTriedError."""
    engine = ground.engine
    try:
        found = engine.inspect_network(name)
        first = engine.inspect_network(ground.target.network)
    except NotFound as error:
        raise NotTriedError(f"the worker's network is not there: {error}") from error
    subnet = IPv4Network(found["IPAM"]["Config"][0]["Subnet"])
    problem: object = ""
    for _ in range(TRIES):
        # Names of an installation's bridges begin alike: so the packet filter knows them.
        bridge = f"{first['Options'][BRIDGE]}_{secrets.token_hex(1)}"
        config = {"Subnet": str(_choose(subnet))}
        options: dict[str, Any] = {**found["Options"], BRIDGE: bridge}
        try:
            engine.create_network(
                mark,
                driver=found["Driver"],
                options=options,
                internal=found["Internal"],
                labels={LABEL: ground.run_id},
                ipam={"Driver": "default", "Config": [config]},
            )
        except APIError as error:
            problem = error  # somebody has these addresses, or this bridge
        else:
            return Network(mark, bridge)
    raise NotTriedError(f"the engine made no network like a worker's: {problem}")


def _choose(subnet: IPv4Network) -> IPv4Network:
    """One as large, from the same neighbourhood; perhaps it is taken."""
    around = subnet.supernet(new_prefix=min(ADDRESSES_PREFIX, subnet.prefixlen))
    count = 1 << (subnet.prefixlen - around.prefixlen)
    number = secrets.randbelow(count)
    base = int(around.network_address) + (number << (32 - subnet.prefixlen))
    return IPv4Network((base, subnet.prefixlen))
