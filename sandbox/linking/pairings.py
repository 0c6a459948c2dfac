"""Clients that show a pairing code at this moment, and for which phone. The code itself never
comes here: only who typed the right one can go on.
"""

import secrets
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from sandbox.linking.offers import Companion
from shared.clock import Clock
from shared.errors import ConflictError

# As long as a client shows QR codes, after which it hangs up.
VALIDITY = timedelta(seconds=160)
_REF_BYTES = 16


class CodeCompanion(Companion, Protocol):
    async def exchange_keys(self, *, ref: bytes, wrapped: bytes, account: bytes) -> bytes:
        """Shows it the phone's wrapped key and public identity; its sealed bundle.

        Raises ConflictError when it does not answer.
        """
        ...


class Pairing(msgspec.Struct, frozen=True):
    """ref: the server's name for it. wrapped: the companion's key, under the code."""

    ref: bytes
    companion: CodeCompanion
    wrapped: bytes
    ends_at: datetime


class Pairings:
    """One for each phone: the newest code makes the older ones worthless."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_number: dict[str, Pairing] = {}
        # Numbers whose code ran out or went away with its client, to say so.
        self._over: set[str] = set()

    def open(self, number: str, companion: CodeCompanion, wrapped: bytes) -> bytes:
        ref = secrets.token_bytes(_REF_BYTES)
        ends_at = self._clock.now() + VALIDITY
        self.withdraw(companion)
        self._over.discard(number)
        self._by_number[number] = Pairing(ref, companion, wrapped, ends_at)
        return ref

    def withdraw(self, companion: CodeCompanion) -> None:
        gone = {n for n, pairing in self._by_number.items() if pairing.companion is companion}
        self._over |= gone
        for number in gone:
            del self._by_number[number]

    def get(self, number: str) -> Pairing:
        """Raises ConflictError when no code is shown for this number, or no longer."""
        pairing = self._by_number.get(number)
        if pairing is not None and self._clock.now() <= pairing.ends_at:
            return pairing
        if pairing is not None or number in self._over:
            raise ConflictError("the code has expired: ask for a new one")
        raise ConflictError(f"no client shows a code for +{number}")
