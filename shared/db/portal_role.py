"""How the portal's role is let in where the server does not trust whoever reaches it."""

from base64 import b64encode
from hashlib import pbkdf2_hmac, sha256
from hmac import digest
from secrets import token_bytes

import asyncpg

PORTAL_PASSWORD = "FLOWHQ_PORTAL_PASSWORD"  # noqa: S105  a name
# As PostgreSQL's own default (scram_iterations).
_ITERATIONS = 4096
_SALT_BYTES = 16


async def set_portal_password(url: str, password: str) -> None:
    """As a verifier: a server that logs its statements does not log the password."""
    verifier = scram_verifier(password, token_bytes(_SALT_BYTES))
    connection = await asyncpg.connect(url)
    try:
        # It takes no parameters; a verifier has no quotes.
        await connection.execute(f"ALTER ROLE flowhq_portal PASSWORD '{verifier}'")
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
