"""How many mails go to an address, and who may cause them.

Whoever asks for links in somebody else's name must neither fill that inbox nor keep its owner
from a link. So there are five mails at once to an address and then one after 10 minutes, 20, 40 and
so on up to 6 hours: 13 a day. Of these a network may cause three at once, and then as slowly. A
browser in which the account was signed in before has some of its own. A link lasts until half an
hour after another mail may come: whoever asks and gets none has a good one in the inbox.
"""

from datetime import datetime, timedelta

from shared.clock import Clock
from shared.enums import SecurityKind, SecuritySite
from shared.security import note
from shared.stores.mail_proofs import LIFE
from shared.web import limits
from shared.web.limits import Gate, Limit, TooManyAttemptsError
from shared.web.origin import Origin

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=6)


def _waits(free: int) -> tuple[timedelta, ...]:
    slower = (min(_FIRST_WAIT * 2**step, _LONGEST_WAIT) for step in range(7))
    return (*(timedelta(0) for _ in range(free - 1)), *slower)


# For a mail to arrive late and still be of use.
_SPARE = timedelta(minutes=30)

RESETS = Gate(name="mail/reset", waits=_waits(5), window=_DAY)
SIGN_UPS = Gate(name="mail/sign-up", waits=_waits(5), window=_DAY)
# Of a network, to all addresses together.
FROM_ADDRESS = Limit(name="mail/address", tries=40, window=_HOUR)
# Asks of a network for one address, be there a mail or none: who goes on is told to stop.
ASKS = Limit(name="mail/asks", tries=8, window=_HOUR)
# Of a network to one address, for each purpose.
_OF_NETWORK = Gate(name="mail/network", waits=_waits(3), window=_DAY)
# Of a browser that is known, to its account.
_OF_DEVICE = (
    Limit(name="mail/device", tries=4, window=_HOUR),
    Limit(name="mail/device/day", tries=8, window=_DAY),
)
# Mails that only say how it is: nobody needs many.
NEWS = Limit(name="mail/news", tries=3, window=_DAY)
# Of a member who is signed in, to whatever address; and to an address, of all members.
CHANGES_OF_MEMBER = Limit(name="mail/member", tries=5, window=_HOUR)
CHANGES_TO_ADDRESS = Limit(name="mail/change", tries=10, window=_DAY)
# Of a business, to an address; and of all businesses.
INVITATIONS_OF_TENANT = Limit(name="mail/invitation/tenant", tries=3, window=_HOUR)
INVITATIONS_TO_ADDRESS = Limit(name="mail/invitation", tries=10, window=_DAY)


async def count_ask(email: str, *, network: str, clock: Clock) -> None:
    """The same for every address. Raises TooManyAttemptsError."""
    try:
        await limits.count(FROM_ADDRESS, network, clock=clock)
        await limits.count(ASKS, f"{email}\n{network}", clock=clock)
    except TooManyAttemptsError:
        note(SecuritySite.PORTAL, SecurityKind.MAIL_HELD_UP, source=network)
        raise


async def find_life(
    gate: Gate, account: str, *, origin: Origin, device: str | None, clock: Clock
) -> timedelta | None:
    """How long the link is to last that is mailed now; None where none is mailed, for there is a
    good one in the inbox.

    account: the address, and whatever ends the links that were mailed to it, for then there is
    none. device: of a browser in which the account was signed in before.
    """
    try:
        if device is not None:
            for each in _OF_DEVICE:
                await limits.count(each, f"{account}\n{device}", clock=clock)
            return LIFE
    except TooManyAttemptsError:
        pass  # like anybody else
    try:
        next_at = await _come_through(gate, account, network=origin.network, clock=clock)
    except TooManyAttemptsError:
        note(SecuritySite.PORTAL, SecurityKind.MAIL_HELD_UP, source=origin.network)
        return None
    return max(LIFE, next_at - clock.now() + _SPARE)


async def may_tell(email: str, *, origin: Origin, clock: Clock) -> bool:
    """Whether a mail without a link to anything but the front door is sent."""
    try:
        await limits.count(NEWS, email, clock=clock)
    except TooManyAttemptsError:
        note(SecuritySite.PORTAL, SecurityKind.MAIL_HELD_UP, source=origin.network)
        return False
    return True


def to_hours(life: timedelta) -> int:
    """As a mail says it: rather too little than too much."""
    return max(1, life // _HOUR)


async def _come_through(gate: Gate, account: str, *, network: str, clock: Clock) -> datetime:
    """When both, the network's and the account's, let the next one through."""
    of_network = f"{gate.name}\n{account}\n{network}"
    network_at = await limits.come_through(_OF_NETWORK, of_network, clock=clock)
    try:
        return max(network_at, await limits.come_through(gate, account, clock=clock))
    except TooManyAttemptsError:
        # Else it would stay closed for longer than the link lasts that is there.
        await limits.reopen(_OF_NETWORK, of_network)
        raise
