"""What a worker's container is made of."""

from datetime import timedelta
from ipaddress import IPv4Network

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.containers import subnets
from controlplane.containers.spec import (
    MEMORY_KNOBS,
    bridge_name,
    build_spec,
    render_body,
    render_network,
    render_worker_network,
    worker_bridge_name,
)
from controlplane.containers.system_calls import PROFILE
from shared.structs.limits import LimitOverrides
from shared.structs.workers import WorkerStartInput
from tests.fakes.observations import SPEC, TEMPLATE, TENANT, worker


def body(spec=SPEC):
    return render_body(spec, generation=3)


def environment(rendered):
    return dict(pair.split("=", 1) for pair in rendered["Env"])


def test_the_worker_is_told_who_it_is_and_whom_to_call():
    told = environment(body())
    assert told["FLOWHQ_TENANT_ID"] == str(TENANT)
    assert told["FLOWHQ_GATEWAY_URL"] == "ws://gateway"
    assert told["FLOWHQ_IMAGE"] == "worker:1"
    assert told["FLOWHQ_SESSION_GENERATION"] == "0"
    assert told.items() >= MEMORY_KNOBS.items()


def test_settings_do_not_overrule_who_the_worker_is():
    start = WorkerStartInput(
        tenant_id=TENANT,
        generation=1,
        session_generation=1,
        image="worker:1",
        network="n",
        gateway_url="ws://gateway",
        environment={"FLOWHQ_TENANT_ID": "another", "FLOWHQ_TOKEN": "theirs", "GOGC": "50"},
    )
    told = environment(body(build_spec(start, instance="here", limits=TEMPLATE.limits)))
    assert told["FLOWHQ_TENANT_ID"] == str(TENANT)
    assert "FLOWHQ_TOKEN" not in told
    assert told["GOGC"] == "50"


def test_the_container_is_confined():
    host = body()["HostConfig"]
    assert body()["User"] == "10001:10001"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true", f"seccomp={PROFILE}"]
    assert host["PidsLimit"] == 128
    assert host["Memory"] == host["MemorySwap"] == 256 * 1024 * 1024
    assert host["NanoCpus"] == 500_000_000
    assert {"noexec", "nosuid", "nodev", "size=16m"} <= set(host["Tmpfs"]["/tmp"].split(","))
    assert "PortBindings" not in host
    assert "Privileged" not in host


def test_the_engine_is_told_this_and_nothing_else():
    """What is added here is a hole in the fence, or a part of it: a reviewer should see it."""
    ours = {"flowhq.managed": "1", "flowhq.instance": "here", "flowhq.tenant": str(TENANT)}
    told = body()
    assert set(told) == {"Image", "User", "Env", "Labels", "StopTimeout", "HostConfig"}
    assert told["Image"] == "worker:1"
    assert told["HostConfig"] == {
        "NetworkMode": f"flowhq-network-{TENANT}",
        "Mounts": [
            {
                "Type": "volume",
                "Source": f"flowhq-session-{TENANT}",
                "Target": "/data",
                "VolumeOptions": {"Labels": ours},
            }
        ],
        "Tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=16m,mode=1777"},
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={PROFILE}"],
        "PidsLimit": 128,
        "Ulimits": [{"Name": "fsize", "Soft": 1 << 30, "Hard": 1 << 30}],
        "Memory": 256 << 20,
        "MemorySwap": 256 << 20,
        "NanoCpus": 500_000_000,
        "Init": True,
        "RestartPolicy": {"Name": "no"},
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "5m", "max-file": "2"}},
    }


FORBIDDEN = (
    "io_uring_setup ptrace process_vm_readv process_vm_writev bpf perf_event_open userfaultfd"
    " keyctl add_key request_key unshare setns mount umount2 pivot_root kexec_load init_module"
    " finit_module open_by_handle_at memfd_create mknod mknodat personality"
)


def allowed(name):
    """The rules under which that call is let through."""
    profile = msgspec.json.decode(PROFILE)
    rules = [rule for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    return [rule.get("args", []) for rule in rules if name in rule["names"]]


@pytest.mark.parametrize("name", FORBIDDEN.split())
def test_calls_that_kernels_were_broken_through_are_refused(name):
    assert allowed(name) == []


@pytest.mark.parametrize("name", ["clone", "socket", "open", "openat", "chmod", "fchmod"])
def test_calls_that_may_do_harm_are_let_through_only_as_workers_need_them(name):
    assert allowed(name)
    assert all(allowed(name))


def test_a_changed_filter_replaces_the_containers_of_before(monkeypatch):
    before = SPEC.hash
    monkeypatch.setattr("controlplane.containers.spec.PROFILE", "{}")
    assert SPEC.hash != before


def test_the_network_of_an_installation_is_a_bridge_on_which_nobody_reaches_a_neighbour():
    assert render_network("here") == {
        "Name": "flowhq-here",
        "CheckDuplicate": True,
        "Driver": "bridge",
        "Labels": {"flowhq.managed": "1", "flowhq.instance": "here"},
        "Options": {
            "com.docker.network.bridge.name": "fhq-here",
            "com.docker.network.bridge.enable_icc": "false",
        },
    }


def test_each_tenant_has_a_bridge_of_its_own_which_the_packet_filter_knows_by_its_beginning():
    subnet = IPv4Network("10.213.4.8/29")
    told = render_worker_network("installation", TENANT, number=513, subnet=subnet)
    assert told["Name"] == f"flowhq-network-{TENANT}"
    assert told["Labels"]["flowhq.tenant"] == str(TENANT)
    assert told["IPAM"]["Config"] == [{"Subnet": "10.213.4.8/29"}]
    assert told["Options"] == {
        "com.docker.network.bridge.name": "fhq-installa0e9",
        "com.docker.network.bridge.enable_icc": "false",
    }


def test_no_two_subnets_of_the_largest_pool_have_the_same_bridge():
    total = subnets.count(IPv4Network((0, subnets.LARGEST)))
    names = {worker_bridge_name("installation", number) for number in range(total)}
    assert len(names) == total
    assert {len(name) for name in names} == {15}


def test_the_engine_neither_restarts_nor_keeps_endless_logs():
    host = body()["HostConfig"]
    assert host["RestartPolicy"] == {"Name": "no"}
    assert host["Init"] is True
    assert host["LogConfig"]["Config"] == {"max-size": "5m", "max-file": "2"}
    assert body()["StopTimeout"] == 20


def test_the_session_volume_is_the_tenants_own_and_the_only_mount():
    (mount,) = body()["HostConfig"]["Mounts"]
    assert mount["Source"] == f"flowhq-session-{TENANT}"
    assert mount["Target"] == "/data"
    assert mount["VolumeOptions"]["Labels"]["flowhq.tenant"] == str(TENANT)


def test_labels_say_whose_it_is_and_what_it_was_made_from():
    assert body()["Labels"] == {
        "flowhq.managed": "1",
        "flowhq.instance": "here",
        "flowhq.tenant": str(TENANT),
        "flowhq.generation": "3",
        "flowhq.spec": SPEC.hash,
    }


def test_what_a_tenant_may_use_of_its_own_wins_over_what_all_may():
    own = LimitOverrides(memory_bytes=512 << 20, cpus=2.0)
    host = body(TEMPLATE.spec_for(worker(overrides=own)))["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 512 << 20
    assert (host["NanoCpus"], host["PidsLimit"]) == (2_000_000_000, 128)
    assert body(TEMPLATE.spec_for(worker(overrides=LimitOverrides()))) == body()


def test_token_and_generation_do_not_change_the_hash():
    raised = TEMPLATE.spec_for(worker(generation=9))
    assert raised.hash == SPEC.hash
    assert len(SPEC.hash) == 64


@pytest.mark.parametrize(
    "changed",
    [
        {"image": "worker:2"},
        {"gateway_url": "ws://elsewhere"},
        {"environment": {"X": "1"}},
        {"limits": msgspec.structs.replace(TEMPLATE.limits, memory_bytes=1 << 20)},
        {"limits": msgspec.structs.replace(TEMPLATE.limits, cpus=1.0)},
        {"limits": msgspec.structs.replace(TEMPLATE.limits, stop_grace=timedelta(seconds=9))},
        {"instance": "there"},
    ],
    ids=["image", "gateway", "environment", "memory", "cpus", "grace", "instance"],
)
def test_everything_that_reaches_the_engine_changes_the_hash(changed):
    other = msgspec.structs.replace(TEMPLATE, **changed)
    assert other.spec_for(worker()).hash != SPEC.hash


def test_a_new_session_changes_the_hash():
    assert TEMPLATE.spec_for(worker(session_generation=1)).hash != SPEC.hash


@given(st.dictionaries(st.text("ABC_", min_size=1), st.text(max_size=5), max_size=6))
def test_the_order_in_which_variables_come_does_not_change_the_hash(variables):
    backwards = dict(reversed(variables.items()))
    one = msgspec.structs.replace(TEMPLATE, environment=variables).spec_for(worker())
    other = msgspec.structs.replace(TEMPLATE, environment=backwards).spec_for(worker())
    assert one.hash == other.hash


@pytest.mark.parametrize("instance", ["a", "default", "a-very-long-name-of-an-installation"])
def test_a_bridge_has_a_name_that_the_kernel_takes(instance):
    assert len(bridge_name(instance)) <= 15
    # Of an installation that is there: under another name its firewall rules would miss it.
    assert bridge_name(instance) == f"fhq-{instance}"[:12]
    assert render_network(instance)["Options"]["com.docker.network.bridge.enable_icc"] == "false"
