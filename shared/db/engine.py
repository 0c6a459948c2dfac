"""The way to PostgreSQL, opened by composition roots and bound to the tables for the stores."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Literal

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

from shared.errors import DatabaseUnavailableError
from shared.tables import ALL_TABLES, Tenant

DATABASE_URL = "FLOWHQ_DATABASE_URL"
# Longer than any statement of ours takes on a loaded machine; a hung server must not hang us.
STATEMENT_TIMEOUT = 30.0
ACQUIRE_TIMEOUT = 10.0
CLOSE_TIMEOUT = 5.0

# What asyncpg raises when the server is away, refuses connections or dropped ours.
_UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What a connection says between the server's farewell and the end of its socket.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
# What it raises when the statement was undone and may be repeated.
_GAVE_UP = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
)


class Database(PostgresEngine):
    """Piccolo's engine, except that a lost connection is a TransientError and never leaks."""

    def __init__(self, url: str, *, timeout: float | None = STATEMENT_TIMEOUT) -> None:
        """timeout: seconds a statement may take; None for as long as it needs."""
        super().__init__(config={"dsn": url, "command_timeout": timeout})

    async def check_version(self) -> None:
        """Nothing: Piccolo would connect for it, and print a warning where an error belongs."""

    def transaction(self, allow_nested: bool = True) -> "Transaction":  # noqa: FBT001, FBT002  Piccolo's signature
        return Transaction(self, allow_nested=allow_nested)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:  # noqa: FBT001, FBT002  Piccolo's signature
        try:
            return await super().run_querystring(querystring, in_pool=in_pool)
        except _UNAVAILABLE as error:
            if isinstance(error, ValueError):  # asyncpg's word for an argument that is no such type
                raise
            raise DatabaseUnavailableError("the database does not answer") from error
        except _GAVE_UP as error:
            raise DatabaseUnavailableError("the database gave up on a statement") from error


class Transaction(PostgresTransaction):
    """Gives its connection back whatever happens.

    Piccolo's own keeps it when COMMIT or ROLLBACK fails, so each restart of the server
    would cost the pool a connection.
    """

    async def get_connection(self) -> Any:
        if self.engine.pool:
            return await self.engine.pool.acquire(timeout=ACQUIRE_TIMEOUT)
        return await self.engine.get_new_connection()

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return self._parent
        try:
            self.connection = await self.get_connection()
        except _UNAVAILABLE as error:
            raise DatabaseUnavailableError("the database does not answer") from error
        self.transaction = self.connection.transaction()
        try:
            await self.transaction.start()
        except BaseException as error:
            # A cancellation too: a browser that goes away must not cost the pool a connection.
            await self._give_back()
            if isinstance(error, _UNAVAILABLE):
                raise DatabaseUnavailableError("the database does not answer") from error
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        if self._parent is not None:
            return False
        try:
            if exception is None:
                await self.transaction.commit()
            elif not self.connection.is_closed():
                await self.transaction.rollback()
        except _UNAVAILABLE as error:
            raise DatabaseUnavailableError("the database does not answer") from error
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return False

    async def _give_back(self) -> None:
        if self.engine.pool:
            await self.engine.pool.release(self.connection)
        else:
            await self.connection.close()


def bind(database: Database) -> None:
    """From here on every table, and so every store, speaks to `database`."""
    for table in ALL_TABLES:
        table._meta.db = database  # noqa: SLF001  Piccolo's documented way to bind


def transaction() -> Transaction:
    """Groups what stores do into one; joins the one that is open, if any."""
    database: Any = Tenant._meta.db  # noqa: SLF001  where `bind` put it
    return Transaction(database)


def is_in_transaction() -> bool:
    database: Any = Tenant._meta.db  # noqa: SLF001  the same
    return bool(database.transaction_exists())


@asynccontextmanager
async def open_database(
    url: str, *, min_size: int = 2, max_size: int = 10
) -> AsyncIterator[Database]:
    """Connects, starts a pool, binds the tables, and closes all that at the end.

    `url`: `postgresql://…`; a socket directory goes into `?host=/path`. Raises
    DatabaseUnavailableError when nobody answers.
    """
    try:
        # Piccolo's constructor runs a loop of its own, for which it blocks.
        database = await asyncio.to_thread(Database, url)
        await database.start_connection_pool(min_size=min_size, max_size=max_size, reset=_keep)
    except _UNAVAILABLE as error:
        raise DatabaseUnavailableError("the database does not answer") from error
    bind(database)
    try:
        yield database
    finally:
        await _close(database)


async def _keep(_connection: Any) -> None:
    """In place of the driver's reset, a round trip after each use: what stores set or lock is the
    transaction's, and listening has connections of its own. An open transaction is undone before.
    """


async def _close(database: Database) -> None:
    """In peace where the server answers; a stop waits for no server that does not."""
    pool: Any = database.pool
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await database.close_connection_pool()
    except TimeoutError:
        pool.terminate()


async def check_database() -> None:
    """For readiness: raises DatabaseUnavailableError when a trivial query is not answered."""
    await Tenant.raw("SELECT 1")
