"""Migrations on a real PostgreSQL, run as an installation runs them."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg

from shared.db.migrations import flowhq_2026_11_29t07_11_00_000000 as name_authors
from shared.stores import tenants
from shared.tables import ALL_TABLES
from tests.fakes.businesses import business


async def test_a_fresh_database_gets_every_table(empty_database_url, migrate):
    await asyncio.to_thread(migrate, empty_database_url)
    assert {table._meta.tablename for table in ALL_TABLES} <= await _tables(empty_database_url)


async def test_a_second_run_finds_nothing_to_do(database_url, migrate):
    said = await asyncio.to_thread(migrate, database_url)
    assert "No migrations need to be run" in said


async def test_two_at_once_migrate_once(empty_database_url, migrate):
    said = await asyncio.gather(*(asyncio.to_thread(migrate, empty_database_url) for _ in range(2)))
    assert sum("No migrations need to be run" in each for each in said) == 1


async def test_replies_of_before_get_their_authors(database, database_url):  # noqa: ARG001  bound
    tenant_id = (await tenants.create(business())).id
    asha, gone = uuid4(), uuid4()
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO users (id, tenant, email) VALUES ($1, $2, 'asha@x')", asha, tenant_id
        )
        await connection.execute(
            "INSERT INTO portal_event_logs (tenant, event_type, payload_json)"
            " VALUES ($1, 'replied', jsonb_build_object('member', $2::text, 'who', 'gone@x'))",
            *(tenant_id, str(gone)),
        )
        for key in (f"portal/{asha}/k", f"portal/{gone}/k", f"portal/{uuid4()}/k", "order-1", None):
            await connection.execute(
                "INSERT INTO outbound_messages (tenant, idempotency_key, fingerprint, to_phone,"
                ' content_json) VALUES ($1, $2, \'\', \'1\', \'{"type": "text", "text": ""}\')',
                *(tenant_id, key),
            )
        await connection.execute(name_authors.FORWARDS)
        rows = await connection.fetch("SELECT author FROM outbound_messages ORDER BY author")
    finally:
        await connection.close()
    assert [row["author"] for row in rows] == ["asha@x", "gone@x", None, None, None]


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    finally:
        await connection.close()
    return {row["table_name"] for row in rows}


ROOT = Path(__file__).parents[3]
BEFORE, FIRST, LAST = (f"2026-11-{each}:00:000000" for each in ("29T07:41", "30T10:00", "30T10:01"))
# Minutes of an hour, in the order in which rows are written here.
MINUTES = (3, 1, 4, 0, 5, 9, 2, 6)
OF_TENANT = "FROM tenants WHERE phone_number = '+255712300000'"
WRITE = {
    "tenants": "INSERT INTO tenants (name, phone_number, created_at) VALUES ('Duka', $2, $1)",
    "users": "INSERT INTO users (tenant, email, role, created_at)"
    f" SELECT id, $2 || '@example.com', 'OWNER', $1 {OF_TENANT}",
    "message_logs": "INSERT INTO message_logs (tenant, direction, kind, from_number, to_number,"
    " message_text, wa_message_id, created_at)"
    f" SELECT id, 'IN', 'TEXT', $2, phone_number, 'Habari', $2, $1 {OF_TENANT}",
    "outbound_messages": "INSERT INTO outbound_messages (tenant, fingerprint, to_phone,"
    " content_json, created_at)"
    f""" SELECT id, '', $2, '{{"type": "text", "text": "Karibu"}}', $1 {OF_TENANT}""",
    "contacts": "INSERT INTO contacts (tenant, phone, push_name, first_seen_at)"
    f" SELECT id, $2, '', $1 {OF_TENANT}",
    "setup_requests": "INSERT INTO setup_requests (tenant, note, status, created_at)"
    f" SELECT id, $2, 'REJECTED', $1 {OF_TENANT}",
    "admin_audit_logs": "INSERT INTO admin_audit_logs (who, action, address, at)"
    " VALUES ($2, 'tenant.created', '::1', $1)",
}
TIMES = {"contacts": "first_seen_at", "admin_audit_logs": "at"}
SHARING = ("message_logs", "outbound_messages")


async def test_rows_of_before_keep_their_order_and_new_ones_come_after(empty_database_url, migrate):
    url = empty_database_url
    await asyncio.to_thread(_run_piccolo, url, "forwards", BEFORE)
    for number, minute in enumerate(MINUTES):
        await _write(url, number, minute)
    await asyncio.to_thread(_run_piccolo, url, "forwards", LAST)
    as_before = [*range(1, len(MINUTES) + 1)]
    assert await _numbers(url) == dict.fromkeys((*WRITE.keys() - SHARING, "shared"), as_before)
    # Under a clock that was set back by an hour.
    await _write(url, len(MINUTES), -60)
    after = [len(MINUTES) + 1, *as_before]
    assert await _numbers(url) == dict.fromkeys((*WRITE.keys() - SHARING, "shared"), after)
    # Taken back, and done again.
    await asyncio.to_thread(_run_piccolo, url, "backwards", FIRST)
    await asyncio.to_thread(migrate, url)
    in_time = [*range(1, len(MINUTES) + 2)]
    assert await _numbers(url) == dict.fromkeys((*WRITE.keys() - SHARING, "shared"), in_time)


def _run_piccolo(url: str, direction: str, migration: str) -> None:
    done = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-m", "piccolo.main", "migrations", direction, "flowhq", migration]
        + (["--auto_agree"] if direction == "backwards" else []),
        cwd=ROOT,
        env={**os.environ, "FLOWHQ_DATABASE_URL": url, "PICCOLO_CONF": "shared.db.piccolo_conf"},  # noqa: TID251  a child process's own
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def _write(url: str, number: int, minute: int) -> None:
    """A row in each table, of this minute."""
    at = datetime(2026, 11, 24, 8, tzinfo=UTC) + timedelta(minutes=minute)
    connection = await asyncpg.connect(url)
    try:
        for statement in WRITE.values():
            await connection.execute(statement, at, f"+25571230000{number}")
    finally:
        await connection.close()


async def _numbers(url: str) -> dict[str, list[int]]:
    """Of each table's rows in the order of their times and ids. Those that share a sequence must
    take turns, and are as one.
    """
    connection = await asyncpg.connect(url)

    async def list_numbers(table: str) -> list[int]:
        query = f"SELECT seq FROM {table} ORDER BY {TIMES.get(table, 'created_at')}, id"  # noqa: S608
        return [row["seq"] for row in await connection.fetch(query)]

    try:
        found = {table: await list_numbers(table) for table in WRITE}
    finally:
        await connection.close()
    pairs = zip(*(found.pop(table) for table in SHARING), strict=True)
    return {**found, "shared": [max(pair) // 2 for pair in pairs]}
