"""Runs the migrations that have not run. Any number of processes may do so at once."""

import asyncio
import os
from datetime import timedelta

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards

from shared.backoff import Backoff
from shared.db.portal_role import ROLE, restrain_portal
from shared.errors import DatabaseUnavailableError

# Any number will do that nothing else in this database locks.
MIGRATION_LOCK = 0x466C6F77
# A server that is starting beside us (compose, a reboot) is there well within this.
CONNECT_ATTEMPTS = 12
LOCK_RETRY = timedelta(milliseconds=200)
_BACKOFF = Backoff(first=timedelta(milliseconds=100), ceiling=timedelta(seconds=5))


async def migrate(url: str) -> bool:
    """False when Piccolo says that a migration failed. Holds an advisory lock meanwhile, so
    that a second caller waits and then finds nothing to do.
    """
    connection = await _connect(url)
    try:
        await _take_lock(connection)
        os.environ["PICCOLO_CONF"] = "shared.db.piccolo_conf"  # noqa: TID251  how Piccolo is told
        result = await run_forwards("all")
        if result.success:
            await restrain_portal(connection)
        return bool(result.success)
    finally:
        await connection.close()  # and with it the lock


async def _take_lock(connection: asyncpg.Connection) -> None:
    """Waits for another migration, and not for the portal, which has no business with this lock."""
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", MIGRATION_LOCK):
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND usename = $2",
            *(MIGRATION_LOCK, ROLE),
        )
        await asyncio.sleep(LOCK_RETRY.total_seconds())


async def _connect(url: str) -> asyncpg.Connection:
    for attempt in range(1, CONNECT_ATTEMPTS + 1):
        try:
            return await asyncpg.connect(url)
        except (OSError, asyncpg.CannotConnectNowError) as error:
            if attempt == CONNECT_ATTEMPTS:
                raise DatabaseUnavailableError("the database does not answer") from error
            await asyncio.sleep(_BACKOFF.delay(attempt).total_seconds())
    raise AssertionError("unreachable")
