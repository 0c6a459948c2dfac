"""Stand-ins for addresses outside the platform, in a network namespace of the attack's own.

What a container sends to them is routed here instead of out of the machine: only what comes
from the workers' bridge, and only to these addresses.
"""

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from subprocess import DEVNULL, PIPE

import msgspec

from attack.errors import NotTriedError
from attack.platform.local import run_tool
from launcher import environment, host

# RFC 5737 and 2544 keep these for documentation and for benchmarks: nobody has them.
PUBLIC = "203.0.113.77"
HERE, THERE = "198.18.77.1", "198.18.77.2"
METADATA = "169.254.169.254"
PRIVATE = ("10.253.77.7", "172.30.77.7", "192.168.253.7", "100.64.77.7", "169.254.77.7")
PORTS = (80, 443, 5432)
SAID = "a stand-in of the attack"
READY_TIME = 10.0
PREFERENCE = "77"
# Ends with the attack: the pipe to it is closed then, however it ends.
SERVER = """
import selectors, socket, sys
chosen = selectors.DefaultSelector()
for port in map(int, sys.argv[2:]):
    server = socket.create_server(("0.0.0.0", port))
    chosen.register(server, selectors.EVENT_READ)
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("0.0.0.0", 53))
chosen.register(names, selectors.EVENT_READ)
chosen.register(sys.stdin, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in chosen.select():
        if key.fileobj is sys.stdin:
            sys.exit()
        if key.fileobj is names:
            asked, who = names.recvfrom(2048)
            # The same question, as a response: there is no such name (RFC 1035, 4.1.1).
            names.sendto(asked[:2] + bytes([0x81, 0x83]) + asked[4:], who)
            continue
        found, _ = key.fileobj.accept()
        found.settimeout(1)
        try:
            found.sendall(sys.argv[1].encode())
            found.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        found.close()
"""


class World(msgspec.Struct, frozen=True, kw_only=True):
    """here: an address of this machine that is not the bridge's."""

    here: str = HERE
    public: str = PUBLIC
    metadata: str = METADATA
    private: tuple[str, ...] = PRIVATE


def find_obstacle() -> str:
    """Why there can be no stand-ins; empty when there can."""
    if os.geteuid() != 0:
        return "only root may make a network namespace"
    if host.find_tool("ip") is None:
        return "ip (iproute2) is not installed"
    return ""


@asynccontextmanager
async def standing_in(bridge: str) -> AsyncIterator[World]:
    """bridge: the workers' network interface. Raises NotTriedError."""
    obstacle = find_obstacle()
    if obstacle:
        raise NotTriedError(f"addresses outside the platform have no stand-in: {obstacle}")
    mark = secrets.token_hex(3)
    name, outer, inner = f"fhq-attack-{mark}", f"fhqa{mark}", f"fhqb{mark}"
    table = str(1000 + secrets.randbelow(30_000))
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(_forgive, ["ip", "netns", "del", name])
        stack.push_async_callback(_forgive, ["ip", "link", "del", outer])
        for rule in (["iif", bridge], ["from", HERE]):
            undo = ["ip", "rule", "del", *rule, "lookup", table, "pref", PREFERENCE]
            stack.push_async_callback(_forgive, undo)
        await _make(name, outer, inner, table=table, bridge=bridge)
        await stack.enter_async_context(_serving(name))
        yield World()


async def _make(name: str, outer: str, inner: str, *, table: str, bridge: str) -> None:
    everybody = (PUBLIC, METADATA, *PRIVATE)
    commands: list[list[str]] = [
        ["ip", "netns", "add", name],
        ["ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name],
        ["ip", "addr", "add", f"{HERE}/30", "dev", outer],
        ["ip", "link", "set", outer, "up"],
        ["ip", "-n", name, "addr", "add", f"{THERE}/30", "dev", inner],
        ["ip", "-n", name, "link", "set", "lo", "up"],
        ["ip", "-n", name, "link", "set", inner, "up"],
        *(["ip", "-n", name, "addr", "add", f"{each}/32", "dev", "lo"] for each in everybody),
        ["ip", "-n", name, "route", "add", "default", "via", HERE],
        *(
            ["ip", "route", "add", f"{each}/32", "via", THERE, "dev", outer, "table", table]
            for each in everybody
        ),
        # Answers come from addresses that the machine's own table sends elsewhere.
        ["sysctl", "-q", "-w", f"net.ipv4.conf.{outer}.rp_filter=0"],
        ["ip", "rule", "add", "iif", bridge, "lookup", table, "pref", PREFERENCE],
        ["ip", "rule", "add", "from", HERE, "lookup", table, "pref", PREFERENCE],
    ]
    for command in commands:
        try:
            await _run(command)
        except OSError as error:
            raise NotTriedError(f"the stand-ins could not be made: {error}") from error


@asynccontextmanager
async def _serving(name: str) -> AsyncIterator[None]:
    command = [_tool("ip"), "netns", "exec", name, sys.executable, "-IS", "-c", SERVER, SAID]
    process = await asyncio.create_subprocess_exec(
        *command, *map(str, PORTS), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    assert process.stdout is not None, "it is a pipe"
    try:
        async with asyncio.timeout(READY_TIME):
            line = await process.stdout.readline()
        if not line:
            raise NotTriedError("the stand-ins' server did not start")
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _run(command: Sequence[str]) -> None:
    await run_tool([_tool(command[0]), *command[1:]])


async def _forgive(command: Sequence[str]) -> None:
    with contextlib.suppress(OSError):
        await _run(command)


def _tool(name: str) -> str:
    found = host.find_tool(name)
    if found is None:
        raise OSError(f"{name} is not installed")
    return str(found)


async def list_left() -> list[str]:
    """Namespaces and rules of an attack that ended without taking them away."""
    if find_obstacle():
        return []
    environ = environment.for_tools(environment.current())
    names = await run_tool([_tool("ip"), "netns", "list"], environ=environ)
    return [line.split()[0] for line in names.splitlines() if line.startswith("fhq-attack-")]
