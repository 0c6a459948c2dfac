"""Passwords: what is kept of them, and whether one is right."""

import asyncio
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.web.fields import FormError
from shared.web.password_rules import find_fault, normalise

# Each takes 64 MB for a moment: more at once would be a way to exhaust the machine.
AT_ONCE = 2


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

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


async def check_new_password(
    password: str, *, email: str, names: Iterable[str] = (), field: str = "password"
) -> None:
    """names: of the business. Raises FormError, for that field."""
    fault = await asyncio.to_thread(find_fault, password, email=email, names=names)
    if fault is not None:
        raise FormError({field: fault})
