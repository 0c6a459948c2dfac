"""Breaches planted in a container's spec and in the packet filter: each is found, and named."""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from attack.checks import Attack, Outcome
from attack.ground import Ground
from attack.inside import cell, walls
from attack.inside.networks import BRIDGE, Network
from attack.inside.world import METADATA, find_obstacle
from launcher import host

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.docker,
    pytest.mark.skipif(bool(find_obstacle()), reason="needs root and iproute2"),
]


@pytest.fixture
def attack(runner: asyncio.Runner, ground: Ground) -> Callable[[Attack], Outcome]:
    return lambda check: runner.run(check(ground))


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Changes what a worker's container is made of."""
    copy = cell._copy_spec

    def change(**values: Any) -> None:
        def changed(ground: Ground, mark: str) -> dict[str, Any]:
            body = copy(ground, mark)
            return {**body, "HostConfig": {**body["HostConfig"], **values}}

        monkeypatch.setattr(cell, "_copy_spec", changed)

    return change


def chain(ground: Ground, suffix: str) -> str:
    return f"FLOWHQ-{ground.target.instance[:8]}-{suffix}"


@contextmanager
def without_rule(*rule: str) -> Iterator[None]:
    """That rule of the packet filter is missing meanwhile; it comes back at the end of its chain,
    where it does the same: rules before it are about other addresses, or let in.
    """
    _filter("-D", *rule)
    try:
        yield
    finally:
        _filter("-A", *rule)


@contextmanager
def with_rule(*rule: str) -> Iterator[None]:
    _filter("-I", *rule)
    try:
        yield
    finally:
        _filter("-D", *rule)


def _filter(*arguments: str) -> None:
    tool = host.find_tool("iptables")
    assert tool is not None
    subprocess.run([tool, "-w", *arguments], check=True)  # noqa: S603  the test's own


KERNEL_LOG = {
    "PathOnHost": "/dev/kmsg",
    "PathInContainer": "/dev/kmsg",
    "CgroupPermissions": "r",
}
ENGINES_FILTER = ["no-new-privileges:true"]
REJECT = ("-j", "REJECT", "--reject-with", "icmp-admin-prohibited")


@pytest.mark.parametrize(
    "check",
    [
        *(walls.neighbours, walls.host, walls.gateway_elsewhere, walls.outside),
        *(walls.rights, walls.kernel, walls.mounts, walls.system_calls),
        *(walls.secrets_of_engine, walls.names),
    ],
)
def test_a_platform_as_it_should_be_holds(attack, check) -> None:
    outcome = attack(check)
    assert (outcome.breaches, outcome.untried) == ([], "")


def test_a_way_between_containers_is_found(attack, ground) -> None:
    bridge = f"fhq-{ground.target.instance[:8]}+"
    # Before the engine's own rules, which it puts in front again with each network that it makes.
    with with_rule("DOCKER-USER", "-i", bridge, "-o", bridge, "-j", "ACCEPT"):
        breaches = attack(walls.neighbours).breaches
    assert any("ECONNREFUSED" in line for line in breaches)


def test_a_rule_that_is_missing_for_metadata_is_found(attack, ground) -> None:
    with without_rule(chain(ground, "ON"), "-d", "169.254.0.0/16", *REJECT):
        breaches = attack(walls.outside).breaches
    assert any(METADATA in line for line in breaches)
    assert not any(line.startswith("10.") for line in breaches)


def test_a_rule_that_is_missing_for_a_private_network_is_found(attack, ground) -> None:
    with without_rule(chain(ground, "ON"), "-d", "10.0.0.0/8", *REJECT):
        breaches = attack(walls.outside).breaches
    assert any(line.startswith("10.") for line in breaches)


def test_a_rule_that_is_missing_for_the_host_is_found(attack, ground) -> None:
    with without_rule(chain(ground, "IN"), *REJECT):
        breaches = attack(walls.host).breaches
    assert any("open" in line for line in breaches)


@pytest.mark.parametrize(
    ("values", "check", "named"),
    [
        ({"CapAdd": ["NET_RAW"]}, walls.rights, "Cap"),
        ({"CapDrop": []}, walls.rights, "Cap"),
        ({"SecurityOpt": []}, walls.rights, "may give it rights"),
        ({"SecurityOpt": ["seccomp=unconfined"]}, walls.rights, "filter of system calls"),
        ({"SecurityOpt": ENGINES_FILTER}, walls.system_calls, "ptrace"),
        ({"SecurityOpt": ENGINES_FILTER}, walls.mounts, "run from /data"),
        ({"GroupAdd": ["0"]}, walls.rights, "root"),
        ({"ReadonlyRootfs": False}, walls.mounts, "its root can be written"),
        (
            {"Binds": ["/var/run/docker.sock:/var/run/docker.sock"]},
            walls.mounts,
            "docker.sock is there",
        ),
        ({"PidMode": "host"}, walls.kernel, "processes of others"),
        ({"Devices": [KERNEL_LOG]}, walls.mounts, "the device kmsg"),
    ],
    ids=[
        *("a capability", "all capabilities", "new privileges", "any system call"),
        *("the engine's own filter", "programs on the volume", "root's group"),
        *("a root to write", "the engine", "the host's processes", "a device"),
    ],
)
def test_a_spec_that_is_too_wide_is_found(attack, spec, values, check, named) -> None:
    spec(**values)
    assert any(named in line for line in attack(check).breaches)


def test_a_network_that_two_workers_share_is_found_by_its_names(
    attack: Callable[[Attack], Outcome], ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def share(ground: Ground, name: str, _mark: str) -> Network:
        found = ground.engine.inspect_network(name)
        return Network(name, found["Options"][BRIDGE])

    monkeypatch.setattr(cell, "copy_network", share)
    breaches = attack(walls.names).breaches
    assert any(f"flowhq-worker-{ground.beta.id}" in line for line in breaches)
