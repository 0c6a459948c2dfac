"""The packet filter's rules, by the kernel, between network namespaces of the test's own.

One is the machine, one a worker on its bridge, one a neighbour on its network. Services of the
machine listen on all of its addresses.
"""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from launcher import host
from launcher.paths import ROOT

pytestmark = pytest.mark.skipif(
    not host.is_root() or not host.find_tool("ip") or not host.find_tool("iptables"),
    reason="only root makes network namespaces, with iproute2 and iptables",
)

INSTANCE = "0000beef"
GATEWAY, WORKER = "198.18.90.1", "198.18.90.2"
OUTSIDE, NEIGHBOUR = "198.18.91.1", "198.18.91.2"
OPEN, CLOSED = 8090, 8099
FENCE = "import sys, json; from launcher import fence; {}"
SERVE = """
import socket, sys
servers = [socket.create_server(("0.0.0.0", int(port))) for port in sys.argv[1:]]
print("ready", flush=True)
sys.stdin.read()
"""
REACH = """
import json, socket, sys
seen = []
for address, port in json.loads(sys.argv[1]):
    try:
        socket.create_connection((address, port), timeout=3).close()
        seen.append(f"{address}:{port}")
    except OSError:
        pass
print(json.dumps(seen))
"""


class Ground(msgspec.Struct, frozen=True):
    mark: str

    def name(self, place: str) -> str:
        return f"fhq-test-{self.mark}-{place}"

    def run(self, place: str, *command: str) -> str:
        done = subprocess.run(  # noqa: S603  our own
            [_ip(), "netns", "exec", self.name(place), *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def fence(self, call: str) -> str:
        return self.run("machine", sys.executable, "-c", FENCE.format(call))

    def put_up(self, gateway: str | None = GATEWAY) -> None:
        self.fence(f"fence.put_up({INSTANCE!r}, ports=[{OPEN}], gateway={gateway!r})")

    def missing(self) -> list[str]:
        call = f"fence.list_missing({INSTANCE!r}, ports=[{OPEN}], gateway={GATEWAY!r})"
        found: list[str] = json.loads(self.fence(f"print(json.dumps({call}))"))
        return found

    def reach(self, place: str, *targets: tuple[str, int]) -> list[str]:
        said = self.run(place, sys.executable, "-c", REACH, json.dumps(targets))
        seen: list[str] = json.loads(said)
        return seen


def _ip() -> str:
    found = host.find_tool("ip")
    assert found is not None
    return found


def _call(*arguments: str) -> None:
    subprocess.run([_ip(), *arguments], check=True, capture_output=True)  # noqa: S603  our own


def _join(ground: Ground, other: str, ours: str, addresses: Sequence[str]) -> None:
    """A cable from `other` to the machine, whose end there is called `ours`."""
    machine, place = ground.name("machine"), ground.name(other)
    cable = ("type", "veth", "peer", "name", "eth0", "netns", place)
    _call("link", "add", ours, "netns", machine, *cable)
    for where, device, address in ((machine, ours, addresses[0]), (place, "eth0", addresses[1])):
        _call("-n", where, "address", "add", f"{address}/24", "dev", device)
        _call("-n", where, "link", "set", device, "up")
    _call("-n", place, "route", "add", "default", "via", addresses[0])


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    made = Ground(secrets.token_hex(3))
    places = ("machine", "worker", "neighbour")
    try:
        for place in places:
            _call("netns", "add", made.name(place))
            _call("-n", made.name(place), "link", "set", "lo", "up")
        _join(made, "worker", f"fhq-{INSTANCE}", (GATEWAY, WORKER))
        _join(made, "neighbour", "lan0", (OUTSIDE, NEIGHBOUR))
        made.run("machine", "iptables", "-N", "DOCKER-USER")
        made.run("machine", "iptables", "-A", "FORWARD", "-j", "DOCKER-USER")
        made.run("machine", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        command = [_ip(), "netns", "exec", made.name("machine"), sys.executable, "-c", SERVE]
        with subprocess.Popen(  # noqa: S603  our own
            [*command, str(OPEN), str(CLOSED)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as services:
            assert services.stdout is not None
            assert services.stdout.readline() == b"ready\n"
            yield made
            services.terminate()
    finally:
        for place in places:
            subprocess.run([_ip(), "netns", "delete", made.name(place)], check=False)  # noqa: S603


TARGETS = [(GATEWAY, OPEN), (GATEWAY, CLOSED), (OUTSIDE, OPEN), (OUTSIDE, CLOSED)]
ALL = [f"{address}:{port}" for address, port in TARGETS]


def test_what_is_open_is_open_to_workers_on_the_bridges_address_alone(ground: Ground) -> None:
    assert ground.reach("worker", *TARGETS) == ALL, "without a fence nothing was shown"
    for gateway in (None, GATEWAY):
        ground.put_up(gateway)
        assert ground.reach("worker", *TARGETS) == [f"{GATEWAY}:{OPEN}"]
    ground.fence(f"fence.take_down({INSTANCE!r})")
    assert ground.reach("worker", *TARGETS) == ALL


def test_nobody_else_reaches_the_gateway_and_all_else_is_left_to_the_machine(
    ground: Ground,
) -> None:
    assert ground.reach("neighbour", *TARGETS) == ALL, "without a fence nothing was shown"
    ground.put_up()
    assert ground.reach("neighbour", *TARGETS) == [each for each in ALL if each != ALL[0]]
    assert ground.reach("machine", *TARGETS) == ALL


def test_the_networks_next_door_are_closed(ground: Ground) -> None:
    _call("-n", ground.name("neighbour"), "address", "add", "10.90.0.1/32", "dev", "lo")
    _call("-n", ground.name("machine"), "route", "add", "10.90.0.1/32", "via", NEIGHBOUR)
    command = [_ip(), "netns", "exec", ground.name("neighbour"), sys.executable, "-c", SERVE, "80"]
    with subprocess.Popen(  # noqa: S603  our own
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == b"ready\n"
        targets = [("10.90.0.1", 80), (NEIGHBOUR, 80)]
        ground.put_up()
        assert ground.reach("worker", *targets) == [f"{NEIGHBOUR}:80"]
        service.terminate()


def test_a_rule_that_somebody_removed_is_missed(ground: Ground) -> None:
    ground.put_up()
    assert ground.missing() == []
    ground.run("machine", "iptables", "-D", f"FLOWHQ-{INSTANCE}-IN", "3")
    ground.run("machine", "iptables", "-D", "INPUT", "1")
    missing = ground.missing()
    assert len(missing) == 2
    assert any(f"FLOWHQ-{INSTANCE}-IN -j REJECT" in rule for rule in missing), missing
    assert any(rule.startswith("INPUT ") for rule in missing), missing
    ground.put_up()
    assert ground.missing() == []


def test_safe_to_repeat_and_nothing_stays(ground: Ground) -> None:
    for _ in range(2):
        ground.put_up()
    rules = ground.run("machine", "iptables", "-S", "INPUT")
    assert rules.count("-j FLOWHQ") == 2
    for _ in range(2):
        ground.fence(f"fence.take_down({INSTANCE!r})")
    assert "FLOWHQ" not in ground.run("machine", "iptables-save")
