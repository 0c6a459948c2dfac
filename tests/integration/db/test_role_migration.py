"""Operators get roles on a filled database, and lose them again without anybody's getting more."""

import asyncio
from uuid import UUID

import asyncpg

from tests.integration.db.test_migrate import _run_piccolo

BEFORE, FIRST = "2026-11-30T23:01:00:000000", "2026-11-30T23:20:00:000000"


async def test_operators_of_before_administer_and_who_does_not_is_gone_backwards(
    empty_database_url, migrate
):
    url = empty_database_url
    await asyncio.to_thread(_run_piccolo, url, "forwards", BEFORE)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO users (email, role) VALUES ('a@x', 'ADMIN'), ('b@x', 'ADMIN'),"
            " ('asha@x', 'OWNER')"
        )
        await asyncio.to_thread(migrate, url)
        assert await roles(connection) == {"a@x": "ADMIN", "b@x": "ADMIN"}
        await connection.execute(
            "UPDATE operator_accounts SET role = 'READ_ONLY' WHERE operator = $1",
            await id_of(connection, "b@x"),
        )
        await asyncio.to_thread(_run_piccolo, url, "backwards", FIRST)
        rows = await connection.fetch("SELECT email FROM users ORDER BY email")
        assert [row["email"] for row in rows] == ["a@x", "asha@x"]
        await asyncio.to_thread(migrate, url)
        assert await roles(connection) == {"a@x": "ADMIN"}
    finally:
        await connection.close()


async def roles(connection: asyncpg.Connection) -> dict[str, str]:
    rows = await connection.fetch(
        "SELECT u.email, a.role FROM users u JOIN operator_accounts a ON a.operator = u.id"
    )
    return {row["email"]: row["role"] for row in rows}


async def id_of(connection: asyncpg.Connection, email: str) -> UUID:
    found: UUID = await connection.fetchval("SELECT id FROM users WHERE email = $1", email)
    return found
