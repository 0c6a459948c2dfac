"""The one way for tests to open a guard by hand: with a session as the portal does, or with a
ticket that is sealed with the database's own keys, for whoever a test makes up.
"""

from hashlib import sha256
from uuid import UUID, uuid4

import asyncpg

from shared.db.guard import show_session
from shared.stores.secrets import hash_secret, new_secret

OWNER = "postgres"
LIFE = 60.0


async def begin_session(url: str, *, tenant_id: UUID | None, member_id: UUID | None = None) -> str:
    """The token of one, of this member or of an owner who is made. url: of the database's owner."""
    token, connection = new_secret("fhs"), await asyncpg.connect(url)
    try:
        if member_id is None:
            member_id = uuid4()
            await connection.execute(
                "INSERT INTO users (id, email, role, tenant) VALUES ($1, $2, 'OWNER', $3)",
                *(member_id, f"{member_id.hex}@tickets.example", tenant_id),
            )
        await connection.execute(
            "INSERT INTO browser_sessions (member, token_hash, expires_at)"
            " VALUES ($1, $2, now() + interval '1 hour')",
            *(member_id, hash_secret(token)),
        )
    finally:
        await connection.close()
    return token


async def show_owner(url: str, tenant_id: UUID | None) -> None:
    """From here on guards are opened by a session of an owner of this tenant."""
    show_session(await begin_session(url, tenant_id=tenant_id))


async def open_guard(connection: asyncpg.Connection, **words: object) -> None:
    """For the transaction that is open there. words: tenant and member of the ticket; and proof
    and email, which are said and not sealed. life: of the ticket, in seconds.
    """
    life = float(str(words.pop("life", LIFE)))
    sealed = {name: str(words.pop(name, "")) for name in ("tenant", "member")}
    if any(sealed.values()):
        words["ticket"] = await _seal(
            connection, f"{sealed['tenant']}|{sealed['member']}", life=life
        )
    for name, value in words.items():
        await connection.execute("SELECT set_config($1, $2, true)", f"flowhq.{name}", str(value))


async def _seal(connection: asyncpg.Connection, said: str, *, life: float) -> str:
    """As `flowhq_let_in` of the migrations does."""
    here = await connection.fetchrow(
        "SELECT pg_backend_pid()::text, extract(epoch FROM transaction_timestamp())::text,"
        " (extract(epoch FROM clock_timestamp()) + $1)::text",
        life,
    )
    pid, at, until = here
    inner, outer = await _read_keys(connection)
    said = f"{said}|{until}"
    seal = sha256(outer + sha256(inner + f"{pid} {at} {said}".encode()).digest()).hexdigest()
    return f"{said}|{seal}"


async def _read_keys(connection: asyncpg.Connection) -> tuple[bytes, bytes]:
    address = connection._addr
    if isinstance(address, str):
        directory, _, port = address.rpartition("/.s.PGSQL.")
    else:
        directory, port = address
    place = {"host": directory, "port": int(port)}
    database = connection._params.database
    owner = await asyncpg.connect(user=OWNER, database=database, **place)
    try:
        await owner.execute("SELECT flowhq_make_keys()")
        return tuple(await owner.fetchrow("SELECT inner_key, outer_key FROM guard_keys"))
    finally:
        await owner.close()
