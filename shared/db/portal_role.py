"""The portal's role, as far as it is not a matter of tables: how it is let in, and what it may not
do to the database whatever its process becomes.
"""

from base64 import b64encode
from hashlib import pbkdf2_hmac, sha256
from hmac import digest
from secrets import token_bytes

import asyncpg
import structlog

log = structlog.get_logger(__name__)

ROLE = "flowhq_portal"
PORTAL_PASSWORD = "FLOWHQ_PORTAL_PASSWORD"  # noqa: S105  a name
# As PostgreSQL's own default (scram_iterations).
_ITERATIONS = 4096
_SALT_BYTES = 16

# What it set for itself (a role may) is undone first. It may set these aside again, for the length
# of a session: `shared.stores.backends` ends what then stays too long.
_OF_ROLE = (
    f"ALTER ROLE {ROLE} RESET ALL",
    f"ALTER ROLE {ROLE} SET statement_timeout = '30s'",
    f"ALTER ROLE {ROLE} SET lock_timeout = '10s'",
    f"ALTER ROLE {ROLE} SET idle_in_transaction_session_timeout = '30s'",
    # Two fifths are left for the control plane, the migrations and a person who looks.
    f"""
    DO $$ BEGIN
        EXECUTE 'ALTER ROLE {ROLE} CONNECTION LIMIT '
            || (current_setting('max_connections')::integer * 3 / 5);
    END $$
    """,
    f"""
    DO $$ BEGIN
        EXECUTE format('ALTER ROLE {ROLE} IN DATABASE %I RESET ALL', current_database());
    END $$
    """,
)
# A superuser's to say, and then nobody else's to set aside.
_OF_SUPERUSER = (f"ALTER ROLE {ROLE} SET temp_file_limit = '256MB'",)
# Advisory locks can be waited for by others, and fill the one table of locks that all share. A
# large object and a message in the write-ahead log fill the disk, and belong to no table.
_OF_DATABASE = (
    """
    DO $$ DECLARE f regprocedure; BEGIN
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
        FOR f IN SELECT oid FROM pg_proc
                  WHERE pronamespace = 'pg_catalog'::regnamespace
                    AND (proname ~ 'advisory' OR proname ~ '^lo(_|read|write)'
                         OR proname ~ 'emit_message')
                    -- What lets go of one's own locks a pool of connections calls each time.
                    AND proname !~ 'unlock' LOOP
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
        END LOOP;
    END $$
    """,
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
)


async def restrain_portal(connection: asyncpg.Connection) -> None:
    """With each migration, for the role belongs to the whole server, and may change some of it.

    What whoever migrates is not allowed to do is told in the log, and left.
    """
    is_superuser = await connection.fetchval(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    for statement in (*_OF_ROLE, *_OF_DATABASE, *(_OF_SUPERUSER if is_superuser else ())):
        try:
            await connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError as error:
            log.warning("portal_role.unrestrained", error=str(error))


async def set_portal_password(url: str, password: str) -> None:
    """As a verifier: a server that logs its statements does not log the password."""
    verifier = scram_verifier(password, token_bytes(_SALT_BYTES))
    connection = await asyncpg.connect(url)
    try:
        # It takes no parameters; a verifier has no quotes.
        await connection.execute(f"ALTER ROLE {ROLE} PASSWORD '{verifier}'")
    finally:
        await connection.close()


def scram_verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL keeps of an ASCII password for SCRAM-SHA-256 (RFC 5803)."""
    salted = pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)
    stored = sha256(digest(salted, b"Client Key", "sha256")).digest()
    server = digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${_ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(value: bytes) -> str:
    return b64encode(value).decode()
