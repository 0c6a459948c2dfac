"""The whole product on a real engine, database and client, as its users meet it."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import pytest

from controlplane.containers.token_file import pack_token
from shared.worker_files import DATA_DIR
from tests.e2e.platform.running import Platform, read_pid, wait_for

pytestmark = pytest.mark.e2e


def test_up_brings_two_tenants_that_are_linked_and_answer(platform: Platform) -> None:
    tenants = platform.tenants()
    demo = [tenant for tenant in tenants if not tenant["name"].startswith("Stress")]
    assert {tenant["config"]["language"] for tenant in demo} == {"SW", "EN"}
    for tenant in demo:
        assert (tenant["status"], tenant["session"]["state"]) == ("ACTIVE", "CONNECTED")
        rows = platform.logs(tenant["id"])
        asked = {row["wa_message_id"] for row in rows if row["direction"] == "IN"}
        answered = {row["in_reply_to"] for row in rows if row["direction"] == "OUT"}
        assert asked
        assert asked <= answered


def test_up_again_says_that_it_runs_and_changes_nothing(platform: Platform) -> None:
    before = {container["Id"] for container in platform.containers()}
    done = platform.up()
    assert done.returncode == 0
    assert "already" in done.stdout
    assert {container["Id"] for container in platform.containers()} == before


def test_the_stress_test_finds_tenants_isolated(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "stress.json"
    done = platform.python(
        "stress_test.py", "--tenants", "3", "--messages", "20", "--json", str(file)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = msgspec.json.decode(file.read_bytes())
    assert result["violations"] == []
    assert len(result["evidence"]["sent"]) == 60


def test_the_stress_test_fails_when_a_leak_is_planted(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "stress.json"
    kept = platform.python(
        "stress_test.py", "--tenants", "2", "--messages", "2", "--json", str(file), "--keep"
    )
    assert kept.returncode == 0, kept.stdout + kept.stderr
    sent = msgspec.json.decode(file.read_bytes())["evidence"]["sent"]
    secret = sent[0]
    victim = next(m for m in sent if m["tenant_id"] != secret["tenant_id"])
    # A real leak through the real path: one tenant's canary is told to the other.
    tenant = platform.tenant(victim["tenant_id"])
    leaked = platform.write(victim["customer"], tenant, f"I heard of {secret['canary']}")
    wait_for(
        lambda: leaked in {row["in_reply_to"] for row in platform.logs(tenant["id"])}, "an answer"
    )
    judged = platform.python("stress_test.py", "--verify", str(file))
    assert judged.returncode == 1, judged.stdout + judged.stderr
    assert "leak-in-message-log" in judged.stdout
    assert secret["canary"] in judged.stdout


def test_a_killed_worker_is_connected_again_without_a_scan(platform: Platform) -> None:
    tenant = platform.new_linked_tenant("Killed worker")
    customer = platform.new_customer()
    platform.engine.kill(tenant["worker"]["container_id"])
    wait_for(lambda: platform.tenant(tenant["id"])["worker"]["restarts"] == 1, "a restart")
    platform.wait_connected(tenant["id"])
    asked = platform.write(customer, tenant, "hello")
    wait_for(lambda: platform.received(customer), "an answer")
    rows = platform.logs(tenant["id"])
    assert [row["wa_message_id"] for row in rows if row["direction"] == "IN"] == [asked]
    incidents = platform.call("GET", f"/admin/tenants/{tenant['id']}/incidents")["items"]
    assert [(i["kind"], i["exit_code"]) for i in incidents] == [("CRASH", 137)]


def test_a_killed_control_plane_finds_its_containers_and_loses_no_message(
    platform: Platform,
) -> None:
    tenant = platform.new_linked_tenant("Killed control plane")
    customers = [platform.new_customer() for _ in range(4)]
    before = {container["Id"] for container in platform.containers()}
    asked: list[str] = []

    def write_all() -> None:
        for number in range(40):
            sent = platform.write(customers[number % 4], tenant, f"message {number}")
            asked.append(sent)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_all)
        wait_for(lambda: len(asked) >= 10, "ten messages")
        os.kill(read_pid(platform.state_dir, "controlplane"), signal.SIGKILL)
        writing.result()
    # The bot goes on answering while there is nobody to tell.
    wait_for(lambda: sum(len(platform.received(c)) for c in customers) == 40, "forty answers")
    done = platform.up()
    assert done.returncode == 0, done.stdout + done.stderr
    wait_for(lambda: len(platform.logs(tenant["id"])) >= 80, "eighty rows")
    rows = platform.logs(tenant["id"])
    assert sorted(r["wa_message_id"] for r in rows if r["direction"] == "IN") == sorted(asked)
    assert sorted(r["in_reply_to"] for r in rows if r["direction"] == "OUT") == sorted(asked)
    assert {container["Id"] for container in platform.containers()} == before


def test_start_and_stop_are_safe_to_repeat(platform: Platform) -> None:
    tenant = platform.new_linked_tenant("Repeated")
    container = tenant["worker"]["container_id"]
    platform.call("POST", f"/admin/tenants/{tenant['id']}/worker/start")
    assert platform.tenant(tenant["id"])["worker"]["container_id"] == container
    for _ in range(2):
        platform.call("POST", f"/admin/tenants/{tenant['id']}/worker/stop")
        wait_for(lambda: platform.tenant(tenant["id"])["worker"]["status"] == "STOPPED", "STOPPED")
    stopped = platform.tenant(tenant["id"])
    assert (stopped["status"], stopped["session"]["state"]) == ("PAUSED", "DISCONNECTED")
    platform.call("POST", f"/admin/tenants/{tenant['id']}/worker/start")
    platform.wait_connected(tenant["id"])  # the session was on the volume: no new scan


@pytest.mark.parametrize("how", ["restart", "force-restart"])
def test_a_restart_makes_a_new_container_on_the_same_session(platform: Platform, how: str) -> None:
    tenant = platform.new_linked_tenant(f"To {how}")
    platform.call("POST", f"/admin/tenants/{tenant['id']}/worker/{how}")
    wait_for(
        lambda: (
            platform.tenant(tenant["id"])["worker"]["container_id"]
            not in {None, tenant["worker"]["container_id"]}
        ),
        "a new container",
    )
    assert platform.wait_connected(tenant["id"])["worker"]["restarts"] == 0


def test_a_reset_session_asks_for_a_new_scan_and_keeps_the_log(platform: Platform) -> None:
    tenant = platform.new_linked_tenant("Reset")
    customer = platform.new_customer()
    platform.write(customer, tenant, "before the reset")
    wait_for(lambda: len(platform.logs(tenant["id"])) == 2, "two rows")
    platform.call("POST", f"/admin/tenants/{tenant['id']}/session/reset")
    qr = wait_for(
        lambda: platform.call("GET", f"/admin/tenants/{tenant['id']}/qr").get("qr"), "a QR code"
    )
    platform.sandbox.post(
        f"/phones/{tenant['phone_number']}/scan", json={"qr": qr}
    ).raise_for_status()
    platform.wait_connected(tenant["id"])
    assert len(platform.logs(tenant["id"])) == 2


def test_a_revoked_token_ends_the_worker_with_64_and_says_so(platform: Platform) -> None:
    tenant = platform.new_linked_tenant("Revoked")
    platform.call("POST", f"/admin/tenants/{tenant['id']}/worker/revoke-token")
    failed = wait_for(
        lambda: (
            found
            if (found := platform.tenant(tenant["id"]))["worker"]["status"] == "ERROR"
            else None
        ),
        "ERROR",
    )
    assert "revoked" in failed["worker"]["last_error"]
    ended = platform.engine.inspect_container(tenant["worker"]["container_id"])
    assert ended["State"]["ExitCode"] == 64
    platform.call("POST", f"/admin/tenants/{tenant['id']}/worker/start")
    platform.wait_connected(tenant["id"])  # a person mended it: a new token, the same session


def test_a_worker_with_a_wrong_token_ends_with_64(platform: Platform) -> None:
    own = platform.containers()[0]
    spec = platform.engine.inspect_container(own["Id"])
    made = platform.engine.create_container(
        spec["Config"]["Image"],
        environment=spec["Config"]["Env"],
        volumes=[DATA_DIR],
        host_config=platform.engine.create_host_config(network_mode=f"flowhq-{platform.instance}"),
    )
    try:
        platform.engine.put_archive(made["Id"], DATA_DIR, pack_token("fhw_nobody"))
        platform.engine.start(made["Id"])
        assert platform.engine.wait(made["Id"], timeout=60)["StatusCode"] == 64
        assert b"unknown" in platform.engine.logs(made["Id"], tail=1)
    finally:
        platform.engine.remove_container(made["Id"], force=True, v=True)


def test_a_removed_tenant_leaves_no_container_no_volume_and_no_row(platform: Platform) -> None:
    tenant = platform.new_linked_tenant("Removed")
    platform.call("DELETE", f"/admin/tenants/{tenant['id']}")
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        platform.tenant(tenant["id"])
    filters = {"label": f"flowhq.tenant={tenant['id']}"}
    wait_for(lambda: not platform.engine.containers(all=True, filters=filters), "removal")
    wait_for(lambda: not platform.engine.volumes(filters=filters)["Volumes"], "removal")


def test_an_approved_setup_request_starts_the_worker(platform: Platform) -> None:
    tenant = platform.new_tenant("Asks for a bot")
    made = platform.call("POST", "/admin/setup-requests", json={"tenant_id": tenant["id"]})
    platform.call("POST", f"/admin/setup-requests/{made['id']}/approve", json={"note": "welcome"})
    qr = wait_for(
        lambda: platform.call("GET", f"/admin/tenants/{tenant['id']}/qr").get("qr"), "a QR code"
    )
    platform.sandbox.post(
        f"/phones/{tenant['phone_number']}/scan", json={"qr": qr}
    ).raise_for_status()
    platform.wait_connected(tenant["id"])
    shown = platform.call("GET", f"/admin/setup-requests/{made['id']}")
    assert shown["status"] == "ACTIVE"


def test_a_phone_is_linked_by_a_code_that_is_typed_on_it(platform: Platform) -> None:
    tenant = platform.new_tenant("Typed code")
    path = f"/admin/tenants/{tenant['id']}"
    platform.call("POST", f"{path}/worker/start")
    wait_for(lambda: platform.call("GET", f"{path}/qr").get("qr"), "a QR code")
    platform.call("POST", f"{path}/pairing-code")
    pairing = wait_for(lambda: platform.call("GET", f"{path}/qr").get("pairing"), "a code")
    assert pairing["phone_number"] == tenant["phone_number"]
    platform.sandbox.post(
        f"/phones/{tenant['phone_number']}/pair", json={"code": pairing["code"]}
    ).raise_for_status()
    platform.wait_connected(tenant["id"])
    assert platform.call("GET", f"{path}/qr")["pairing"] is None
    written = b"".join(file.read_bytes() for file in (platform.state_dir / "logs").iterdir())
    assert b"pairing_code.shown" in written
    assert pairing["code"].encode() not in written
    assert pairing["code"].replace("-", "").encode() not in written


def test_a_phone_that_unlinks_is_not_restarted_and_says_who_must_act(platform: Platform) -> None:
    tenant = platform.new_linked_tenant("Unlinked")
    number = tenant["phone_number"]
    device = platform.sandbox.get(f"/phones/{number}").json()["devices"][0]["device"]
    platform.sandbox.delete(f"/phones/{number}/devices/{device}").raise_for_status()
    waiting = wait_for(
        lambda: (
            found
            if (found := platform.tenant(tenant["id"]))["session"]["who_must_act"] == "TENANT"
            else None
        ),
        "the tenant's turn",
    )
    assert waiting["worker"]["container_id"] == tenant["worker"]["container_id"]
    assert waiting["worker"]["restarts"] == 0


def test_a_client_version_that_is_turned_away_is_one_alarm_and_no_restart(
    platform: Platform,
) -> None:
    refused = [platform.new_linked_tenant(f"Turned away {number}") for number in range(3)]
    before = {container["Id"] for container in platform.containers()}
    for tenant in refused:
        phone = f"/phones/{tenant['phone_number']}"
        platform.sandbox.put(f"{phone}/login-refusal", json={"reason": 405}).raise_for_status()
        platform.sandbox.post(f"{phone}/disconnect").raise_for_status()

    def raised() -> list[dict[str, object]]:
        items = platform.call("GET", "/admin/alarms")["items"]
        return [each for each in items if each["count"] == len(refused)]

    [alarm] = wait_for(raised, "an alarm")
    assert (alarm["reason"], alarm["who_must_act"]) == ("CLIENT_OUTDATED", "OPERATOR")
    assert set(alarm["tenants"]) == {tenant["id"] for tenant in refused}
    assert alarm["image"] == refused[0]["worker"]["image"]
    log = platform.state_dir / "logs" / "controlplane.log"
    wait_for(lambda: b"alarm.raised" in log.read_bytes(), "a line in the log")
    assert log.read_bytes().count(b"alarm.raised") == 1
    assert {container["Id"] for container in platform.containers()} == before
    for tenant in refused:
        assert platform.tenant(tenant["id"])["worker"]["restarts"] == 0
        platform.call("POST", f"/admin/tenants/{tenant['id']}/worker/stop")
    wait_for(lambda: not raised(), "the alarm's end")


def test_tenants_logs_are_json_with_the_tenant_on_every_line(platform: Platform) -> None:
    for tenant in platform.tenants():
        path = platform.state_dir / "logs" / f"{tenant['id']}.log"
        lines = path.read_bytes().splitlines()
        assert lines
        assert {msgspec.json.decode(line)["tenant_id"] for line in lines} == {tenant["id"]}
