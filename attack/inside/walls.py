"""What a taken worker can reach, see and become, from inside a container like its own."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import Ground
from attack.inside.cell import in_cell
from attack.inside.tokens import find_shown, read_token
from attack.inside.world import PORTS, PUBLIC, SAID, World, find_obstacle, standing_in

SPEC = "containers (controlplane/containers/spec.py)"
FIREWALL = "the host's packet filter (launcher/fence.py)"
# Answers of a system call that the kernel was not asked for, or that it refused outright.
REFUSED = {"EPERM", "EACCES", "ENOSYS"}
READ_ONLY = "ro"
SECCOMP_FILTER = "2"


async def neighbours(ground: Ground) -> Outcome:
    """Other workers, by address."""
    addresses = await _list_addresses(ground)
    async with in_cell(ground) as cell:
        targets = [(each, port) for each in addresses.values() for port in (9, 22, 80, 8090)]
        seen = await cell.probe("reach", targets)
    # Nothing listens there: a worker that can be reached refuses.
    breaches = [
        f"{where}: {outcome}"
        for where, outcome in seen.items()
        if outcome.startswith("open") or outcome == "ECONNREFUSED"
    ]
    return Outcome(saw=f"{len(targets)} ports of {len(addresses)} other workers", breaches=breaches)


async def names(ground: Ground) -> Outcome:
    """Other workers and services, by name; and whose an address is."""
    if obstacle := find_obstacle():
        # Else questions that the engine cannot answer itself would leave the machine.
        raise NotTriedError(f"names have no server of the attack's own: {obstacle}")
    addresses = await _list_addresses(ground)
    async with in_cell(ground, resolver=PUBLIC) as cell, standing_in(cell.bridge):
        asked = [*addresses, *addresses.values(), "postgres", "controlplane", "portal"]
        seen: Mapping[str, str] = await cell.probe("names", asked)
    breaches = [f"{each} is told to be {answer}" for each, answer in seen.items() if answer]
    return Outcome(saw=f"{len(seen)} names and addresses", breaches=breaches)


async def host(ground: Ground) -> Outcome:
    """Services of this machine, one of them careless enough to listen on every address."""
    gateway = ground.target.gateway
    ports = [_port_of(ground.target.api), _port_of(ground.target.portal)]
    ports += [_port_of(ground.target.sandbox)] if ground.target.sandbox else []
    own = _list_own_addresses()
    with careless("0.0.0.0") as port:  # noqa: S104  the careless one
        ports += [port, 22, 2375, 2376, 5432]
        targets = [(address, each) for address in {gateway.host, *own} for each in ports]
        async with in_cell(ground) as cell:
            seen = await cell.probe("reach", [*targets, (gateway.host, gateway.port)])
    reached = seen.pop(f"{gateway.host}:{gateway.port}")
    breaches = [f"{where}: {said}" for where, said in seen.items() if said.startswith("open")]
    if not reached.startswith("open"):
        breaches.append(f"the gateway itself is not reached ({reached}): nothing was looked at")
    return Outcome(saw=f"{len(targets)} ports of this machine", breaches=breaches)


async def gateway_elsewhere(ground: Ground) -> Outcome:
    """The gateway's port on another address of this machine, where it is another service's."""
    async with in_cell(ground) as cell, standing_in(cell.bridge) as world:
        with careless(world.here, ground.target.gateway.port) as port:
            seen = await cell.probe("reach", [(world.here, port)])
    breaches = [f"{where}: {said}" for where, said in seen.items() if said.startswith("open")]
    return Outcome(saw=f"port {port} of another address of this machine", breaches=breaches)


async def outside(ground: Ground) -> Outcome:
    """A cloud's metadata and private networks, beside a public address; all of them stand-ins."""
    async with in_cell(ground) as cell, standing_in(cell.bridge) as world:
        forbidden = [world.metadata, *world.private]
        targets = [(each, port) for each in [world.public, *forbidden] for port in PORTS]
        seen: dict[str, str] = await cell.probe("reach", targets)
    return _judge_outside(world, forbidden, seen)


def _judge_outside(world: World, forbidden: list[str], seen: dict[str, str]) -> Outcome:
    if not any(SAID in seen[f"{world.public}:{port}"] for port in PORTS):
        return Outcome(
            saw=f"a public address answered {seen[f'{world.public}:{PORTS[0]}']}",
            untried="not even a public stand-in was reached, so that closed doors say nothing",
        )
    breaches = [
        f"{each}:{port}: {seen[f'{each}:{port}']}"
        for each in forbidden
        for port in PORTS
        if seen[f"{each}:{port}"].startswith("open") or seen[f"{each}:{port}"] == "ECONNREFUSED"
    ]
    return Outcome(
        saw=f"{len(forbidden)} addresses closed, and a public one open", breaches=breaches
    )


async def rights(ground: Ground) -> Outcome:
    """Users, groups and capabilities."""
    async with in_cell(ground) as cell:
        seen = await cell.probe("identity")
        network = await cell.probe("network")
    breaches = [
        f"{name} is {seen[name]:x}" for name in seen if name.startswith("Cap") and seen[name]
    ]
    if "0" in seen["uids"] or "0" in seen["groups"]:
        breaches.append(f"it is root: users {seen['uids']}, groups {seen['groups']}")
    if seen["no_new_privs"] != "1":
        breaches.append("a program may give it rights that it has not")
    if seen["seccomp"] != SECCOMP_FILTER:
        breaches.append("no filter of system calls is on")
    if [each for each in network["ipv6"] if each != "lo"]:
        breaches.append(f"it has an IPv6 address, which no fence is for: {network['ipv6']}")
    return Outcome(saw="user, groups, capabilities, addresses", breaches=breaches)


async def system_calls(ground: Ground) -> Outcome:
    """Calls that a worker never needs, and that kernels were broken through."""
    async with in_cell(ground) as cell:
        seen: Mapping[str, str] = await cell.probe("calls")
    breaches = [f"{name}: {outcome}" for name, outcome in seen.items() if outcome not in REFUSED]
    return Outcome(saw=f"{len(seen)} system calls", breaches=breaches)


async def mounts(ground: Ground) -> Outcome:
    """What can be written and run, and what was mounted."""
    async with in_cell(ground) as cell:
        seen: dict[str, Any] = await cell.probe("files")
    breaches = [f"{each} can be written" for each in seen["writable"]]
    breaches += [f"a program was run from {each}" for each in seen["runs"]]
    breaches += [f"{each} changes the user who runs it" for each in seen["setuid"]]
    breaches += [f"{each} is there" for each in seen["sockets"]]
    breaches += [f"the device {each} is there" for each in seen["devices"]]
    if READ_ONLY not in seen["mounts"].get("/", "").split(","):
        breaches.append(f"its root can be written: {seen['mounts'].get('/')}")
    saw = f"{len(seen['mounts'])} mounts, programs that change the user, sockets, devices"
    return Outcome(saw=saw, breaches=breaches)


async def kernel(ground: Ground) -> Outcome:
    """Other processes, and switches of the kernel."""
    async with in_cell(ground) as cell:
        seen: dict[str, Any] = await cell.probe("processes")
    breaches = [f"{each} can be written" for each in seen["kernel"]]
    breaches += [f"{each} can be read" for each in seen["memory"]]
    breaches += [f"the variables of process {each} can be read" for each in seen["environments"]]
    foreign = set(seen["programs"]) - {"python", "python3", "docker-init", "tini", "sh", ""}
    if foreign:
        breaches.append(f"processes of others are seen: {sorted(foreign)}")
    return Outcome(saw=f"/proc with {seen['programs']}", breaches=breaches)


async def secrets_of_engine(ground: Ground) -> Outcome:
    """What whoever may look at the engine is shown of a worker, and what is in its variables."""
    seen = await asyncio.to_thread(
        ground.engine.inspect_container, f"flowhq-worker-{ground.beta.id}"
    )
    token = await read_token(ground, seen["Id"])
    return Outcome(saw="the container's description", breaches=find_shown(seen, token))


@contextmanager
def careless(address: str, port: int = 0) -> Iterator[int]:
    """The port of a service that listens there. Raises NotTriedError."""
    try:
        server = socket.create_server((address, port))
    except OSError as error:
        raise NotTriedError(f"nothing can listen on {address}:{port}: {error}") from error
    with closing(server):
        yield int(server.getsockname()[1])


async def _list_addresses(ground: Ground) -> dict[str, str]:
    """By container's name, of all workers that run. Raises NotTriedError."""
    listed = await asyncio.to_thread(
        ground.engine.containers, filters={"label": f"flowhq.instance={ground.target.instance}"}
    )
    found = {
        each["Names"][0].lstrip("/"): network["IPAddress"]
        for each in listed
        for network in each["NetworkSettings"]["Networks"].values()
        if network["IPAddress"]
    }
    if not found:
        raise NotTriedError("no other worker runs")
    return found


def _list_own_addresses() -> set[str]:
    """The address that this machine would speak to the world from; nothing is sent."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # TEST-NET-1
        return {str(probe.getsockname()[0])}
    return set()


def _port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


CHECKS = [
    Check(
        name="inside.neighbours",
        fence="a network for each worker (controlplane/containers/spec.py)",
        expects="no way to any other worker",
        attack=neighbours,
    ),
    Check(
        name="inside.names",
        fence="names on the workers' network (controlplane/containers/spec.py)",
        expects="no answer to the names and addresses of neighbours and services",
        attack=names,
    ),
    Check(
        name="inside.host",
        fence=FIREWALL,
        expects="of this machine the gateway, and nothing else",
        attack=host,
    ),
    Check(
        name="inside.gateway-elsewhere",
        fence=FIREWALL,
        expects="the gateway's port on the bridge's address alone",
        attack=gateway_elsewhere,
    ),
    Check(
        name="inside.outside",
        fence=FIREWALL,
        expects="public addresses, and neither a cloud's metadata nor private networks",
        attack=outside,
        budget=timedelta(seconds=45),
    ),
    Check(
        name="inside.rights",
        fence=SPEC,
        expects="a plain user without groups, capabilities or a way to get any",
        attack=rights,
    ),
    Check(
        name="inside.system-calls",
        fence="the filter of system calls (controlplane/containers/seccomp.json)",
        expects="a refusal of whatever a worker never needs",
        attack=system_calls,
    ),
    Check(
        name="inside.mounts",
        fence=SPEC,
        expects="a root that is read-only, a volume and a /tmp that nothing is run from",
        attack=mounts,
    ),
    Check(
        name="inside.kernel",
        fence=SPEC,
        expects="its own processes, and no switch of the kernel",
        attack=kernel,
    ),
    Check(
        name="inside.token",
        fence="workers' tokens (controlplane/containers/token_file.py)",
        expects="no token for whoever may look at the engine",
        attack=secrets_of_engine,
    ),
]
