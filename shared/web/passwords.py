"""Passwords: what is kept of them, and whether one is right."""

import asyncio
from base64 import b64decode
from collections.abc import Iterable

from argon2 import Parameters, PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret

from shared.web.fields import FormError
from shared.web.password_rules import find_fault, normalise

# Each takes 64 MB for a moment: more at once would be a way to exhaust the machine.
AT_ONCE = 2
# In the place of the hash, of 32 bytes, where only its settings and salt are known.
_NO_HASH = "A" * 43


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        # For accounts that are not there: being wrong then takes as long.
        self._nobodys = self._hasher.hash("nobody's")

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, normalise(password))

    async def is_right(self, password: str, kept: str | None) -> bool:
        """kept: None where there is no account, or no password yet."""
        async with self._turn:
            right = await asyncio.to_thread(
                self._verify, kept or self._nobodys, normalise(password)
            )
        return right and kept is not None

    async def show(self, password: str, salt: str | None) -> str:
        """What hashing it with the salt of an account comes to: what is kept, if it is right.

        salt: with the settings, as what is kept begins; None where there is no account, or no
        password yet: that takes as long.
        """
        async with self._turn:
            return await asyncio.to_thread(self._hash_with, salt, normalise(password))

    def _hash_with(self, salt: str | None, password: str) -> str:
        nobodys = self._nobodys.rpartition("$")[0]
        try:
            settings, raw = _parse(salt or nobodys)
        except (InvalidHashError, ValueError):
            # What was kept is none of ours: no password is right.
            settings, raw = _parse(nobodys)
        return hash_secret(
            password.encode(),
            raw,
            time_cost=settings.time_cost,
            memory_cost=settings.memory_cost,
            parallelism=settings.parallelism,
            hash_len=settings.hash_len,
            type=settings.type,
            version=settings.version,
        ).decode()

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def _parse(salt: str) -> tuple[Parameters, bytes]:
    encoded = salt.rpartition("$")[2]
    raw = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    return extract_parameters(f"{salt}${_NO_HASH}"), raw


async def check_new_password(
    password: str, *, email: str, names: Iterable[str] = (), field: str = "password"
) -> None:
    """names: of the business. Raises FormError, for that field."""
    fault = await asyncio.to_thread(find_fault, password, email=email, names=names)
    if fault is not None:
        raise FormError({field: fault})
