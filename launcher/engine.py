"""A Docker engine: an answering one is used as it is, else Debian's is installed and started."""

import contextlib
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import msgspec
import requests
from docker.api.client import APIClient
from docker.errors import APIError, DockerException

from launcher import environment, host, processes, records
from launcher.errors import LauncherError, NotReadyError
from launcher.paths import Paths
from launcher.waiting import wait_for

DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
PIDFILE = Path("/var/run/docker.pid")
PACKAGES = ("docker.io", "iptables")
PROCESS = "dockerd"
START_TIME = timedelta(seconds=60)
CALL_TIMEOUT_SECONDS = 60
START_BY_SYSTEMD = "sudo systemctl start docker"
START_BY_HAND = "sudo setsid dockerd >/var/log/dockerd.log 2>&1 </dev/null &"


class Engine(msgspec.Struct, frozen=True):
    """address: as DOCKER_HOST has it. version: the engine's own."""

    address: str
    version: str


def address_of(environ: Mapping[str, str]) -> str:
    return environ.get("DOCKER_HOST") or DEFAULT_ADDRESS


def connect(address: str) -> APIClient:
    return APIClient(base_url=address, version="auto", timeout=CALL_TIMEOUT_SECONDS)


def find_engine(address: str) -> Engine | None:
    """None when nothing answers; LauncherError when one is there and refuses us."""
    try:
        with contextlib.closing(APIClient(base_url=address, timeout=5)) as client:
            return Engine(address, str(client.version(api_version=False)["Version"]))
    except (APIError, DockerException, requests.RequestException) as error:
        if "Permission denied" in str(error) or "PermissionError" in str(error):
            raise LauncherError(
                f"The engine at {address} is not yours to use: "
                "run sudo usermod -aG docker $USER, log in again, and repeat"
            ) from error
        return None


def ensure_engine(paths: Paths, environ: Mapping[str, str]) -> Engine:
    address = address_of(environ)
    found = find_engine(address)
    if found is not None:
        return found
    if environ.get("DOCKER_HOST"):
        raise LauncherError(
            f"DOCKER_HOST is {address} and no engine answers there: start it, or unset DOCKER_HOST"
        )
    _start(paths)
    ready = wait_for(lambda: _ready(paths, address), within=START_TIME)
    if ready is None:
        raise NotReadyError(
            f"The engine did not answer at {address} within {START_TIME.seconds} s",
            processes.tail(processes.log_path(paths, PROCESS)),
        )
    return ready


def stop_own(paths: Paths) -> bool:
    """Stops the engine that this installation started by hand; False when there is none."""
    return processes.stop(paths, PROCESS, grace=timedelta(seconds=40))


def started_here(paths: Paths) -> bool:
    return records.find_alive(paths.records, PROCESS) is not None


def _start(paths: Paths) -> None:
    if not host.is_root():
        raise LauncherError(f"No Docker engine answers and only root may start one: {_advice()}")
    if host.find_tool("dockerd") is None or host.find_tool("iptables") is None:
        host.install_packages(PACKAGES, log=paths.logs / "apt.log", purpose="A Docker engine")
    if host.has_systemd():
        log = processes.log_path(paths, PROCESS)
        if host.run_logged(["systemctl", "start", "docker"], log) != 0:
            raise NotReadyError("systemd did not start docker", processes.tail(log))
        return
    _start_by_hand(paths)


def _start_by_hand(paths: Paths) -> None:
    dockerd = host.find_tool("dockerd")
    if dockerd is None:
        raise LauncherError(f"dockerd is not on this machine: {_advice()}")
    _drop_stale_pidfile()
    processes.start(
        paths,
        processes.ProcessSpec(
            name=PROCESS,
            # The output goes to a file and stays small: one line a container would never end.
            command=[dockerd, "--log-level", "warn"],
            environ=environment.for_tools(environment.current()),
            umask=host.UMASK,
        ),
    )


def _ready(paths: Paths, address: str) -> Engine | None:
    if not host.has_systemd() and not started_here(paths):
        raise NotReadyError(
            "The engine ended right after its start",
            processes.tail(processes.log_path(paths, PROCESS)),
        )
    return find_engine(address)


def _drop_stale_pidfile() -> None:
    """A killed engine leaves its pid, and dockerd refuses to start when any process has it now."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(PIDFILE.read_text(encoding="utf-8"))
        program = Path(f"/proc/{pid}/comm")
        if not program.exists() or not re.match("dockerd", program.read_text(encoding="utf-8")):
            PIDFILE.unlink()


def _advice() -> str:
    start = START_BY_SYSTEMD if host.has_systemd() else START_BY_HAND
    if host.find_tool("dockerd") is None:
        return f"run {host.install_command(PACKAGES)} && {start}"
    return f"run {start}"
