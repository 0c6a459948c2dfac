"""The faults: each strikes as it is entered and is over as it is left, come what may.

Only what belongs to the ground's own instance is touched: processes by the launcher's records,
containers by their label, packets by the instance's own bridge.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from pathlib import Path

import httpx
import msgspec

from launcher import engine, host, postgres, processes, records
from launcher.processes import ProcessSpec
from tests.e2e.chaos.ground import Ground
from tests.e2e.chaos.skewed import MODULE
from tests.e2e.platform.running import wait_for
from tests.fakes import small_disk
from tests.fakes.plain_http import NO_TLS

Strike = Callable[[Ground, str], AbstractContextManager[None]]
GRACE = 20  # seconds that the control plane gives a worker
MEMORY = 256 * 1024 * 1024  # the control plane's limit for a worker
# Less than Python needs to start: what comes on top of the worker is what goes too far.
HEADROOM = 1024 * 1024
JUMP = 3600  # seconds
DAY = 86_400


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """strike: takes the ground and the tenant that was drawn. lasts: seconds, from and to.

    prepare: before the round's traffic; clear_up: once its evidence is in.
    is_felt_by_all: whether recovery is that of all tenants. interval: between two messages of
    a customer. is_asked_for: only when named, because others on the machine would feel it.
    is_of_small_disk: strikes the tenant that has one. ends_worker: so that it is to be started
    again, and what ended in earlier rounds would make that later. turns_back: seconds by which
    rows of the round may be dated before it.
    """

    name: str
    what: str
    strike: Strike
    prepare: Callable[[Ground, str], None] = lambda _ground, _tenant_id: None
    clear_up: Callable[[Ground], None] = lambda _ground: None
    lasts: tuple[float, float] = (0.5, 3.0)
    is_felt_by_all: bool = True
    interval: float = 0.6
    is_asked_for: bool = False
    is_of_small_disk: bool = False
    ends_worker: bool = False
    turns_back: int = 0


@contextmanager
def kill_worker(ground: Ground, tenant_id: str) -> Iterator[None]:
    ground.platform.engine.kill(ground.find_container(tenant_id))
    yield


@contextmanager
def stop_worker(ground: Ground, tenant_id: str) -> Iterator[None]:
    ground.platform.engine.stop(ground.find_container(tenant_id), timeout=GRACE)
    yield


@contextmanager
def pause_worker(ground: Ground, tenant_id: str) -> Iterator[None]:
    container = ground.find_container(tenant_id)
    ground.platform.engine.pause(container)
    try:
        yield
    finally:
        state = ground.platform.engine.inspect_container(container)["State"]
        if state["Paused"]:  # the control plane may have found it first
            ground.platform.engine.unpause(container)


@contextmanager
def starve_worker(ground: Ground, tenant_id: str) -> Iterator[None]:
    """Its memory limit falls to what it uses, and something in it asks for more: the kernel
    then kills the largest process there, which is the worker.
    """
    engine = ground.platform.engine
    container = ground.find_container(tenant_id)
    used = engine.stats(container, stream=False)["memory_stats"]
    limit = used["usage"] - used["stats"].get("inactive_file", 0) + HEADROOM
    engine.update_container(container, mem_limit=limit, memswap_limit=limit)
    try:
        hog = engine.exec_create(container, ["python", "-c", "len(bytearray(64 << 20))"])
        with contextlib.suppress(httpx.HTTPError, OSError):
            engine.exec_start(hog["Id"])
        yield
    finally:
        # The same container starts again, with the limits that it has.
        engine.update_container(container, mem_limit=MEMORY, memswap_limit=MEMORY)


@contextmanager
def kill_control_plane(ground: Ground, _tenant_id: str) -> Iterator[None]:
    spec = _kill(ground, "controlplane")
    yield
    _start_control_plane(ground, spec)


@contextmanager
def kill_sandbox(ground: Ground, _tenant_id: str) -> Iterator[None]:
    spec = _kill(ground, "sandbox")
    yield
    processes.start(ground.paths, spec)
    wait_for(lambda: ground.platform.sandbox.get("/healthz").is_success, "a sandbox")


@contextmanager
def kill_database(ground: Ground, _tenant_id: str) -> Iterator[None]:
    _kill(ground, "postgres")
    yield
    _start_database(ground)


@contextmanager
def stop_database(ground: Ground, _tenant_id: str) -> Iterator[None]:
    processes.stop(ground.paths, "postgres", ask=signal.SIGINT)
    yield
    _start_database(ground)


@contextmanager
def slow_database(ground: Ground, _tenant_id: str) -> Iterator[None]:
    """Every server process that serves a client stands still; new ones are let in and answer."""
    held = []
    try:
        for pid in _list_backends(_pid_of(ground, "postgres")):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                held.append(pid)
        yield
    finally:
        for pid in held:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def cut_gateway(ground: Ground, _tenant_id: str) -> Iterator[None]:
    with _dropped_packets(ground, port=ground.platform.ports[1]):
        yield


@contextmanager
def cut_whatsapp(ground: Ground, _tenant_id: str) -> Iterator[None]:
    with _dropped_packets(ground, port=ground.platform.ports[4]):
        yield


@contextmanager
def reset_whatsapp(ground: Ground, tenant_id: str) -> Iterator[None]:
    phone = ground.tenants[tenant_id]["phone_number"]
    ground.platform.sandbox.post(f"/phones/{phone}/disconnect").raise_for_status()
    yield


@contextmanager
def change_image(ground: Ground, _tenant_id: str) -> Iterator[None]:
    """All workers move to another image: the same content, another id."""
    _restart_control_plane(ground, worker_image=_other_image(ground))
    _await_image(ground, _other_image(ground))
    yield


def build_image(ground: Ground, _tenant_id: str) -> None:
    usual = _environment_of(ground)["FLOWHQ_WORKER_IMAGE"]
    recipe = f"FROM {usual}\nLABEL flowhq.chaos={ground.platform.instance}\n".encode()
    tag = _other_image(ground)
    for _ in ground.platform.engine.build(fileobj=BytesIO(recipe), tag=tag, rm=True):
        pass
    ground.usual_image = usual


def restore_image(ground: Ground) -> None:
    """With nobody writing: the way back is no other than the way there."""
    _restart_control_plane(ground, worker_image=ground.usual_image)
    _await_image(ground, ground.usual_image)
    ground.platform.engine.remove_image(_other_image(ground), force=True)


def _other_image(ground: Ground) -> str:
    return f"flowhq-chaos:{ground.platform.instance}"


@contextmanager
def second_control_plane(ground: Ground, _tenant_id: str) -> Iterator[None]:
    """On the same database and engine, under the same name, on other ports: as when somebody
    starts a copy and forgets the first.
    """
    directory = ground.paths.state / "second"
    directory.mkdir(exist_ok=True)
    # Without a key it would make one, and the first one's would be worth nothing.
    shutil.copy(ground.paths.admin_key, directory)
    settings = {
        "FLOWHQ_PORT": str(ground.spare_ports[0]),
        "FLOWHQ_GATEWAY_PORT": str(ground.spare_ports[1]),
        "FLOWHQ_STATE_DIR": str(directory),
    }
    with (ground.paths.logs / "controlplane-second.log").open("ab") as output:
        second = subprocess.Popen(
            [sys.executable, "-P", "-m", "controlplane"],
            env=_environment_of(ground) | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    ready = f"http://127.0.0.1:{ground.spare_ports[0]}/healthz"
    try:
        wait_for(
            lambda: second.poll() is not None or httpx.get(ready, verify=NO_TLS).is_success,
            "a second one",
        )
        yield
    finally:
        second.terminate()
        second.wait(timeout=30)


@contextmanager
def fill_disk(ground: Ground, _tenant_id: str) -> Iterator[None]:
    assert ground.small_disk is not None
    small_disk.fill(ground.small_disk)
    try:
        yield
    finally:
        small_disk.clear(ground.small_disk)


def renew_worker(ground: Ground, tenant_id: str) -> None:
    """Its journals begin anew: in an old one's space a worker could write on for a while."""
    ground.renew(tenant_id)


def skew_control_plane(ground: Ground, _tenant_id: str) -> None:
    """Only this process gets another clock: nothing gives a container one of its own, and the
    machine's is everybody's.
    """
    ground.skew_clock(0)
    if MODULE not in Path(f"/proc/{_pid_of(ground, 'controlplane')}/cmdline").read_text():
        _restart_control_plane(ground, module=MODULE, arguments=[str(ground.clock_file)])


@contextmanager
def jump_ahead(ground: Ground, _tenant_id: str) -> Iterator[None]:
    with _jumped(ground, JUMP):
        yield


@contextmanager
def jump_back(ground: Ground, _tenant_id: str) -> Iterator[None]:
    with _jumped(ground, -JUMP):
        yield


@contextmanager
def _jumped(ground: Ground, seconds: int) -> Iterator[None]:
    ground.skew_clock(seconds)
    try:
        yield
    finally:
        ground.skew_clock(0)


@contextmanager
def date_messages_back(ground: Ground, tenant_id: str) -> Iterator[None]:
    """What customers write bears the time of a day before, as when WhatsApp's clock is wrong."""
    faults = f"/phones/{ground.tenants[tenant_id]['phone_number']}/faults"
    ground.platform.sandbox.put(faults, json={"clock_skew": -DAY}).raise_for_status()
    try:
        yield
    finally:
        ground.platform.sandbox.delete(faults).raise_for_status()


@contextmanager
def restart_engine(ground: Ground, _tenant_id: str) -> Iterator[None]:
    """The whole machine's engine. Not while anybody else's containers run."""
    running = {each["Id"] for each in ground.platform.engine.containers()}
    others = running - {each["Id"] for each in ground.platform.containers()}
    if others:
        raise RuntimeError(f"{len(others)} containers of others run on this engine")
    pid = int(engine.PIDFILE.read_text())
    command, environ = _command_of(pid), _environ_of(pid)
    os.kill(pid, signal.SIGTERM)
    yield
    wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the engine's end")
    if host.has_systemd() or engine.started_here(ground.paths):
        ground.bring_up()
        return
    # As it was, and nobody's: one that `up` starts would end with this platform.
    subprocess.Popen(  # noqa: S603  the very engine that ran before
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(ground.platform.engine.ping, "an engine")


def _pid_of(ground: Ground, name: str) -> int:
    """Raises LookupError unless it is alive and the very process that was recorded."""
    record = records.find_alive(ground.paths.records, name)
    if record is None:
        raise LookupError(f"{name} does not run")
    return record.pid


def _kill(ground: Ground, name: str) -> ProcessSpec:
    """What starts it again as it was."""
    record = records.find_alive(ground.paths.records, name)
    if record is None:
        raise LookupError(f"{name} does not run")
    spec = ProcessSpec(
        name=name, command=_command_of(record.pid), environ=_environment_of(ground, name)
    )
    os.kill(record.pid, signal.SIGKILL)
    wait_for(lambda: processes.is_gone(record), f"the end of {name}")
    return spec


def _start_control_plane(ground: Ground, spec: ProcessSpec) -> None:
    """By the launcher's own means, so that its records stay true; `up` would first look at all
    the rest, which takes longer than the fault.
    """
    processes.start(ground.paths, spec)
    wait_for(lambda: ground.platform.call("GET", "/readyz") is not None, "a control plane")


def _start_database(ground: Ground) -> None:
    postgres.start(ground.paths, postgres.cluster_of(ground.paths, ground.platform.instance))


def _list_backends(postmaster: int) -> list[int]:
    """Children that serve a client: `postgres: role database …`."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    titles = {int(pid): _title(int(pid)) for pid in children}
    return [pid for pid, title in titles.items() if " flowhq " in title]


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except FileNotFoundError:
        return ""


def _command_of(pid: int) -> list[str]:
    content = Path(f"/proc/{pid}/cmdline").read_bytes()
    return content.decode().removesuffix("\0").split("\0")


def _environment_of(ground: Ground, name: str = "controlplane") -> dict[str, str]:
    return _environ_of(_pid_of(ground, name))


def _environ_of(pid: int) -> dict[str, str]:
    content = Path(f"/proc/{pid}/environ").read_bytes()
    return dict(item.split("=", 1) for item in content.decode().split("\0") if "=" in item)


def _restart_control_plane(
    ground: Ground,
    *,
    worker_image: str | None = None,
    module: str = "controlplane",
    arguments: Sequence[str] = (),
) -> None:
    environ = _environment_of(ground) | {"PYTHONPATH": str(ground.paths.root)}
    if worker_image is not None:
        environ["FLOWHQ_WORKER_IMAGE"] = worker_image
    processes.stop(ground.paths, "controlplane")
    command = [sys.executable, "-P", "-m", module, *arguments]
    _start_control_plane(ground, ProcessSpec(name="controlplane", command=command, environ=environ))


def _await_image(ground: Ground, tag: str) -> None:
    wanted = ground.platform.engine.inspect_image(tag)["Id"]

    def settled() -> bool:
        running = [c for c in ground.platform.containers() if c["State"] == "running"]
        fresh = [c for c in running if c["ImageID"] == wanted]
        return len(fresh) == len(running) == len(ground.tenants)

    wait_for(settled, f"workers of {tag}", patience=120)


@contextmanager
def _dropped_packets(ground: Ground, *, port: int) -> Iterator[None]:
    """Both ways between the workers' bridge and one port of this machine; no reset is sent."""
    bridge = f"fhq-{ground.platform.instance}+"  # all of the installation's
    rules = [
        ["INPUT", "-i", bridge, "-p", "tcp", "--dport", str(port), "-j", "DROP"],
        ["OUTPUT", "-o", bridge, "-p", "tcp", "--sport", str(port), "-j", "DROP"],
    ]
    laid = []
    try:
        for rule in rules:
            _iptables("-I", rule)
            laid.append(rule)
        yield
    finally:
        for rule in laid:
            _iptables("-D", rule)


def _iptables(verb: str, rule: list[str]) -> None:
    tool = shutil.which("iptables", path="/usr/sbin:/sbin:/usr/bin")
    if tool is None:
        raise RuntimeError("a network cut needs iptables and root")
    subprocess.run([tool, "-w", verb, *rule], check=True, capture_output=True)  # noqa: S603
