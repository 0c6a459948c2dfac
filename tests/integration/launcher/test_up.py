"""`scripts/up` and `scripts/down` as a person uses them: the real scripts, a real platform.

The state directory has a space in its name, and the scripts are called from elsewhere.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from launcher import (
    accounts,
    engine,
    environment,
    fleet,
    http,
    instance,
    modes,
    platform,
    postgres,
    processes,
    records,
)
from launcher.http import Site
from launcher.logins import OPERATOR, OWNER
from launcher.paths import ROOT, Paths
from launcher.settings import LauncherSettings
from launcher.waiting import wait_for

pytestmark = [pytest.mark.docker, pytest.mark.e2e, pytest.mark.timeout(900)]

PATIENCE_SECONDS = 600
PARTS = ("controlplane", "portal", "sandbox", "postgres", "logkeeper", "supervisor")


class Installation(msgspec.Struct, frozen=True):
    paths: Paths
    settings: LauncherSettings
    elsewhere: Path

    def run(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603  the repository's own scripts
            self.command(script, *arguments),
            cwd=self.elsewhere,
            env=shell(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    def command(self, script: str, *arguments: str) -> list[str]:
        place = ["--state-dir", str(self.paths.state)]
        return [str(ROOT / "scripts" / script), *arguments, *place, *self._ports(script)]

    def up(self, *arguments: str) -> str:
        done = self.run("up", "--detach", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def down(self, *arguments: str) -> str:
        done = self.run("down", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def alive(self) -> set[str]:
        return {name for name in PARTS if records.find_alive(self.paths.records, name)}

    def tenants(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = http.call(self.api, "GET", "/admin/tenants")["items"]
        return items

    @property
    def api(self) -> Site:
        key = self.paths.admin_key.read_text(encoding="utf-8").strip()
        return Site(host="127.0.0.1", port=self.settings.port, token=key)

    def containers(self, *, all_of_them: bool = False) -> dict[str, str]:
        """State by id, of this installation's."""
        name = instance.find_id(self.paths)
        wanted = {"label": [f"flowhq.instance={name}"]}
        with contextlib.closing(engine.connect(engine.address_of(shell()))) as client:
            seen = client.containers(all=all_of_them, filters=wanted)
        return {str(one["Id"]): str(one["State"]) for one in seen}

    def _ports(self, script: str) -> list[str]:
        if script != "up":
            return []
        chosen = msgspec.structs.asdict(self.settings)
        ports = {name: port for name, port in chosen.items() if name.endswith("port")}
        return [f"--{name.replace('_', '-')}={port}" for name, port in ports.items()]


def shell() -> dict[str, str]:
    """The environment of a person who has set nothing of FlowHQ's."""
    return environment.for_process(environment.current(), {})


def free_ports() -> LauncherSettings:
    with contextlib.ExitStack() as open_at_once:
        sockets = [open_at_once.enter_context(socket.socket()) for _ in range(6)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        found = [int(one.getsockname()[1]) for one in sockets]
    return LauncherSettings(
        port=found[0],
        gateway_port=found[1],
        sandbox_port=found[2],
        sandbox_tls_port=found[3],
        sandbox_proxy_port=found[4],
        portal_port=found[5],
    )


def new_installation(directory: Path) -> Installation:
    elsewhere = directory / "else where"
    elsewhere.mkdir(parents=True)
    # A directory that would take the place of a module if the caller's own came first.
    (elsewhere / "launcher").mkdir()
    (elsewhere / "launcher" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    return Installation(Paths(root=ROOT, state=directory / "a state"), free_ports(), elsewhere)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = new_installation(tmp_path_factory.mktemp("up"))
    yield made
    made.down("--purge")


@pytest.fixture
def running(installation: Installation) -> Installation:
    if installation.alive() != set(PARTS) or not is_ready(installation):
        installation.up()
    return installation


def is_ready(installation: Installation) -> bool:
    found = platform.find_running(installation.paths, shell())
    return found is not None


def test_two_tenants_are_connected_and_have_answered(running: Installation) -> None:
    tenants = running.tenants()
    assert [tenant["session"]["state"] for tenant in tenants] == ["CONNECTED", "CONNECTED"]
    assert {tenant["config"]["language"] for tenant in tenants} == {"SW", "EN"}
    for tenant in tenants:
        rows = http.call(running.api, "GET", f"/admin/tenants/{tenant['id']}/logs")["items"]
        assert {row["direction"] for row in rows} == {"IN", "OUT"}


def test_a_second_up_says_that_it_runs_and_changes_nothing(running: Installation) -> None:
    before = running.containers()
    printed = running.up()
    assert "already running" in printed
    assert f"http://127.0.0.1:{running.settings.port}" in printed
    assert running.containers() == before


def test_the_key_is_a_secret_and_is_shown_once(running: Installation) -> None:
    key = running.paths.admin_key
    assert key.stat().st_mode & 0o077 == 0
    assert key.read_text(encoding="utf-8").strip() not in running.up()


def test_nothing_in_the_state_directory_is_open_to_others(running: Installation) -> None:
    assert modes.list_open(running.paths.state) == []


def examine(running: Installation) -> dict[str, tuple[str, str]]:
    done = running.run("doctor", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == report["exit_code"]
    return {each["fence"]: (each["state"], each["means"]) for each in report["findings"]}


@pytest.mark.skipif(not accounts.may_hide(), reason="a plain user has fewer fences")
def test_the_doctor_finds_every_fence_up_and_each_that_is_torn_down(running: Installation) -> None:
    up = examine(running)
    assert {name: said for name, said in up.items() if said[0] in {"down", "unknown"}} == {}
    rule = (f"FLOWHQ-{instance.find_id(running.paths)}-ON", "-d", "169.254.0.0/16", "-j", "REJECT")
    rule = (*rule, "--reject-with", "icmp-admin-prohibited")
    url = postgres.cluster_of(running.paths, str(instance.find_id(running.paths))).url
    try:
        running.paths.admin_key.chmod(0o644)
        filter_rules("-D", *rule)
        asyncio.run(tell(url, "ALTER ROLE flowhq_portal BYPASSRLS"))
        torn = examine(running)
    finally:
        running.paths.admin_key.chmod(0o600)
        filter_rules("-A", *rule)
        asyncio.run(tell(url, "ALTER ROLE flowhq_portal NOBYPASSRLS"))
    seen = {name: said[1] for name, said in torn.items() if said[0] == "down"}
    assert set(seen) == {"files", "packet filter", "portal's role"}
    assert "admin.key is 644" in seen["files"]
    assert "169.254.0.0/16" in seen["packet filter"]
    assert "bypassrls" in seen["portal's role"]


def filter_rules(*arguments: str) -> None:
    subprocess.run(["iptables", "-w", *arguments], check=True)  # noqa: S603, S607  our own rules


async def tell(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


AS_THE_PORTAL = """
import json, os, socket, sys
state, pid, engine, database = sys.argv[1:]
def sees(path):
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)
    except OSError as error:
        return type(error).__name__
    return "open"
def reaches(path):
    try:
        socket.socket(socket.AF_UNIX).connect(path)
    except OSError as error:
        return type(error).__name__
    return "open"
names = ("admin.key", "dashboard.secret", "portal.password", "files.secret", "run", "logs", "media")
seen = {name: sees(os.path.join(state, name)) for name in (*names, "sandbox", "postgres/data")}
seen["environ"] = sees(f"/proc/{pid}/environ")
seen["engine"] = reaches(engine)
print(json.dumps([seen, reaches(database), os.getuid()]))
"""


@pytest.mark.skipif(not accounts.may_hide(), reason="only root has users to give")
def test_the_portal_is_a_user_of_its_own_that_reads_nothing_of_the_control_plane(
    running: Installation,
) -> None:
    pids = {
        part: found.pid
        for part in PARTS
        if (found := records.find_alive(running.paths.records, part)) is not None
    }
    owners = {part: Path(f"/proc/{pid}").stat().st_uid for part, pid in pids.items()}
    assert owners["portal"] == accounts.PORTAL_ID
    assert owners["sandbox"] == accounts.SANDBOX_ID
    assert owners["postgres"] == accounts.SERVER_ID
    status = Path(f"/proc/{pids['portal']}/status").read_text(encoding="utf-8")
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    assert re.search(r"^CapPrm:\t0+$", status, re.MULTILINE)
    identity = [f"--reuid={accounts.PORTAL_ID}", f"--regid={accounts.PORTAL_ID}", "--clear-groups"]
    done = subprocess.run(  # noqa: S603  our own code
        [
            *("nsenter", "--mount", "--target", str(pids["portal"])),
            *("setpriv", *identity, "--", sys.executable, "-IS", "-c", AS_THE_PORTAL),
            *(str(running.paths.state), str(pids["controlplane"]), "/var/run/docker.sock"),
            str(running.paths.postgres / "socket/.s.PGSQL.5432"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    seen, database, user = json.loads(done.stdout)
    assert user == accounts.PORTAL_ID
    assert database == "open", "what it needs it has"
    assert {name for name, outcome in seen.items() if outcome == "open"} == set()


def test_a_stranger_gets_in_with_what_it_prints(running: Installation) -> None:
    printed = running.up()
    for page, email in ((f"{running.api.url}/dashboard", OPERATOR), (portal_of(running), OWNER)):
        found = re.search(rf"{re.escape(page)}\n +{re.escape(email)}  (\S+)\n", printed)
        assert found, printed
        with httpx.Client(follow_redirects=True) as browser:
            door = browser.get(f"{page}/sign-in")
            hidden = re.search(r'name="_csrf_token" value="([^"]+)"', door.text)
            assert hidden
            form = {"_csrf_token": hidden[1], "email": email, "password": found[1]}
            inside = browser.post(f"{page}/sign-in", data=form)
            assert inside.is_success, inside.text
            assert "Baraka Shop" in inside.text


def portal_of(running: Installation) -> str:
    return f"http://127.0.0.1:{running.settings.portal_port}"


def test_another_mode_is_refused_while_it_runs(running: Installation) -> None:
    done = running.run("up", "--detach", "--live")
    assert done.returncode == 1
    assert done.stderr == "FlowHQ already runs in practice: run ./scripts/down first\n"
    assert running.alive() == set(PARTS)


def test_a_taken_port_is_named_and_nothing_is_begun(running: Installation, tmp_path: Path) -> None:
    other = Installation(
        Paths(root=ROOT, state=tmp_path / "other"), running.settings, running.elsewhere
    )
    done = other.run("up", "--detach")
    assert done.returncode == 1
    assert re.fullmatch(
        rf"Port {running.settings.port} \(admin API\) is taken by .+ \(pid \d+\): .+--port\n",
        done.stderr,
    )
    assert not other.paths.postgres.exists()
    assert other.alive() == set()
    assert running.alive() == set(PARTS)


def kill(installation: Installation, part: str) -> records.ProcessRecord:
    record = records.find_alive(installation.paths.records, part)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    assert wait_for(lambda: processes.is_gone(record) or None, within=timedelta(seconds=10))
    return record


@pytest.mark.parametrize("part", ["controlplane", "portal", "sandbox", "postgres"])
def test_a_killed_part_comes_back_by_itself_and_the_containers_stay(
    running: Installation, part: str
) -> None:
    before = running.containers()
    killed = kill(running, part)

    def back() -> bool | None:
        found = records.find_alive(running.paths.records, part)
        return True if found is not None and found.pid != killed.pid else None

    assert wait_for(back, within=timedelta(seconds=20)), "the supervisor did not start it"
    assert wait_for(lambda: is_ready(running) or None, within=timedelta(seconds=60))
    assert set(running.containers()) == set(before)
    assert running.alive() == set(PARTS)


def test_without_a_supervisor_killed_parts_wait_for_up(running: Installation) -> None:
    running.up("--no-supervisor")
    before = running.containers()
    for killed in ({"controlplane", "portal", "sandbox"}, {"postgres"}):
        for part in killed:
            kill(running, part)
        assert running.alive() == set(PARTS) - {"supervisor"} - killed
        assert "already running" not in running.up("--no-supervisor")
        assert set(running.containers()) == set(before)
        assert running.alive() == set(PARTS) - {"supervisor"}


def test_up_brings_back_a_killed_supervisor(running: Installation) -> None:
    kill(running, "supervisor")
    assert "Its supervisor was not: it is now." in running.up()
    assert running.alive() == set(PARTS)


def test_down_stops_all_and_a_second_down_is_no_error(running: Installation) -> None:
    before = set(running.containers())
    running.down()
    assert running.alive() == set()
    assert running.containers() == {}
    assert set(running.containers(all_of_them=True)) == before
    running.down()


def test_what_failed_leaves_nothing_half_done(installation: Installation) -> None:
    installation.down()
    broken = {**shell(), "DATABASE_URL": "no-address"}
    done = subprocess.run(  # noqa: S603  the repository's own script
        installation.command("up", "--detach"),
        cwd=installation.elsewhere,
        env=broken,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The database could not be migrated\n")
    assert installation.alive() == set()


def test_in_the_foreground_it_shows_the_logs_and_ends_with_everything(
    installation: Installation,
) -> None:
    installation.down()
    # Tests in a shell's background ignore Ctrl-C, and so does all that they start.
    heeding = ["env", "--default-signal=INT"]
    with subprocess.Popen(  # noqa: S603  the repository's own script
        [*heeding, *installation.command("up")],
        cwd=installation.elsewhere,
        env=shell(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as foreground:
        assert foreground.stdout is not None
        lines = iter(foreground.stdout)
        assert any("Ctrl-C stops everything" in line for line in lines)
        tenant = installation.tenants()[0]["id"]
        http.call(installation.api, "POST", f"/admin/tenants/{tenant}/worker/restart")
        assert any(line.startswith("controlplane ") for line in lines)
        foreground.send_signal(signal.SIGINT)
        rest = "".join(lines)
        assert foreground.wait(timeout=120) == 0
    assert "Stopping" in rest
    assert installation.alive() == set()
    assert installation.containers() == {}


def test_a_purge_with_half_of_it_gone_leaves_nothing(tmp_path: Path) -> None:
    made = new_installation(tmp_path)
    made.up("--no-demo")
    name = instance.find_id(made.paths)
    assert name is not None
    pids = [records.find_alive(made.paths.records, part) for part in PARTS]
    for lost in ("instance", "run/controlplane.json", "run/postgres.json", "run/platform.json"):
        (made.paths.state / lost).unlink()
    made.down("--purge")
    address = engine.address_of(shell())
    assert not made.paths.state.exists()
    assert name not in fleet.other_instances(address, None)
    assert [record for record in pids if record and records.is_alive(record)] == []
    assert (ROOT / ".venv").exists(), "another state directory's purge leaves the environment"


def test_with_the_real_whatsapp_there_is_no_sandbox(tmp_path: Path) -> None:
    made = new_installation(tmp_path)
    try:
        made.up("--live")
        assert made.alive() == set(PARTS) - {"sandbox"}
        assert made.containers(all_of_them=True) == {}
    finally:
        made.down("--purge")


def test_the_order_of_stopping_is_the_reverse_of_starting() -> None:
    parts = ("postgres", "logkeeper", "controlplane", "portal", "sandbox", "supervisor")
    assert parts == platform.STARTED
