"""The doors of a platform that the tests of isolation use: admin API, sandbox, engine."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import msgspec
from docker.api.client import APIClient

from attack.stress.verdict import (
    CANARY,
    Container,
    Customer,
    Evidence,
    Received,
    Row,
    Sent,
    Tenant,
)

LINK_TIMEOUT = 120.0
POLL = 0.25


class MeasurementError(Exception):
    """The platform could not be measured: not reachable, or a tenant did not link."""


class Platform:
    """read_logs: what stands in each log file, by its name."""

    def __init__(
        self,
        *,
        api: str,
        sandbox: str,
        admin_key: str,
        instance: str,
        connect_engine: Callable[[], APIClient],
        read_logs: Callable[[], Mapping[str, str]],
    ) -> None:
        limits = httpx.Limits(max_connections=32)
        headers = {"authorization": f"Bearer {admin_key}"}
        self.api = httpx.AsyncClient(base_url=api, headers=headers, timeout=60, limits=limits)
        self.sandbox = httpx.AsyncClient(base_url=sandbox, timeout=120, limits=limits)
        self._connect_engine = connect_engine
        self.instance = instance
        self._read_logs = read_logs

    @cached_property
    def engine(self) -> APIClient:
        return self._connect_engine()

    async def aclose(self) -> None:
        await self.api.aclose()
        await self.sandbox.aclose()

    async def link(self, name: str) -> dict[str, Any]:
        """A new tenant whose worker is linked to a new phone; answers the tenant."""
        tenant = await self.create(name)
        await self.start_and_scan(tenant)
        return tenant

    async def create(self, name: str) -> dict[str, Any]:
        """A new tenant with the number of a new phone, not started."""
        phone = await json_of(self.sandbox.post("/phones", json={"name": name}))
        tenant: dict[str, Any] = await json_of(
            self.api.post(
                "/admin/tenants",
                json={
                    "name": name,
                    "phone_number": phone["phone_number"],
                    "template_type": "SUPPORT",
                    "language": "EN",
                },
            )
        )
        return tenant

    async def start_and_scan(self, tenant: dict[str, Any]) -> None:
        await json_of(self.api.post(f"/admin/tenants/{tenant['id']}/worker/start"))
        qr = await self._wait(tenant["id"], "qr")
        number = tenant["phone_number"]
        await json_of(self.sandbox.post(f"/phones/{number}/scan", json={"qr": qr}))
        await self._wait(tenant["id"], "connected")

    async def _wait(self, tenant_id: str, what: str) -> str:
        deadline = time.monotonic() + LINK_TIMEOUT
        view: dict[str, Any] = {}
        while time.monotonic() < deadline:
            view = await json_of(self.api.get(f"/admin/tenants/{tenant_id}/qr"))
            if what == "qr" and view.get("qr"):
                return str(view["qr"])
            if what == "connected" and view["state"] == "CONNECTED":
                return ""
            await asyncio.sleep(POLL)
        raise MeasurementError(f"tenant {tenant_id} did not get to {what}: {view.get('reason')}")

    async def write(self, *, tenant: dict[str, Any], customer: str) -> Sent:
        canary = f"canary-{secrets.token_hex(12)}"
        answer = await json_of(
            self.sandbox.post(
                f"/customers/{customer}/messages",
                json={"to": tenant["phone_number"], "text": f"Hello, about {canary}"},
            )
        )
        return Sent(
            canary=canary, tenant_id=tenant["id"], customer=customer, wa_message_id=answer["id"]
        )

    async def rows(self, tenant_id: str) -> list[Row]:
        items = await self._pages(f"/admin/tenants/{tenant_id}/logs")
        return msgspec.convert(items, list[Row])

    async def collect(self, sent: list[Sent]) -> Evidence:
        """Everything that is known now about every tenant of the platform, not only ours."""
        listed = await self._pages("/admin/tenants")
        rows = await asyncio.gather(*(self.rows(tenant["id"]) for tenant in listed))
        owners = {message.customer: message.tenant_id for message in sent}
        inboxes = await asyncio.gather(
            *(json_of(self.sandbox.get(f"/customers/{number}/messages")) for number in owners)
        )
        return Evidence(
            sent=sent,
            tenants=[
                Tenant(
                    id=tenant["id"],
                    name=tenant["name"],
                    phone_number=tenant["phone_number"],
                    container_id=tenant["worker"].get("container_id"),
                    rows=own,
                )
                for tenant, own in zip(listed, rows, strict=True)
            ],
            containers=await asyncio.to_thread(self._containers),
            customers=[
                Customer(
                    number=number,
                    tenant_id=owners[number],
                    received=msgspec.convert(inbox["items"], list[Received]),
                    dropped=inbox["dropped"],
                )
                for number, inbox in zip(owners, inboxes, strict=True)
            ],
            sightings=await asyncio.to_thread(self._sightings),
        )

    async def remove(self, tenant_id: str) -> None:
        answer = await self.api.delete(f"/admin/tenants/{tenant_id}")
        answer.raise_for_status()

    def _containers(self) -> list[Container]:
        listed = self.engine.containers(
            all=True, filters={"label": f"flowhq.instance={self.instance}"}
        )
        return [
            Container(
                tenant_id=item["Labels"]["flowhq.tenant"],
                id=item["Id"],
                state=item["State"],
                volumes=[m["Name"] for m in item["Mounts"] if m["Type"] == "volume"],
            )
            for item in listed
        ]

    def _sightings(self) -> dict[str, list[str]]:
        return {name: CANARY.findall(text) for name, text in self._read_logs().items()}

    async def _pages(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query: dict[str, str] = {"limit": "100"}
        while True:
            page = await json_of(self.api.get(path, params=query))
            items += page["items"]
            if page.get("next_cursor") is None:
                return items
            query["cursor"] = page["next_cursor"]


def open_platform(*, api: str, sandbox: str, state_dir: Path, docker_host: str) -> Platform:
    """One that `./scripts/up` runs, by its state directory."""
    logs = state_dir / "logs"
    return Platform(
        api=api,
        sandbox=sandbox,
        admin_key=(state_dir / "admin.key").read_text(encoding="utf-8").strip(),
        instance=(state_dir / "instance").read_text(encoding="utf-8").strip(),
        connect_engine=lambda: APIClient(base_url=docker_host, timeout=60),
        read_logs=lambda: {
            path.name: path.read_text(encoding="utf-8", errors="replace")
            for path in sorted(logs.iterdir())
            if path.is_file()
        },
    )


async def json_of(call: Any) -> Any:
    """What the request is answered. Raises MeasurementError for an error status."""
    answer: httpx.Response = await call
    if answer.is_error:
        raise MeasurementError(f"{answer.request.method} {answer.url}: {answer.text}")
    return answer.json()
