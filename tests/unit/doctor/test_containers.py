"""What the doctor says of an engine and of containers, by what the engine tells of them."""

import copy
from pathlib import Path
from typing import Any

import pytest

from attack.doctor import containers
from attack.doctor.findings import State

NETWORK = "flowhq-abcd"
WORKER: dict[str, Any] = {
    "Config": {"User": "10001:10001"},
    "Mounts": [{"Type": "volume"}],
    "HostConfig": {
        "Privileged": False,
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": None,
        "SecurityOpt": ["no-new-privileges:true", 'seccomp={"names":[]}'],
        "Memory": 1,
        "MemorySwap": 1,
        "NanoCpus": 1,
        "PidsLimit": 128,
        "PidMode": "",
        "NetworkMode": NETWORK,
        "Devices": [],
        "Binds": None,
        "LogConfig": {"Config": {"max-size": "5m"}},
    },
}


def test_a_worker_as_it_should_be() -> None:
    assert containers.judge_worker(WORKER, network=NETWORK) == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Privileged", True, "privileged"),
        ("ReadonlyRootfs", False, "root can be written"),
        ("CapDrop", [], "keeps capabilities"),
        ("CapAdd", ["NET_RAW"], "NET_RAW"),
        ("SecurityOpt", [], "may give it rights"),
        ("SecurityOpt", ["no-new-privileges:false"], "may give it rights"),
        ("SecurityOpt", ["no-new-privileges:true", "apparmor=unconfined"], "unconfined"),
        ("SecurityOpt", ["no-new-privileges:true"], "not filtered by FlowHQ's own list"),
        ("Memory", 0, "memory is not limited"),
        ("MemorySwap", -1, "swap"),
        ("NanoCpus", 0, "processor time"),
        ("PidsLimit", None, "processes are not limited"),
        ("PidMode", "host", "namespaces of the host"),
        ("IpcMode", "host", "namespaces of the host"),
        ("NetworkMode", "host", "on the network host"),
        ("Devices", [{"PathOnHost": "/dev/kmsg"}], "devices"),
        ("Binds", ["/:/host"], "directories of the host"),
        ("LogConfig", {"Config": {}}, "log has no bound"),
    ],
)
def test_a_worker_that_is_too_wide_is_named(name: str, value: object, said: str) -> None:
    seen = copy.deepcopy(WORKER)
    seen["HostConfig"][name] = value
    assert any(said in problem for problem in containers.judge_worker(seen, network=NETWORK))


@pytest.mark.parametrize("user", ["", "0", "root", "0:0"])
def test_a_worker_that_is_root_is_named(user: str) -> None:
    seen = copy.deepcopy(WORKER)
    seen["Config"]["User"] = user
    assert "it is root" in containers.judge_worker(seen, network=NETWORK)


def test_a_bind_that_is_a_mount_is_named() -> None:
    seen = copy.deepcopy(WORKER)
    seen["Mounts"].append({"Type": "bind"})
    assert any(
        "directories" in problem for problem in containers.judge_worker(seen, network=NETWORK)
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Options": {containers.ICC: "true"}}, "reach each other"),
        ({"Options": None}, "reach each other"),
        ({"EnableIPv6": True}, "IPv6"),
        ({"IPAM": {"Config": [{"Gateway": "172.18.0.1"}]}}, "is not its address"),
    ],
)
def test_a_network_that_is_too_open_is_named(change: dict[str, Any], said: str) -> None:
    network = {
        "Name": NETWORK,
        "Options": {containers.ICC: "false"},
        "EnableIPv6": False,
        "IPAM": {"Config": [{"Gateway": "172.23.0.1"}]},
    }
    assert containers.judge_network(network, gateway="172.23.0.1").state is State.OK
    found = containers.judge_network(network | change, gateway="172.23.0.1")
    assert found.state is State.DOWN
    assert said in found.means


def test_an_engine_without_limits_is_named() -> None:
    info = dict.fromkeys(containers.MEANS, True)
    assert containers.judge_cgroups(info).state is State.OK
    found = containers.judge_cgroups(info | {"PidsLimit": False, "MemoryLimit": False})
    assert found.state is State.DOWN
    assert "memory, processes" in found.means


def test_an_engine_without_a_filter_of_system_calls_is_named() -> None:
    states = [each.state for each in containers.judge_security({"SecurityOptions": []})]
    assert states == [State.DOWN, State.WARNING]
    both = {"SecurityOptions": ["name=seccomp,profile=default", "name=apparmor"]}
    assert {each.state for each in containers.judge_security(both)} == {State.OK}


def test_who_enforces_the_disk_limit_is_told() -> None:
    quota = {"kind": "xfs", "options": "rw,relatime,prjquota"}
    assert containers.judge_volumes({}, quota).state is State.OK
    for options in ({"kind": "xfs", "options": "rw"}, {"kind": "ext4", "options": "rw,prjquota"}):
        found = containers.judge_volumes({}, options)
        assert found.state is State.WARNING
        assert "control plane stops" in found.means
    assert containers.judge_volumes({}, {}).state is State.UNKNOWN


def test_the_innermost_mount_counts(tmp_path: Path) -> None:
    table = tmp_path / "mounts"
    table.write_text(
        f"/dev/a / ext4 rw 0 0\n/dev/b {tmp_path} xfs rw,prjquota 0 0\n"
        f"/dev/c {tmp_path}-other btrfs rw 0 0\n"
    )
    (tmp_path / "docker").mkdir()
    found = containers.read_mount_options(str(tmp_path / "docker"), table)
    assert found == {"kind": "xfs", "options": "rw,prjquota"}
    assert containers.read_mount_options(str(tmp_path / "gone"), table) == {}


def test_a_socket_for_everybody_is_named(tmp_path: Path) -> None:
    socket = tmp_path / "docker.sock"
    socket.touch()
    socket.chmod(0o660)
    assert containers.look_at_socket(f"unix://{socket}").state is State.OK
    socket.chmod(0o666)
    assert containers.look_at_socket(f"unix://{socket}").state is State.DOWN
    assert containers.look_at_socket("tcp://10.0.0.1:2375").state is State.WARNING
    assert containers.look_at_socket(f"unix://{tmp_path}/gone").state is State.UNKNOWN
