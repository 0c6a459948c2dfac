"""Connections to the platform's database: as its owner, and as a portal that was taken over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from attack.errors import NotTriedError
from attack.ground import Ground
from shared.stores.secrets import hash_secret, new_secret

ROLE = "flowhq_portal"
CONNECT_TIME = 10
# One statement that hangs must not take the whole attack along.
STATEMENT_TIME = "SET statement_timeout = '10s'"
REFUSALS = (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)


@asynccontextmanager
async def as_owner(ground: Ground) -> AsyncIterator[asyncpg.Connection]:
    """Raises NotTriedError."""
    database = ground.target.database
    if database is None:
        raise NotTriedError("there is no way to the platform's database from here")
    async with _connect(database.owner) as connection:
        yield connection


@asynccontextmanager
async def as_portal(ground: Ground) -> AsyncIterator[asyncpg.Connection]:
    """By the portal's own address; where only its own user may use that, by the owner's, who
    becomes the role for the rest of the connection. Raises NotTriedError.
    """
    database = ground.target.database
    if database is None:
        raise NotTriedError("there is no way to the platform's database from here")
    try:
        async with _connect(database.portal) as connection:
            yield connection
            return
    except (asyncpg.InvalidAuthorizationSpecificationError, PermissionError):
        pass
    async with _connect(database.owner) as connection:
        await connection.execute(f"SET SESSION AUTHORIZATION {ROLE}")
        yield connection


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[asyncpg.Connection]:
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_TIME)
    except (OSError, TimeoutError) as error:
        if isinstance(error, PermissionError):
            raise
        raise NotTriedError(f"the database does not answer: {error}") from error
    try:
        await connection.execute(STATEMENT_TIME)
        yield connection
    finally:
        await connection.close(timeout=CONNECT_TIME)


@asynccontextmanager
async def signed_in(owner: asyncpg.Connection, member_id: str) -> AsyncIterator[str]:
    """The token of a session of this member, for as long as it is needed."""
    token = new_secret("fhs")
    made = (member_id, hash_secret(token))
    await owner.execute(
        "INSERT INTO browser_sessions (member, token_hash, expires_at)"
        " VALUES ($1::uuid, $2, now() + interval '10 minutes')",
        *made,
    )
    try:
        yield token
    finally:
        await owner.execute("DELETE FROM browser_sessions WHERE token_hash = $1", made[1])


async def open_guard(connection: asyncpg.Connection, token: str) -> None:
    """As `shared/db/guard.py` does, for the transaction that is open. Raises NotTriedError."""
    if not await connection.fetch("SELECT * FROM flowhq_open_session($1)", token):
        raise NotTriedError("the database opens nothing for a session that is good")


async def say(connection: asyncpg.Connection, **values: str) -> None:
    """What the role may say of itself, for the transaction that is open."""
    for name, value in values.items():
        await connection.execute("SELECT set_config($1, $2, true)", f"flowhq.{name}", value)


@asynccontextmanager
async def undone(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """A transaction of which nothing stays."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()
