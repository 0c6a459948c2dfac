"""Rows as a clock leaves them that is set back again and again, in many processes."""

import asyncpg


async def set_clock_back(url: str, table: str, *, at: str, with_ids: bool = True) -> None:
    """Whatever is written from now on is an hour older than all that is there. with_ids: and its
    rows have ids that say nothing of their order.
    """
    ids = ", id = gen_random_uuid()" if with_ids else ""
    connection = await asyncpg.connect(url)
    try:
        # Of the audit log as well, which a trigger keeps as it was.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(f"UPDATE {table} SET {at} = {at} + interval '1 hour'{ids}")  # noqa: S608  a test's own
    finally:
        await connection.close()
