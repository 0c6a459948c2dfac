"""The database that tests start keeps the time that they keep, also where `scripts/at` moves it."""

from datetime import timedelta

import asyncpg

from shared.clock import SystemClock


async def test_the_database_is_at_the_time_of_the_tests(database_url):
    connection = await asyncpg.connect(database_url)
    try:
        told = await connection.fetchval("SELECT clock_timestamp()")
    finally:
        await connection.close()
    # Where its user cannot read the library that moves clocks, the database stays behind.
    assert abs(told - SystemClock().now()) < timedelta(minutes=1)
