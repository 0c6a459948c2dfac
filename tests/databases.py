"""Migrated databases for tests, each as a new one: making one takes a hundred times what emptying
takes.
"""

from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

# What a change of the schema, of a right or of the migrations' own rows leaves: another row, or
# one of a later transaction. Sequences are set back without that.
_SCHEMA = """
    SELECT array_agg(ROW(rows, last)::text ORDER BY name) FROM (
        SELECT 'class' AS name, count(*) AS rows, max(xmin::text::int8) AS last FROM pg_class
        UNION ALL SELECT 'attribute', count(*), max(xmin::text::int8) FROM pg_attribute
        UNION ALL SELECT 'constraint', count(*), max(xmin::text::int8) FROM pg_constraint
        UNION ALL SELECT 'default', count(*), max(xmin::text::int8) FROM pg_attrdef
        UNION ALL SELECT 'function', count(*), max(xmin::text::int8) FROM pg_proc
        UNION ALL SELECT 'index', count(*), max(xmin::text::int8) FROM pg_index
        UNION ALL SELECT 'namespace', count(*), max(xmin::text::int8) FROM pg_namespace
        UNION ALL SELECT 'policy', count(*), max(xmin::text::int8) FROM pg_policy
        UNION ALL SELECT 'trigger', count(*), max(xmin::text::int8) FROM pg_trigger
        UNION ALL SELECT 'migration', count(*), max(xmin::text::int8) FROM migration
    ) AS catalogs
"""
# Also of what a test's processes left open; with a moment for each to be gone.
_END_CONNECTIONS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND backend_type = 'client backend'
"""
# Without triggers: nobody is told, and no other table is asked.
_REMOVE_ROWS = """
    DO $$
    DECLARE
        name text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables
                     WHERE schemaname = 'public' AND tablename <> 'migration' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
        PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
           FROM pg_sequences
          WHERE schemaname = 'public' AND last_value IS NOT NULL
            AND sequencename <> 'migration_id_seq';
    END
    $$
"""
# Beyond that the room that rows have left makes what comes next slow.
_MOST_BYTES = 16 * 1024 * 1024


def database_at(address: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(address)._replace(path=f"/{name}"))


async def run_statement(address: str, statement: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def create_database(address: str, *, template: str) -> str:
    """The address of a new one, which lasts as long as its server or until it is dropped."""
    name = f"test_{uuid4().hex}"
    await run_statement(address, f"CREATE DATABASE {name} TEMPLATE {template}")
    return database_at(address, name)


async def drop_database(address: str, url: str) -> None:
    name = urlsplit(url).path.removeprefix("/")
    await run_statement(address, f"DROP DATABASE {name} WITH (FORCE)")


async def remove_rows(url: str) -> None:
    """All but those of the migrations, whoever is connected."""
    await run_statement(url, _REMOVE_ROWS)


class Databases:
    """address: of the server, as a superuser. template: a migrated database without rows."""

    def __init__(self, address: str, *, template: str) -> None:
        self._address = address
        self._template = template
        self._schema: list[str] | None = None
        self._empty: list[str] = []

    async def take(self) -> str:
        """The address of one that nobody else has."""
        if self._empty:
            return self._empty.pop()
        url = await create_database(self._address, template=self._template)
        if self._schema is None:
            connection = await asyncpg.connect(url)
            try:
                self._schema = await connection.fetchval(_SCHEMA)
            finally:
                await connection.close()
        return url

    async def give_back(self, url: str) -> None:
        """Emptied, or dropped if it is no longer as it was made."""
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_END_CONNECTIONS)
            is_small = await connection.fetchval(
                "SELECT pg_database_size(current_database()) < $1", _MOST_BYTES
            )
            is_as_made = is_small and await connection.fetchval(_SCHEMA) == self._schema
            if is_as_made:
                await connection.execute(_REMOVE_ROWS)
        finally:
            await connection.close()
        if is_as_made:
            self._empty.append(url)
        else:
            await drop_database(self._address, url)
