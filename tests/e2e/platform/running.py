"""A platform of the tests' own, brought up and taken away by the very scripts a person runs."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from docker import APIClient

from tests.fakes.plain_http import NO_TLS

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0
# What a person would wait for is not what is tested here: as fast as the worker can.
UNPACED = {
    "FLOWHQ_OUTBOUND_A_MINUTE": "6000",
    "FLOWHQ_OUTBOUND_A_MINUTE_PER_CHAT": "6000",
    "FLOWHQ_OUTBOUND_COLD_CHATS_A_DAY": "1000",
    "FLOWHQ_OUTBOUND_TYPING_PER_CHARACTER": "0",
    "FLOWHQ_OUTBOUND_TYPING_SHORTEST": "0",
    "FLOWHQ_OUTBOUND_TYPING_LONGEST": "0",
}


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now, below the range the kernel hands out by itself."""
    found: list[int] = []
    for port in range(21000, 32000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


class Platform:
    """Brings itself up with `up`; speaks the admin API, the sandbox's, and the engine's."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.ports = free_ports(6)
        self.api_url = f"http://127.0.0.1:{self.ports[0]}"
        self.sandbox_url = f"http://127.0.0.1:{self.ports[2]}"
        self.portal_url = f"http://127.0.0.1:{self.ports[5]}"
        self.engine = APIClient()
        self.sandbox = httpx.Client(base_url=self.sandbox_url, timeout=PATIENCE, verify=NO_TLS)

    def close(self) -> None:
        self.sandbox.close()
        self.engine.close()

    def script(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  our own script
            [str(ROOT / "scripts" / name), *arguments, "--state-dir", str(self.state_dir)],
            cwd=self.state_dir.parent,
            env=_environment() | {"FLOWHQ_WORKER_ENVIRONMENT": json.dumps(UNPACED)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        names = (
            "port",
            "gateway-port",
            "sandbox-port",
            "sandbox-tls-port",
            "sandbox-proxy-port",
            "portal-port",
        )
        ports = [
            word
            for name, port in zip(names, self.ports, strict=True)
            for word in (f"--{name}", str(port))
        ]
        return self.script("up", "--detach", *ports, *arguments)

    def python(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        addresses = ["--api", self.api_url, "--sandbox", self.sandbox_url]
        return self._run(script, *addresses, *arguments, timeout=300)

    def attack(self, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
        """As a person would: it finds the platform by its state directory."""
        return self._run("stress_test.py", "--attack", *arguments, timeout=timeout)

    def _run(
        self, script: str, *arguments: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  our own script
            [
                str(ROOT / ".venv/bin/python"),
                str(ROOT / "scripts" / script),
                *("--state-dir", str(self.state_dir)),
                *arguments,
            ],
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )

    @property
    def instance(self) -> str:
        return (self.state_dir / "instance").read_text().strip()

    def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> Any:
        """The answer's JSON. Raises on an error status."""
        key = (self.state_dir / "admin.key").read_text().strip()
        answer = httpx.request(
            method,
            self.api_url + path,
            headers={"authorization": f"Bearer {key}"} | (headers or {}),
            timeout=PATIENCE,
            verify=NO_TLS,
            **options,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def tenant(self, tenant_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/admin/tenants/{tenant_id}")
        return found

    def tenants(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/admin/tenants")["items"]
        return found

    def logs(self, tenant_id: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query: dict[str, str] = {"limit": "500"}
        while True:
            page = self.call("GET", f"/admin/tenants/{tenant_id}/logs", params=query)
            items += page["items"]
            if page.get("next_cursor") is None:
                return items
            query["cursor"] = page["next_cursor"]

    def containers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.engine.containers(
            all=True, filters={"label": f"flowhq.instance={self.instance}"}
        )
        return found

    def new_tenant(self, name: str) -> dict[str, Any]:
        phone = self.sandbox.post("/phones", json={"name": name}).raise_for_status().json()
        made: dict[str, Any] = self.call(
            "POST",
            "/admin/tenants",
            json={
                "name": name,
                "phone_number": phone["phone_number"],
                "template_type": "SUPPORT",
                "language": "EN",
            },
        )
        return made

    def new_linked_tenant(self, name: str) -> dict[str, Any]:
        return self.link_tenant(self.new_tenant(name))

    def link_tenant(self, tenant: dict[str, Any]) -> dict[str, Any]:
        tenant_id = tenant["id"]
        self.call("POST", f"/admin/tenants/{tenant_id}/worker/start")
        qr = wait_for(
            lambda: self.call("GET", f"/admin/tenants/{tenant_id}/qr").get("qr"), "a QR code"
        )
        self.sandbox.post(
            f"/phones/{tenant['phone_number']}/scan", json={"qr": qr}
        ).raise_for_status()
        self.wait_connected(tenant_id)
        return self.tenant(tenant_id)

    def wait_connected(self, tenant_id: str) -> dict[str, Any]:
        return wait_for(
            lambda: (
                found
                if (found := self.tenant(tenant_id))["session"]["state"] == "CONNECTED"
                else None
            ),
            "CONNECTED",
        )

    def new_customer(self) -> str:
        made = self.sandbox.post("/customers", json={}).raise_for_status().json()
        return str(made["phone_number"])

    def write(self, customer: str, tenant: dict[str, Any], text: str) -> str:
        """Answers the WhatsApp id of the message."""
        sent = self.sandbox.post(
            f"/customers/{customer}/messages", json={"to": tenant["phone_number"], "text": text}
        )
        return str(sent.raise_for_status().json()["id"])

    def received(self, customer: str) -> list[dict[str, Any]]:
        answer = self.sandbox.get(f"/customers/{customer}/messages").raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


def wait_for(look: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What `look` gives once it gives something; a platform that restarts may answer nothing."""
    deadline = time.monotonic() + patience
    problem: object = None
    while time.monotonic() < deadline:
        try:
            found = look()
        except (httpx.HTTPError, OSError) as error:
            problem = error
        else:
            if found:
                return found
        time.sleep(0.1)  # noqa: TID251  a poll of another process, not a guess
    raise AssertionError(f"no {what} within {patience:.0f} s ({problem})")


def read_pid(state_dir: Path, name: str) -> int:
    return int(json.loads((state_dir / "run" / f"{name}.json").read_text())["pid"])


def _environment() -> dict[str, str]:
    """The tests' environment without what would change the product's settings."""
    return {
        name: value
        for name, value in os.environ.items()  # noqa: TID251  the child's
        if not name.startswith("FLOWHQ_")
    }
