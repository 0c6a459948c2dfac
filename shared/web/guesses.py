"""How many passwords may be tried, where and by whom.

A stranger's guesses must keep nobody out, and must still be too few. So tries count by account
*and* network; a browser in which the account was signed in before has counts of its own, which
strangers do not touch; and what comes from unknown browsers of all networks together is not refused
for long but gets slower and slower: 50 tries a day, and then one after 10, 20, 30 seconds, up to
one in ten minutes. That is at most GUESSES_A_DAY a day for an account, wherever they come from.

Every count of an account is of the password that it has: with another one, all begin anew.
"""

from datetime import timedelta

import msgspec

from shared.clock import Clock
from shared.enums import SecurityKind, SecuritySite
from shared.security import note
from shared.web import limits
from shared.web.limits import OPERATORS, PORTAL, Gate, Limit, TooManyAttemptsError

_FREE, _SLOWER, _SLOWEST = 50, timedelta(seconds=10), timedelta(minutes=10)
_WAITS = (
    *(timedelta(0) for _ in range(_FREE - 1)),
    *(_SLOWER * step for step in range(1, _SLOWEST // _SLOWER + 1)),
)
# In a window of the gate; of two windows that meet, the free tries of the second come on top.
GUESSES_A_DAY = 224


class Brakes(msgspec.Struct, frozen=True, kw_only=True):
    """Of a site.

    site: as security events name it. of_account, of_account_a_day: of an account from a network, by
    browsers that are not known there. from_address: of a network, for all accounts: a whole office,
    or a mobile operator's gateway. of_strangers: of an account from everywhere. of_device: of an
    account by a known browser. of_devices: by all known ones, for whoever once knew the password
    may have made many. in_session: of the password once more, by who is signed in.
    """

    site: SecuritySite
    of_account: Limit
    of_account_a_day: Limit
    from_address: Limit
    of_strangers: Gate
    of_device: Limit
    of_devices: Limit
    in_session: Limit
    in_session_a_day: Limit


def _brakes(site: SecuritySite, kept_as: str) -> Brakes:
    quarter, day = timedelta(minutes=15), timedelta(days=1)

    def limit(name: str, tries: int, window: timedelta) -> Limit:
        return Limit(name=f"password/{name}", tries=tries, window=window, site=kept_as)

    return Brakes(
        site=site,
        of_account=limit("account", 10, quarter),
        of_account_a_day=limit("account/day", 30, day),
        from_address=limit("address", 100, quarter),
        of_strangers=Gate(name="password/strangers", waits=_WAITS, window=day, site=kept_as),
        of_device=limit("device", 10, quarter),
        of_devices=limit("devices", 100, day),
        in_session=limit("session", 10, quarter),
        in_session_a_day=limit("session/day", 50, day),
    )


IN_PORTAL = _brakes(SecuritySite.PORTAL, PORTAL)
# Counted apart: else whoever reaches the portal could keep operators out.
IN_DASHBOARD = _brakes(SecuritySite.DASHBOARD, OPERATORS)


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """A password that is about to be checked.

    account: the address that was typed, be there an account or not. network: where it comes from.
    device: the browser's, where the account was signed in before. kept: what is kept of the
    account's password.
    """

    brakes: Brakes
    account: str
    network: str
    device: str | None
    kept: str | None

    @property
    def of_account(self) -> str:
        return f"{self.account}\n{self.kept or ''}"

    @property
    def of_network(self) -> str:
        return f"{self.of_account}\n{self.network}"

    @property
    def of_device(self) -> str:
        return f"{self.of_account}\n{self.device}"


async def begin(guess: Guess, *, clock: Clock) -> bool:
    """Before the password is looked at: whether the browser is taken for one that is known.

    Raises TooManyAttemptsError.
    """
    if guess.device is not None and await _is_known(guess, clock=clock):
        return True
    brakes = guess.brakes
    try:
        await limits.count(brakes.from_address, guess.network, clock=clock)
        await limits.count(brakes.of_account, guess.of_network, clock=clock)
        await limits.count(brakes.of_account_a_day, guess.of_network, clock=clock)
        await limits.come_through(brakes.of_strangers, guess.of_account, clock=clock)
    except TooManyAttemptsError:
        note(brakes.site, SecurityKind.SIGN_IN_HELD_UP, source=guess.network)
        raise
    return False


async def succeed(guess: Guess, *, was_known: bool, clock: Clock) -> None:
    """The password was right: who knows it guessed nothing. was_known: as `begin` said."""
    brakes = guess.brakes
    if guess.device is not None:
        await limits.forget(brakes.of_device, guess.of_device)
        await limits.give_back(brakes.of_devices, guess.of_account, clock=clock)
    await limits.forget(brakes.of_account, guess.of_network)
    await limits.forget(brakes.of_account_a_day, guess.of_network)
    if was_known:
        return
    await limits.give_back(brakes.from_address, guess.network, clock=clock)
    await limits.give_back(brakes.of_strangers, guess.of_account, clock=clock)


async def begin_again(brakes: Brakes, session: str, *, network: str, clock: Clock) -> None:
    """Before the password of who is signed in is looked at once more. By session: nobody has one
    without having known the password, and no stranger's guesses count here.

    Raises TooManyAttemptsError.
    """
    try:
        await limits.count(brakes.in_session, session, clock=clock)
        await limits.count(brakes.in_session_a_day, session, clock=clock)
    except TooManyAttemptsError:
        note(brakes.site, SecurityKind.SIGN_IN_HELD_UP, source=network)
        raise


async def succeed_again(brakes: Brakes, session: str, *, clock: Clock) -> None:
    await limits.forget(brakes.in_session, session)
    await limits.give_back(brakes.in_session_a_day, session, clock=clock)


async def _is_known(guess: Guess, *, clock: Clock) -> bool:
    """False where a known browser guesses like a stranger's, and is taken for one."""
    try:
        await limits.count(guess.brakes.of_device, guess.of_device, clock=clock)
        await limits.count(guess.brakes.of_devices, guess.of_account, clock=clock)
    except TooManyAttemptsError:
        return False
    return True
