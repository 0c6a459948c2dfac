"""Runs the migrations that have not run. Any number of processes may do so at once."""

import asyncio
import os
from datetime import timedelta

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards

from shared.backoff import Backoff
from shared.errors import DatabaseUnavailableError

# Any number will do that nothing else in this database locks.
MIGRATION_LOCK = 0x466C6F77
# A server that is starting beside us (compose, a reboot) is there well within this.
CONNECT_ATTEMPTS = 12
_BACKOFF = Backoff(first=timedelta(milliseconds=100), ceiling=timedelta(seconds=5))


async def migrate(url: str) -> bool:
    """False when Piccolo says that a migration failed. Holds an advisory lock meanwhile, so
    that a second caller waits and then finds nothing to do.
    """
    connection = await _connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        os.environ["PICCOLO_CONF"] = "shared.db.piccolo_conf"  # noqa: TID251  how Piccolo is told
        result = await run_forwards("all")
        return bool(result.success)
    finally:
        await connection.close()  # and with it the lock


async def _connect(url: str) -> asyncpg.Connection:
    for attempt in range(1, CONNECT_ATTEMPTS + 1):
        try:
            return await asyncpg.connect(url)
        except (OSError, asyncpg.CannotConnectNowError) as error:
            if attempt == CONNECT_ATTEMPTS:
                raise DatabaseUnavailableError("the database does not answer") from error
            await asyncio.sleep(_BACKOFF.delay(attempt).total_seconds())
    raise AssertionError("unreachable")
