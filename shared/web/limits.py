"""How often something may be tried. What is counted for whom says `guesses` and `mail_limits`."""

import math
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

import msgspec

from shared.clock import Clock
from shared.stores import attempts

PORTAL, OPERATORS, API = "portal", "operators", "api"


class TooManyAttemptsError(Exception):
    def __init__(self, again_at: datetime) -> None:
        super().__init__("too many attempts")
        self.again_at = again_at


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """So many tries in a window, then none."""

    name: str
    tries: int
    window: timedelta
    site: str = PORTAL


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """Slower and slower, and never closed: `waits[n - 1]` after the n-th try of a window."""

    name: str
    waits: tuple[timedelta, ...]
    window: timedelta
    site: str = PORTAL


# A business: a whole team in an afternoon, and no way to write to strangers in our name.
INVITATIONS = Limit(name="invitations/tenant", tries=20, window=timedelta(hours=1))
# Whoever has a good link, or is signed in, could have passwords hashed without end.
PASSWORDS_FOR_LINK = Limit(name="password/link", tries=20, window=timedelta(hours=1))
# Of keys that are none of ours. A good one is let in whatever else comes from its network.
KEYS_FROM_ADDRESS = Limit(name="key/address", tries=60, window=timedelta(minutes=15), site=API)


async def count(limit: Limit, subject: str, *, clock: Clock) -> None:
    """Raises TooManyAttemptsError; also counted are those that are refused."""
    now = clock.now()
    tries, resets_at = await attempts.count(_bucket(limit, subject), window=limit.window, now=now)
    if tries > limit.tries:
        raise TooManyAttemptsError(resets_at)


async def give_back(limit: Limit | Gate, subject: str, *, clock: Clock) -> None:
    await attempts.give_back(_bucket(limit, subject), now=clock.now())


async def forget(limit: Limit | Gate, subject: str) -> None:
    await attempts.forget(_bucket(limit, subject))


async def come_through(gate: Gate, subject: str, *, clock: Clock) -> datetime:
    """When the next one may. Raises TooManyAttemptsError; who is refused is not counted."""
    passage = await attempts.come_through(
        _bucket(gate, subject), waits=gate.waits, window=gate.window, now=clock.now()
    )
    if not passage.is_open:
        raise TooManyAttemptsError(passage.open_at)
    return passage.open_at


async def reopen(gate: Gate, subject: str) -> None:
    """Whoever came through did nothing of what is counted."""
    await attempts.reopen(_bucket(gate, subject))


def to_retry_headers(error: TooManyAttemptsError, *, now: datetime) -> dict[str, str]:
    seconds = max(1, math.ceil((error.again_at - now).total_seconds()))
    return {"Retry-After": str(seconds)}


def network_of(address: str) -> str:
    """An IPv6 customer has a whole /64 to come from. What is no address is all of one network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        # As a socket for both families names an IPv4 customer: all of them are in one /64.
        # Without the interface that a local address may name.
        return str(parsed.ipv4_mapped or IPv6Address(int(parsed)).exploded[:19])
    return address


def _bucket(limit: Limit | Gate, subject: str) -> str:
    return attempts.to_bucket(limit.site, f"{limit.name}/{subject.lower()}")
