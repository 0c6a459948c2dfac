"""The deployment of compose.yaml, run for real; in order, for each test begins where one ended."""

import os
import signal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from attack.doctor.__main__ import examine
from attack.doctor.findings import State
from controlplane.containers.spec import worker_network_name
from controlplane.settings import ControlPlaneSettings
from portal.settings import PortalSettings
from shared.ids import TenantId
from tests.e2e.compose.deployment import Deployment, read_service, wait_for
from tests.e2e.reaching import careless_service, find_gateway, find_other_address, reach

pytestmark = [pytest.mark.docker, pytest.mark.e2e]
UNREACHABLE = {"SERVER_UNREACHABLE", "STARTING"}
FENCE = ("python3", "-m", "launcher.fence_keeper")
MENDED = "rules were missing and are in force"
TENANT = {
    "name": "Duka la Asha",
    "phone_number": "+255712000111",
    "template_type": "BOOKING",
    "language": "SW",
}


@pytest.fixture(scope="module")
def running(deployment: Deployment) -> Deployment:
    deployment.up()
    return deployment


@pytest.fixture(scope="module")
def tenant(running: Deployment) -> dict[str, Any]:
    """One whose worker said hello."""
    tenant_id = running.call("POST", "/admin/tenants", body=TENANT)["id"]
    running.call("POST", f"/admin/tenants/{tenant_id}/worker/start")
    return wait_for(lambda: _find_with_heartbeat(running, tenant_id), "heartbeat")


# Tries the owner's way in from where the portal is, with whatever it can find there.
AS_OWNER = """
import asyncio, asyncpg
async def enter():
    try:
        await asyncpg.connect("postgresql://flowhq@/flowhq?host=/run/postgresql")
    except asyncpg.InvalidPasswordError:
        return "refused"
    return "let in"
print(asyncio.run(enter()))
"""


@pytest.mark.parametrize(
    ("service", "settings", "fixed"),
    [
        (
            "controlplane",
            ControlPlaneSettings,
            {"HOST", "DOCKER_HOST", "STATE_DIR", "FILES_SECRET"},
        ),
        ("portal", PortalSettings, {"PORT", "SECRET", "STATE_DIR", "FILES_SECRET"}),
    ],
)
def test_every_setting_can_be_chosen_or_is_fixed_on_purpose(service, settings, fixed):
    known = {field.name.upper() for field in msgspec.structs.fields(settings)}
    ours = {name for name in read_service(service)["environment"] if name.startswith("FLOWHQ_")}
    assert ours == {f"FLOWHQ_{name}" for name in known - fixed}


def test_up_returns_once_everything_is_ready(running: Deployment):
    ready = httpx.get(f"{running.url}/readyz")
    assert ready.status_code == 200, ready.text
    assert set(ready.json()["checks"].values()) == {"ok"}
    assert running.inspect("migrate")["State"]["ExitCode"] == 0
    portal = httpx.get(f"{running.portal_url}/readyz")
    assert portal.status_code == 200, portal.text
    assert "FlowHQ" in httpx.get(f"{running.portal_url}/").text


def test_the_portal_has_neither_the_engine_nor_the_owners_way_into_the_database(
    running: Deployment,
):
    assert running.exec("portal", "ls", "/app").split() == ["portal", "shared"]
    mounts = {mount["Destination"] for mount in running.inspect("portal")["Mounts"]}
    assert mounts == {
        "/run/postgresql", "/run/flowhq/portal", "/run/flowhq/files", "/var/lib/flowhq"
    }  # fmt: skip
    assert running.exec("portal", "python", "-c", AS_OWNER).strip() == "refused"
    status = _read_status(running, "portal")
    assert set(status["Uid"].split()) == {"10001"}
    assert int(status["CapPrm"], 16) == 0


# Asks for the file of a message that nobody has, with a slip that is good and no session.
FOR_A_FILE = """
import datetime, pathlib, uuid
import httpcore
from shared.file_slips import sign_slip
shelf = pathlib.Path("/run/flowhq/files")
now, tenant, message = datetime.datetime.now(datetime.UTC), uuid.uuid4(), uuid.uuid4()
slip = sign_slip((shelf / "secret").read_text(), tenant, message, now=now)
with httpcore.ConnectionPool(uds=str(shelf / "socket")) as pool:
    asked = f"http://controlplane/files/{tenant}/{message}"
    answer = pool.request("GET", asked, headers={"Authorization": f"FlowHQ-Slip {slip}"})
print(answer.status, "session" in answer.content.decode())
"""


def test_the_portal_reaches_the_control_plane_for_files_and_for_nothing_else(running: Deployment):
    said = running.exec("portal", "python", "-c", FOR_A_FILE)
    assert said.strip() == "401 True"
    api = running.url.removeprefix("http://").split(":")
    knock = f"import socket; print(socket.socket().connect_ex(('{api[0]}', {api[1]})) != 0)"
    assert running.exec("portal", "python", "-c", knock).strip() == "True"
    listed = running.exec("portal", "stat", "-c", "%a %U", "/run/flowhq/files/socket")
    assert listed.split() == ["600", "flowhq"]


@pytest.mark.usefixtures("tenant")
def test_the_doctor_finds_every_fence_up(running: Deployment):
    environ = {"DOCKER_HOST": running.address, "PATH": os.defpath}
    findings = examine(Path("/nowhere"), environ, project=running.project)
    assert [each for each in findings if each.state in {State.DOWN, State.UNKNOWN}] == []
    assert {"packet filter", "portal's user", "portal's role"} <= {each.fence for each in findings}


def test_the_fence_may_set_the_packet_filter_and_nothing_else(running: Deployment):
    seen = running.inspect("fence")
    host = seen["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert {each.removeprefix("CAP_") for each in host["CapAdd"]} == {"NET_ADMIN", "NET_RAW"}
    assert host["ReadonlyRootfs"]
    assert seen["Mounts"] == []


def test_the_database_has_no_network_and_no_root(running: Deployment):
    postgres = running.inspect("postgres")
    assert postgres["HostConfig"]["NetworkMode"] == "none"
    assert postgres["Config"]["User"] == "postgres"
    assert running.exec("postgres", "cat", "/proc/net/tcp", user="postgres").count("\n") == 1


def test_the_control_plane_has_no_root_and_no_capability_left(running: Deployment):
    status = _read_status(running, "controlplane")
    assert set(status["Uid"].split()) == {"10001"}
    assert set(status["Gid"].split()) == {"10001"}
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1"


@pytest.mark.parametrize("service", ["secrets", "postgres", "migrate", "controlplane", "portal"])
def test_no_service_writes_outside_its_volumes(running: Deployment, service: str):
    host = running.inspect(service)["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]


def test_the_control_planes_image_keeps_nothing_of_its_build(running: Deployment):
    assert running.exec("controlplane", "ls", "/app").split() == ["controlplane", "shared"]
    left = "ls -d /build /etc/pip.conf /etc/apt /opt/flowhq/bin/pip* 2>/dev/null || true"
    assert running.exec("controlplane", "sh", "-c", left) == ""


def test_the_admin_key_is_its_owners_alone(running: Deployment):
    listed = running.exec("controlplane", "stat", "-c", "%a %U", "/var/lib/flowhq/admin.key")
    assert listed.split() == ["600", "flowhq"]


def test_a_started_tenant_gets_a_worker_that_says_hello(
    running: Deployment, tenant: dict[str, Any]
):
    assert tenant["worker"]["status"] == "RUNNING"
    assert tenant["session"]["reason"] in UNREACHABLE  # no WhatsApp here
    seen = running.engine.inspect_container(tenant["worker"]["container_id"])
    assert seen["State"]["Running"]
    assert seen["Config"]["Image"] == running.images.worker
    assert list(seen["NetworkSettings"]["Networks"]) == [
        worker_network_name(TenantId(UUID(tenant["id"])))
    ]


def test_a_worker_reaches_the_gateway_and_nothing_else_of_the_host(
    running: Deployment,
    tenant: dict[str, Any],  # noqa: ARG001  its bridge
):
    here = find_gateway(running.engine, running.instance)
    other = find_other_address()
    with careless_service() as careless:
        targets = [(here, running.gateway_port), (here, careless), (other, careless)]
        image = running.images.worker
        seen = reach(running.engine, running.instance, image, targets)
        assert seen.pop(f"{here}:{running.gateway_port}") == "open"
        assert all("open" not in outcome for outcome in seen.values()), seen
        # As when the engine or the host's firewall starts anew.
        before = running.logs("fence").count(MENDED)
        running.exec("fence", *FENCE, "take-down", user="root")
        wait_for(lambda: running.logs("fence").count(MENDED) > before, "the fence again")
        again = reach(running.engine, running.instance, image, targets[1:])
    assert all("open" not in outcome for outcome in again.values()), again


@pytest.mark.skipif(os.geteuid() != 0, reason="a kill from inside or by the engine is no crash")
@pytest.mark.parametrize("service", ["postgres", "controlplane", "portal"])
def test_a_killed_service_comes_back_by_itself(running: Deployment, service: str):
    os.kill(running.inspect(service)["State"]["Pid"], signal.SIGKILL)
    wait_for(lambda: running.inspect(service)["RestartCount"] == 1, "restart by the engine")
    wait_for(running.is_ready, "readiness")
    wait_for(running.is_portal_ready, "the portal's readiness")


def test_a_restart_keeps_tenants_key_and_workers(running: Deployment, tenant: dict[str, Any]):
    key = running.admin_key()
    running.compose("restart", "--timeout", "20")
    running.up()
    assert running.admin_key() == key
    after = wait_for(
        lambda: _find_with_heartbeat(running, tenant["id"], other_than=tenant), "new heartbeat"
    )
    assert after["worker"]["container_id"] == tenant["worker"]["container_id"]
    assert after["worker"]["restarts"] == 0


def test_down_and_up_keep_the_data_and_the_workers(running: Deployment, tenant: dict[str, Any]):
    before = _find_with_heartbeat(running, tenant["id"])
    running.compose("down", "--timeout", "20")
    worker = running.engine.inspect_container(tenant["worker"]["container_id"])
    assert worker["State"]["Running"], "a bot answers on while the platform is away"
    running.up()
    after = wait_for(
        lambda: _find_with_heartbeat(running, tenant["id"], other_than=before), "new heartbeat"
    )
    assert after["worker"]["container_id"] == tenant["worker"]["container_id"]


def test_removal_leaves_nothing(running: Deployment, tenant: dict[str, Any]):
    assert any(tenant["id"] in name for name in running.list_objects())
    running.remove()
    assert running.list_objects() == []


def _find_with_heartbeat(
    running: Deployment, tenant_id: str, *, other_than: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    found: dict[str, Any] = running.call("GET", f"/admin/tenants/{tenant_id}")
    heartbeat = found["worker"]["last_heartbeat_at"]
    known = other_than["worker"]["last_heartbeat_at"] if other_than else None
    return found if heartbeat is not None and heartbeat != known else None


def _read_status(running: Deployment, service: str) -> dict[str, str]:
    lines = running.exec(service, "cat", "/proc/1/status").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
