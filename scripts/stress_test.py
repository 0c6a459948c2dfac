#!/usr/bin/env python3
"""Proves isolation on a running platform, from evidence nobody wrote on purpose.

N tenants are created and linked, and customers write M messages to each, all at once, every
message carrying a random canary. Then the engine, the message logs (read through the API),
the log files and the customers' own phones are asked who has seen which canary.

    .venv/bin/python scripts/stress_test.py --tenants 5 --messages 40 --json result.json

Exit 0: isolated and complete. Exit 1: violations, listed. Exit 2: could not be measured.
`--keep` leaves the tenants; `--verify result.json` collects the evidence of a kept run again.
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec
from docker import APIClient
from stress_verdict import (
    CANARY,
    Container,
    Customer,
    Evidence,
    Received,
    Row,
    Sent,
    Tenant,
    Violation,
    judge,
)

LINK_TIMEOUT = 120.0
# The evidence is complete, or nothing new has come for this long and never will.
QUIET_TIMEOUT = 30.0
POLL = 0.25


class MeasurementError(Exception):
    """The platform could not be measured: not reachable, or a tenant did not link."""


class Platform:
    """The three doors that are asked: admin API, sandbox, engine."""

    def __init__(self, *, api: str, sandbox: str, state_dir: Path, docker_host: str) -> None:
        key = (state_dir / "admin.key").read_text().strip()
        self.logs = state_dir / "logs"
        limits = httpx.Limits(max_connections=32)
        self.api = httpx.AsyncClient(
            base_url=api, headers={"authorization": f"Bearer {key}"}, timeout=60, limits=limits
        )
        self.sandbox = httpx.AsyncClient(base_url=sandbox, timeout=120, limits=limits)
        self.engine = APIClient(base_url=docker_host, timeout=60)
        self.instance = (state_dir / "instance").read_text().strip()

    async def link(self, name: str) -> dict[str, Any]:
        """A new tenant whose worker is linked to a new phone; answers the tenant."""
        phone = await _json(self.sandbox.post("/phones", json={"name": name}))
        tenant = await _json(
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
        await _json(self.api.post(f"/admin/tenants/{tenant['id']}/worker/start"))
        qr = await self._wait(tenant["id"], "qr")
        await _json(self.sandbox.post(f"/phones/{phone['phone_number']}/scan", json={"qr": qr}))
        await self._wait(tenant["id"], "connected")
        return tenant

    async def _wait(self, tenant_id: str, what: str) -> str:
        deadline = time.monotonic() + LINK_TIMEOUT
        view: dict[str, Any] = {}
        while time.monotonic() < deadline:
            view = await _json(self.api.get(f"/admin/tenants/{tenant_id}/qr"))
            if what == "qr" and view.get("qr"):
                return str(view["qr"])
            if what == "connected" and view["state"] == "CONNECTED":
                return ""
            await asyncio.sleep(POLL)
        raise MeasurementError(f"tenant {tenant_id} did not get to {what}: {view.get('reason')}")

    async def write(self, *, tenant: dict[str, Any], customer: str) -> Sent:
        canary = f"canary-{secrets.token_hex(12)}"
        answer = await _json(
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
            *(_json(self.sandbox.get(f"/customers/{number}/messages")) for number in owners)
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
        files = sorted(path for path in self.logs.iterdir() if path.is_file())
        return {
            path.name: CANARY.findall(path.read_text(encoding="utf-8", errors="replace"))
            for path in files
        }

    async def _pages(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query: dict[str, str] = {"limit": "100"}
        while True:
            page = await _json(self.api.get(path, params=query))
            items += page["items"]
            if page.get("next_cursor") is None:
                return items
            query["cursor"] = page["next_cursor"]


async def _json(call: Any) -> Any:
    answer: httpx.Response = await call
    if answer.is_error:
        raise MeasurementError(f"{answer.request.method} {answer.url}: {answer.text}")
    return answer.json()


async def run_traffic(
    platform: Platform, *, tenants: int, messages: int, customers: int
) -> tuple[list[Sent], dict[str, float]]:
    """Links the tenants, then lets every customer write at once; waits for the answers."""
    run = secrets.token_hex(3)
    began = time.monotonic()
    linked = await asyncio.gather(*(platform.link(f"Stress {run}-{n}") for n in range(tenants)))
    ready = time.monotonic()
    senders = await asyncio.gather(
        *(
            _json(platform.sandbox.post("/customers", json={"name": f"Customer {n}"}))
            for n in range(tenants * customers)
        )
    )
    # The j-th message to every tenant goes out together: tenants interleave, as do customers.
    sent = await asyncio.gather(
        *(
            platform.write(
                tenant=tenant,
                customer=senders[index * customers + number % customers]["phone_number"],
            )
            for number in range(messages)
            for index, tenant in enumerate(linked)
        )
    )
    written = time.monotonic()
    await settle(platform, sent)
    times = {"link": ready - began, "write": written - ready, "answer": time.monotonic() - written}
    return sent, times


async def settle(platform: Platform, sent: list[Sent]) -> None:
    """Waits until every message has its two rows, or until nothing new has come for a while."""
    expected = Counter(message.tenant_id for message in sent)
    count, changed_at = -1, time.monotonic()
    while time.monotonic() - changed_at < QUIET_TIMEOUT:
        rows = await asyncio.gather(*(platform.rows(tenant) for tenant in expected))
        now = sum(len(own) for own in rows)
        if all(
            len(own) >= 2 * expected[tenant] for tenant, own in zip(expected, rows, strict=True)
        ):
            return
        if now != count:
            count, changed_at = now, time.monotonic()
        await asyncio.sleep(POLL)


# --- for a person ---------------------------------------------------------------------------


def render_table(evidence: Evidence, violations: list[Violation]) -> str:
    sent = Counter(message.tenant_id for message in evidence.sent)
    bad = Counter(violation.tenant_id for violation in violations)
    running = {c.tenant_id: c for c in evidence.containers if c.state == "running"}
    lines = [
        f"{'tenant':<22} {'container':<13} {'volume':<24} {'sent':>5} {'in':>5} {'out':>5}  verdict"
    ]
    for tenant in (tenant for tenant in evidence.tenants if tenant.id in sent):
        container = running.get(tenant.id)
        directions = Counter(row.direction for row in tenant.rows)
        lines.append(
            f"{tenant.name[:22]:<22} {container.id[:12] if container else '-':<13} "
            f"{'…' + container.volumes[0][-22:] if container and container.volumes else '-':<24} "
            f"{sent[tenant.id]:>5} {directions['IN']:>5} {directions['OUT']:>5}  "
            f"{f'{bad[tenant.id]} VIOLATIONS' if bad[tenant.id] else 'isolated'}"
        )
    lines += [f"  {v.rule}: tenant {v.tenant_id}: {v.detail}" for v in violations]
    return "\n".join(lines)


async def stress(options: argparse.Namespace) -> int:
    platform = Platform(
        api=options.api,
        sandbox=options.sandbox,
        state_dir=options.state_dir,
        docker_host=options.docker_host,
    )
    times: dict[str, float] = {}
    if options.verify:
        earlier = msgspec.json.decode(options.verify.read_bytes())
        sent = msgspec.convert(earlier["evidence"]["sent"], list[Sent])
    else:
        sent, times = await run_traffic(
            platform,
            tenants=options.tenants,
            messages=options.messages,
            customers=options.customers,
        )
    evidence = await platform.collect(sent)
    violations = judge(evidence)
    print(render_table(evidence, violations))
    print("  ".join(f"{name} {seconds:.1f} s" for name, seconds in times.items()))
    print(f"{len(sent)} messages, {len(violations)} violations")
    if options.json:
        result = {"violations": violations, "seconds": times, "evidence": evidence}
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
    if not options.keep:
        await asyncio.gather(*(platform.remove(t) for t in {message.tenant_id for message in sent}))
    return 1 if violations else 0


def parse_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tenants", type=int, default=3)
    parser.add_argument("--messages", type=int, default=20, help="to each tenant")
    parser.add_argument("--customers", type=int, default=4, help="of each tenant")
    parser.add_argument("--json", type=Path, help="write the evidence and the verdict here")
    parser.add_argument("--keep", action="store_true", help="leave the tenants running")
    parser.add_argument("--verify", type=Path, help="judge a kept run again, no new traffic")
    parser.add_argument("--api", default="http://127.0.0.1:8000")
    parser.add_argument("--sandbox", default="http://127.0.0.1:8070")
    parser.add_argument("--state-dir", type=Path, default=Path(".flowhq"))
    parser.add_argument("--docker-host", default="unix:///var/run/docker.sock")
    options = parser.parse_args(arguments)
    for name in ("tenants", "messages", "customers"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return options


def main() -> int:
    options = parse_options(sys.argv[1:])
    try:
        return asyncio.run(stress(options))
    except (MeasurementError, httpx.HTTPError, OSError) as error:
        print(f"could not be measured: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
