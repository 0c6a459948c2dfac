"""A deployment of the tests' own: compose.yaml with another name, other ports and local images."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
import yaml

from launcher import engine, environment
from tests.e2e.compose.images import ROOT, Images
from tests.fakes.plain_http import NO_TLS

COMPOSE_FILE = ROOT / "compose.yaml"
PATIENCE = 60.0
COMMAND_PATIENCE = 120
PROJECT_KEY = "com.docker.compose.project"
FoundT = TypeVar("FoundT")


class Deployment:
    """Speaks to compose as an operator does, to the admin API, and to the engine for evidence."""

    def __init__(
        self,
        *,
        address: str,
        images: Images,
        instance: str,
        ports: tuple[int, int, int],
        more: Mapping[str, str] | None = None,
    ) -> None:
        """ports: of the admin API, the gateway and the portal. more: variables of compose.yaml."""
        self.instance = instance
        self.project = f"flowhq-test-{instance}"
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.portal_url = f"http://127.0.0.1:{ports[2]}"
        self.gateway_port = ports[1]
        self.images = images
        self.address = address
        self.engine = engine.connect(address)
        self._environ = {
            **_bare_environment(),
            "DOCKER_HOST": address,
            "FLOWHQ_DOCKER_SOCKET": address.removeprefix("unix://"),
            "FLOWHQ_POSTGRES_IMAGE": images.postgres,
            "FLOWHQ_CONTROLPLANE_IMAGE": images.controlplane,
            "FLOWHQ_PORTAL_IMAGE": images.portal,
            "FLOWHQ_FENCE_IMAGE": images.fence,
            "FLOWHQ_WORKER_IMAGE": images.worker,
            "FLOWHQ_INSTANCE": instance,
            "FLOWHQ_PORT": str(ports[0]),
            "FLOWHQ_GATEWAY_PORT": str(ports[1]),
            "FLOWHQ_PORTAL_PORT": str(ports[2]),
            "FLOWHQ_PUBLIC_URL": self.portal_url,
            "FLOWHQ_HEARTBEAT_INTERVAL": "1",
            # A proxy that nobody runs: the worker's WhatsApp is unreachable, and stays on this
            # machine while it is.
            "FLOWHQ_WORKER_ENVIRONMENT": '{"HTTPS_PROXY": "http://{gateway_host}:9"}',
            **(more or {}),
        }

    def compose(self, *arguments: str) -> str:
        """What the command printed on standard output. An exit status other than 0 is a failure."""
        options = ["--project-name", self.project, "--file", str(COMPOSE_FILE)]
        done = subprocess.run(  # noqa: S603  our own arguments
            [*self.images.compose, *options, "--progress", "quiet", *arguments],
            cwd="/",
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_PATIENCE,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}{self._logs()}"
        return done.stdout

    def up(self) -> None:
        self.compose("up", "--detach", "--no-build", "--wait", "--wait-timeout", "90")

    def exec(self, service: str, *command: str, user: str = "flowhq") -> str:
        return self.compose("exec", "-T", "--user", user, service, *command)

    def admin_key(self) -> str:
        return self.exec("controlplane", "cat", "/var/lib/flowhq/admin.key").strip()

    def call(self, method: str, path: str, *, body: object = None) -> Any:
        """The answer's JSON. Raises on an error status."""
        answer = httpx.request(
            method,
            self.url + path,
            headers={"authorization": f"Bearer {self.admin_key()}"},
            json=body,
            timeout=PATIENCE,
            verify=NO_TLS,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def is_ready(self) -> bool:
        return is_ready(self.url)

    def is_portal_ready(self) -> bool:
        return is_ready(self.portal_url)

    def inspect(self, service: str) -> dict[str, Any]:
        labels = [f"{PROJECT_KEY}={self.project}", f"com.docker.compose.service={service}"]
        (found,) = self.engine.containers(all=True, filters={"label": labels})
        inspected: dict[str, Any] = self.engine.inspect_container(found["Id"])
        return inspected

    def logs(self, service: str) -> str:
        return str(self.engine.logs(self.inspect(service)["Id"]).decode(errors="replace"))

    def list_objects(self) -> list[str]:
        """Every container, volume and network of the project and of its workers."""
        names: list[str] = []
        for label in (f"{PROJECT_KEY}={self.project}", f"flowhq.instance={self.instance}"):
            named = {"label": label}
            containers = self.engine.containers(all=True, filters=named)
            names += [container["Names"][0] for container in containers]
            names += [volume["Name"] for volume in self.engine.volumes(named)["Volumes"] or []]
            names += [network["Name"] for network in self.engine.networks(filters=named)]
        return names

    def remove(self) -> None:
        """As docs/operations/compose.md says: compose's own, then what the control plane made."""
        self.compose("run", "--rm", "--no-deps", "fence", "take-down")
        self.compose("down", "--volumes", "--timeout", "20")
        ours = {"label": f"flowhq.instance={self.instance}"}
        for container in self.engine.containers(all=True, filters=ours):
            self.engine.remove_container(container["Id"], force=True)
        for volume in self.engine.volumes(ours)["Volumes"] or []:
            self.engine.remove_volume(volume["Name"])
        for network in self.engine.networks(filters=ours):
            self.engine.remove_network(network["Id"])

    def _logs(self) -> str:
        labels = {"label": f"{PROJECT_KEY}={self.project}"}
        return "".join(
            f"\n--- {seen['Names'][0]}, {seen['Status']}\n"
            + self.engine.logs(seen["Id"], tail=20).decode(errors="replace")
            for seen in self.engine.containers(all=True, filters=labels)
        )


def is_ready(url: str, path: str = "/readyz") -> bool:
    try:
        return httpx.get(url + path, timeout=PATIENCE, verify=NO_TLS).is_success
    except httpx.TransportError:
        return False


def wait_for(look: Callable[[], FoundT | None], what: str) -> FoundT:
    """What `look` gives once it gives something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)  # noqa: TID251  a poll of another process, not a guess
    raise AssertionError(f"no {what} within {PATIENCE:.0f} s")


def free_ports(count: int) -> list[int]:
    """Ports that nobody has now, all different."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def read_service(name: str) -> dict[str, Any]:
    """A service as compose.yaml has it, before variables are put in."""
    services = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    service: dict[str, Any] = services[name]
    return service


def _bare_environment() -> dict[str, str]:
    """Nothing of the caller's that compose.yaml or compose itself would read."""
    kept = environment.current()
    return {
        name: value for name, value in kept.items() if not name.startswith(("FLOWHQ_", "COMPOSE_"))
    }
