"""Codes that clients are showing at this moment."""

import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from sandbox.devices.device import Device
from sandbox.people.person import Person
from shared.clock import Clock
from shared.errors import ConflictError

REFS = 6
# The client shows the first code longer than the others.
_FIRST_SHOWN, _OTHERS_SHOWN = timedelta(seconds=60), timedelta(seconds=20)
# A busy machine's client draws its code late, and a person needs a moment to scan.
_LENIENCE = timedelta(seconds=5)


class Companion(Protocol):
    """Whoever shows the code."""

    noise_key: bytes
    identity: bytes

    async def link(self, phone: Person, device_id: int, *, adv_secret: bytes) -> Device:
        """Raises ConflictError when the companion does not accept."""
        ...

    def demand_passkey(self) -> None:
        """Asks it for what only a browser of the account's owner could give."""
        ...

    def restart(self) -> None:
        """Sends it away to log in as the device it now is."""
        ...


class Offer(msgspec.Struct, frozen=True):
    companion: Companion
    begins_at: datetime
    ends_at: datetime


class Offers:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offers: dict[str, Offer] = {}

    def open(self, companion: Companion) -> list[str]:
        """The refs of a new round, in the order in which they will be shown."""
        refs, begins_at = [], self._clock.now()
        for number in range(REFS):
            ends_at = begins_at + (_OTHERS_SHOWN if number else _FIRST_SHOWN)
            ref = "2@" + urlsafe_b64encode(secrets.token_bytes(66)).decode()
            self._offers[ref] = Offer(companion, begins_at, ends_at)
            refs.append(ref)
            begins_at = ends_at
        return refs

    def withdraw(self, companion: Companion) -> None:
        self._offers = {
            ref: offer for ref, offer in self._offers.items() if offer.companion is not companion
        }

    def get(self, ref: str) -> Companion:
        """Raises ConflictError for a code that nobody shows, or no longer."""
        offer = self._offers.get(ref)
        now = self._clock.now()
        if offer is None or now > offer.ends_at + _LENIENCE:
            raise ConflictError("this code is not shown any more: scan the newest one")
        if now < offer.begins_at - _LENIENCE:
            raise ConflictError("this code is not shown yet")
        return offer.companion
