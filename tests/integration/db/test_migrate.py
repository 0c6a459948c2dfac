"""Migrations on a real PostgreSQL, run as an installation runs them."""

import asyncio

import asyncpg

from shared.tables import ALL_TABLES


async def test_a_fresh_database_gets_every_table(empty_database_url, migrate):
    await asyncio.to_thread(migrate, empty_database_url)
    assert {table._meta.tablename for table in ALL_TABLES} <= await _tables(empty_database_url)


async def test_a_second_run_finds_nothing_to_do(database_url, migrate):
    said = await asyncio.to_thread(migrate, database_url)
    assert "No migrations need to be run" in said


async def test_two_at_once_migrate_once(empty_database_url, migrate):
    said = await asyncio.gather(*(asyncio.to_thread(migrate, empty_database_url) for _ in range(2)))
    assert sum("No migrations need to be run" in each for each in said) == 1


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    finally:
        await connection.close()
    return {row["table_name"] for row in rows}
