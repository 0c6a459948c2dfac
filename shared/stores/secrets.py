"""Secrets as they are handed out, and as they are kept: by their SHA-256 alone.

They are 256 random bits, so a fast hash is enough and a look-up by it leaks nothing of use.
"""

from hashlib import sha256
from secrets import token_urlsafe

_BYTES = 32


def new_secret(prefix: str) -> str:
    """`prefix` tells a person, or a scanner of leaked files, what was found."""
    return f"{prefix}_{token_urlsafe(_BYTES)}"


def hash_secret(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
