"""A platform that `docker compose` runs on this machine's engine."""

import asyncio
import contextlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from docker.api.client import APIClient
from docker.errors import DockerException

from attack.errors import NotTriedError
from attack.platform.target import Address, Database, Target
from launcher import engine, fleet, parts

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
USER = "flowhq"
STATE = "/var/lib/flowhq"
URL = "FLOWHQ_DATABASE_URL"
PORTAL_PORT = "8080/tcp"
SERVICES = ("controlplane", "portal", "postgres")


def find_composed(project: str, environ: Mapping[str, str], *, sandbox: str | None) -> Target:
    """sandbox: where one runs that the workers are led to; compose brings none. Raises
    NotTriedError.
    """
    address = engine.address_of(environ)
    installation = ComposedInstallation(engine.connect(address), project)
    controlplane, portal = installation.inspect("controlplane"), installation.inspect("portal")
    settings = _settings_of(controlplane)
    instance = settings["FLOWHQ_INSTANCE"]
    host = settings.get("FLOWHQ_GATEWAY_HOST") or fleet.find_gateway(address, instance)
    published = portal["NetworkSettings"]["Ports"].get(PORTAL_PORT) or []
    if not host or not published:
        raise NotTriedError(f"compose's {project} has no network for workers, or no portal")
    return Target(
        kind="compose",
        api=f"http://{parts.LOOPBACK}:{settings['FLOWHQ_PORT']}",
        portal=f"http://{parts.LOOPBACK}:{published[0]['HostPort']}",
        sandbox=sandbox,
        gateway=Address(host, int(settings["FLOWHQ_GATEWAY_PORT"])),
        instance=instance,
        admin_key=installation.read_file("controlplane", f"{STATE}/admin.key"),
        database=_find_database(controlplane, portal),
        state_dir=_find_on_host(controlplane, STATE),
        files_socket=_find_on_host(controlplane, settings["FLOWHQ_FILES_SOCKET"]),
        engine_address=address,
        installation=installation,
    )


class ComposedInstallation:
    def __init__(self, client: APIClient, project: str) -> None:
        self._client = client
        self._project = project

    def inspect(self, service: str) -> dict[str, Any]:
        """Raises NotTriedError."""
        labels = [f"{PROJECT}={self._project}", f"{SERVICE}={service}"]
        try:
            found = self._client.containers(filters={"label": labels})
            if not found:
                raise NotTriedError(f"no {service} of the compose project {self._project} runs")
            seen: dict[str, Any] = self._client.inspect_container(found[0]["Id"])
        except DockerException as error:
            raise NotTriedError(f"the engine does not tell of {service}: {error}") from error
        return seen

    def identify(self, part: str) -> str | None:
        with contextlib.suppress(NotTriedError):
            state = self.inspect(part)["State"]
            if state["Running"]:
                return f"process {state['Pid']} of {state['StartedAt']}"
        return None

    def find_pid(self, part: str) -> int | None:
        with contextlib.suppress(NotTriedError):
            return int(self.inspect(part)["State"]["Pid"]) or None
        return None

    async def run_python(self, part: str, arguments: Sequence[str]) -> str:
        # Without -P: the code is in the directory where the container's Python starts.
        return await asyncio.to_thread(self._execute, part, ["python", *arguments])

    def read_file(self, service: str, path: str) -> str:
        return self._execute(service, ["cat", path]).strip()

    def read_logs(self) -> Mapping[str, str]:
        found = {}
        for service in SERVICES:
            container = self.inspect(service)["Id"]
            said: bytes = self._client.logs(container)
            found[f"{service}, of the engine"] = said.decode(errors="replace")
        for file in self._files():
            found[file.name] = file.read_text(encoding="utf-8", errors="replace")
        return found

    def list_log_modes(self) -> Mapping[str, int]:
        return {file.name: stat.S_IMODE(file.stat().st_mode) for file in self._files()}

    def _files(self) -> Iterator[Path]:
        state = _find_on_host(self.inspect("controlplane"), STATE)
        if state is not None and (state / "logs").is_dir():
            yield from sorted(path for path in (state / "logs").iterdir() if path.is_file())

    def _execute(self, service: str, command: Sequence[str]) -> str:
        """Raises OSError."""
        try:
            made = self._client.exec_create(self.inspect(service)["Id"], [*command], user=USER)
            output, complaint = self._client.exec_start(made["Id"], demux=True)
            code = self._client.exec_inspect(made["Id"])["ExitCode"]
        except (DockerException, NotTriedError) as error:
            raise OSError(f"{service}: {error}") from error
        if code != 0:
            raise OSError(f"{service}: {command[0]} ended with {code}: {complaint!r}")
        return (output or b"").decode()


def _find_database(controlplane: dict[str, Any], portal: dict[str, Any]) -> Database | None:
    """By the sockets and passwords on the volumes, where this machine lets us see those."""
    addresses = [_to_host(each) for each in (controlplane, portal)]
    owner, other = addresses
    return None if owner is None or other is None else Database(owner=owner, portal=other)


def _to_host(container: dict[str, Any]) -> str | None:
    """The database's address, its paths as this machine has them."""
    address = _settings_of(container).get(URL, "")
    split = urlsplit(address)
    query = dict(parse_qsl(split.query))
    for name in ("host", "passfile"):
        if name in query:
            place = _find_on_host(container, query[name])
            if place is None:
                return None
            query[name] = str(place)
    return urlunsplit(split._replace(query=urlencode(query))) if address else None


def _find_on_host(container: dict[str, Any], path: str) -> Path | None:
    """None where it is not on a volume, or not ours to see."""
    for mount in container["Mounts"]:
        inside = mount["Destination"]
        if path == inside or path.startswith(f"{inside}/"):
            place = Path(mount["Source"] + path.removeprefix(inside))
            return place if os.access(place, os.R_OK) else None
    return None


def _settings_of(container: dict[str, Any]) -> dict[str, str]:
    pairs = (each.partition("=") for each in container["Config"]["Env"])
    return {name: value for name, _, value in pairs if name.startswith("FLOWHQ_")}
