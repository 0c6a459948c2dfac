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
import re
import secrets
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx
import msgspec
from docker import APIClient

CANARY = re.compile(r"canary-[0-9a-f]{24}")
LINK_TIMEOUT = 120.0
# The evidence is complete, or nothing new has come for this long and never will.
QUIET_TIMEOUT = 30.0
POLL = 0.25


class MeasurementError(Exception):
    """The platform could not be measured: not reachable, or a tenant did not link."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    canary: str
    tenant_id: str
    customer: str
    wa_message_id: str


class Container(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: str
    id: str
    state: str
    volumes: list[str]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a tenant's MessageLog, as the API gives it."""

    direction: str
    from_number: str
    to_number: str
    message_text: str
    wa_message_id: str
    in_reply_to: str | None


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    phone_number: str
    container_id: str | None
    rows: list[Row]


class Received(msgspec.Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    id: str
    sender: str
    text: str


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    tenant_id: str
    received: list[Received]
    dropped: list[str]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """sightings: log file name → canaries found in it."""

    sent: list[Sent]
    tenants: list[Tenant]
    containers: list[Container]
    customers: list[Customer]
    sightings: dict[str, list[str]]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    rule: str
    tenant_id: str
    detail: str


# --- the verdict: pure, so that a planted leak can be shown to fail it --------------------


def judge(evidence: Evidence) -> list[Violation]:
    return [
        *judge_containers(evidence),
        *judge_inbound(evidence),
        *judge_answers(evidence),
        *judge_leaks(evidence),
    ]


def judge_containers(evidence: Evidence) -> list[Violation]:
    """Every stressed tenant has one running container and one volume that nobody shares."""
    found: list[Violation] = []
    mine = {sent.tenant_id for sent in evidence.sent}
    by_tenant: dict[str, list[Container]] = defaultdict(list)
    for container in evidence.containers:
        by_tenant[container.tenant_id].append(container)
    ids = Counter(container.id for container in evidence.containers)
    volumes = Counter(name for container in evidence.containers for name in container.volumes)
    for tenant in (tenant for tenant in evidence.tenants if tenant.id in mine):
        own = [container for container in by_tenant[tenant.id] if container.state == "running"]
        if len(own) != 1:
            found.append(_violation("one-container", tenant.id, f"{len(own)} running containers"))
            continue
        if ids[own[0].id] != 1:
            found.append(_violation("own-container", tenant.id, f"{own[0].id} is shared"))
        if tenant.container_id != own[0].id:
            found.append(
                _violation("own-container", tenant.id, f"the API names {tenant.container_id}")
            )
        if len(own[0].volumes) != 1 or volumes[own[0].volumes[0]] != 1:
            found.append(_violation("own-volume", tenant.id, f"volumes {own[0].volumes}"))
    return found


def judge_inbound(evidence: Evidence) -> list[Violation]:
    """Every message is in its tenant's log once, under its own id, from its own customer."""
    found: list[Violation] = []
    rows = {tenant.id: tenant.rows for tenant in evidence.tenants}
    for sent in evidence.sent:
        seen = [
            row
            for row in rows.get(sent.tenant_id, [])
            if row.direction == "IN" and sent.canary in row.message_text
        ]
        if len(seen) != 1:
            found.append(_violation("inbound-once", sent.tenant_id, f"{sent}: {len(seen)} rows"))
        elif (seen[0].wa_message_id, seen[0].from_number) != (sent.wa_message_id, sent.customer):
            found.append(_violation("inbound-true", sent.tenant_id, f"{sent}: {seen[0]}"))
    return found


def judge_answers(evidence: Evidence) -> list[Violation]:
    """Every message is answered once, and the answer is on that customer's phone once."""
    found: list[Violation] = []
    answers: dict[tuple[str, str | None], list[Row]] = defaultdict(list)
    for tenant in evidence.tenants:
        for row in tenant.rows:
            if row.direction == "OUT":
                answers[tenant.id, row.in_reply_to].append(row)
    phones = {tenant.id: tenant.phone_number for tenant in evidence.tenants}
    received = Counter(
        (customer.number, message.id, message.sender)
        for customer in evidence.customers
        for message in customer.received
    )
    for sent in evidence.sent:
        own = answers[sent.tenant_id, sent.wa_message_id]
        if len(own) != 1:
            found.append(_violation("answered-once", sent.tenant_id, f"{sent}: {len(own)} rows"))
            continue
        key = (sent.customer, own[0].wa_message_id, phones[sent.tenant_id])
        if own[0].to_number != sent.customer or received[key] != 1:
            found.append(
                _violation("answer-arrived", sent.tenant_id, f"{sent}: {received[key]} times")
            )
    found += [
        _violation("answer-readable", customer.tenant_id, f"{customer.number} dropped {name}")
        for customer in evidence.customers
        for name in customer.dropped
    ]
    return found


def judge_leaks(evidence: Evidence) -> list[Violation]:
    """No canary is anywhere but with its tenant, and no message text is in a log file at all."""
    found: list[Violation] = []
    owner = {sent.canary: sent for sent in evidence.sent}

    def foreign(text: str, tenant_id: str) -> list[str]:
        return [
            canary
            for canary in CANARY.findall(text)
            if canary in owner and owner[canary].tenant_id != tenant_id
        ]

    for tenant in evidence.tenants:
        for row in tenant.rows:
            found += [
                _violation("leak-in-message-log", tenant.id, f"{canary} in {row}")
                for canary in foreign(row.message_text, tenant.id)
            ]
    phones = {tenant.id: tenant.phone_number for tenant in evidence.tenants}
    for customer in evidence.customers:
        for message in customer.received:
            if message.sender != phones.get(customer.tenant_id):
                found.append(
                    _violation(
                        "leak-to-customer", customer.tenant_id, f"{customer.number} {message}"
                    )
                )
            found += [
                _violation("leak-to-customer", customer.tenant_id, f"{canary} at {customer.number}")
                for canary in foreign(message.text, customer.tenant_id)
            ]
    found += [
        _violation("text-in-log-file", owner[canary].tenant_id, f"{canary} in {name}")
        for name, canaries in evidence.sightings.items()
        for canary in canaries
        if canary in owner
    ]
    return found


def _violation(rule: str, tenant_id: str, detail: str) -> Violation:
    return Violation(rule=rule, tenant_id=tenant_id, detail=detail)


# --- the traffic and the evidence ----------------------------------------------------------


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
