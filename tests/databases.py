"""Migrated databases for tests, each as a new one: making one takes a hundred times what emptying
takes.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

DoneT = TypeVar("DoneT")

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
    # As a migration leaves it; what is said of a whole database no copy takes along.
    await run_statement(address, f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")
    return database_at(address, name)


async def drop_database(address: str, url: str) -> None:
    name = urlsplit(url).path.removeprefix("/")
    await run_statement(address, f"DROP DATABASE {name} WITH (FORCE)")


async def remove_rows(url: str) -> None:
    """All but those of the migrations, whoever is connected."""
    await run_statement(url, _REMOVE_ROWS)


class Databases:
    """address: of the server, as a superuser. template: a migrated database without rows.

    Databases are emptied over connections that stay, on a loop that outlives those of the tests:
    what a new connection costs the server is most of what emptying costs.
    """

    def __init__(self, address: str, *, template: str) -> None:
        self._address = address
        self._template = template
        self._schema: list[str] | None = None
        self._empty: list[str] = []
        self._connections: dict[str, asyncpg.Connection] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="databases")
        self._thread.start()

    async def take(self) -> str:
        """The address of one that nobody else has."""
        return await self._run(self._take())

    async def give_back(self, url: str) -> None:
        """Emptied, or dropped if it is no longer as it was made."""
        await self._run(self._give_back(url))

    def close(self) -> None:
        for url in [*self._connections]:
            asyncio.run_coroutine_threadsafe(self._forget(url), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _run(self, work: Coroutine[None, None, DoneT]) -> DoneT:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _take(self) -> str:
        if self._empty:
            return self._empty.pop()
        url = await create_database(self._address, template=self._template)
        if self._schema is None:
            self._schema = await (await self._connect(url)).fetchval(_SCHEMA)
        return url

    async def _give_back(self, url: str) -> None:
        connection = await self._connect(url)
        await connection.execute(_END_CONNECTIONS)
        is_small = await connection.fetchval(
            "SELECT pg_database_size(current_database()) < $1", _MOST_BYTES
        )
        if is_small and await connection.fetchval(_SCHEMA) == self._schema:
            await connection.execute(_REMOVE_ROWS)
            self._empty.append(url)
        else:
            await self._forget(url)
            await drop_database(self._address, url)

    async def _connect(self, url: str) -> asyncpg.Connection:
        """Another one where a test has cut what it found."""
        kept = self._connections.get(url)
        try:
            if kept is not None:
                await kept.fetchval("SELECT 1")
                return kept
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            kept.terminate()
        self._connections[url] = await asyncpg.connect(url)
        return self._connections[url]

    async def _forget(self, url: str) -> None:
        connection = self._connections.pop(url, None)
        if connection is not None:
            connection.terminate()
