"""How often something may be tried, per account and per network address."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

import msgspec

from shared.clock import Clock
from shared.stores import attempts


class TooManyAttemptsError(Exception):
    def __init__(self, again_at: datetime) -> None:
        super().__init__("too many attempts")
        self.again_at = again_at


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    tries: int
    window: timedelta


# An account: enough for a person who forgot, far too few to guess. An address may be a whole
# office or a mobile operator's gateway.
PASSWORD_OF_ACCOUNT = Limit(name="password/account", tries=10, window=timedelta(minutes=15))
PASSWORD_FROM_ADDRESS = Limit(name="password/address", tries=100, window=timedelta(minutes=15))
# Of the dashboard apart: else whoever reaches the portal could keep operators out of it.
PASSWORD_OF_OPERATOR = Limit(name="password/operator", tries=10, window=timedelta(minutes=15))
OPERATORS_FROM_ADDRESS = Limit(
    name="password/operators-address", tries=100, window=timedelta(minutes=15)
)
MAIL_TO_ACCOUNT = Limit(name="mail/account", tries=4, window=timedelta(hours=1))
# A business: a whole team in an afternoon, and no way to write to strangers in our name.
INVITATIONS = Limit(name="invitations/tenant", tries=20, window=timedelta(hours=1))
MAIL_FROM_ADDRESS = Limit(name="mail/address", tries=40, window=timedelta(hours=1))


async def count(limit: Limit, subject: str, *, clock: Clock) -> None:
    """Raises TooManyAttemptsError; also counted are those that are refused."""
    now = clock.now()
    tries, resets_at = await attempts.count(_bucket(limit, subject), window=limit.window, now=now)
    if tries > limit.tries:
        raise TooManyAttemptsError(resets_at)


async def forget(limit: Limit, subject: str) -> None:
    await attempts.forget(_bucket(limit, subject))


def network_of(address: str) -> str:
    """An IPv6 customer has a whole /64 to come from."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        # As a socket for both families names an IPv4 customer: all of them are in one /64.
        return str(parsed.ipv4_mapped or parsed.exploded[:19])
    return address


def _bucket(limit: Limit, subject: str) -> str:
    return f"{limit.name}/{subject.lower()}"
