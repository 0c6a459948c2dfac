"""Passwords: what is kept of them, and whether one is right."""

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.web.fields import FormError

MIN_LENGTH, MAX_LENGTH = 10, 200
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


def check_new_password(password: str, *, email: str, field: str = "password") -> None:
    """Raises FormError, for that field.

    Length is what counts; rules about signs make people write them down.
    """
    if len(normalise(password)) < MIN_LENGTH:
        raise FormError({field: "password.short"})
    if len(password) > MAX_LENGTH:
        raise FormError({field: "password.long"})
    if normalise(password).lower() == email.lower():
        raise FormError({field: "password.email"})


def normalise(password: str) -> str:
    """The same password from every keyboard, and one that can be hashed at all."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
