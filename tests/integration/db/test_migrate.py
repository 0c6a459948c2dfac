"""Migrations on a real PostgreSQL, run as an installation runs them."""

import asyncio
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
