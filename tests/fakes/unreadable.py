"""Rows that this version cannot read: of a newer one, or of a dump without constraints."""

import asyncpg


async def plant(url: str, table: str, column: str, value: str, where: str) -> None:
    """As after a step back from a version whose words this one does not know: the database took
    them. The test's database is dropped afterwards, for it is not as it was made.
    """
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch(
            "SELECT conname FROM pg_constraint WHERE conrelid = $1::text::regclass"
            " AND contype = 'c' AND conkey @> ARRAY(SELECT attnum FROM pg_attribute"
            " WHERE attrelid = $1::text::regclass AND attname = $2)",
            *(table, column),
        )
        for row in names:
            await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {row['conname']}")
        if table == "admin_audit_logs":
            # A trigger keeps it as it was; other tables' triggers tell of what is changed.
            await connection.execute("SET session_replication_role = replica")
        done = await connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {where}")  # noqa: S608
        assert done != "UPDATE 0", "the row is not there"
    finally:
        await connection.close()
