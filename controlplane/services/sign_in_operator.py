"""A password, a code where there is an authenticator, and a browser that is signed in then."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from controlplane.sealing import Sealer
from controlplane.services.acting import Caller, leave_hourly_trace, leave_trace
from controlplane.services.check_second_step import take_code
from shared.clock import Clock
from shared.db.engine import transaction
from shared.email import is_email
from shared.enums import CallerKind, SecurityKind, SecuritySite, SignInStage
from shared.errors import InvalidInputError
from shared.security import note
from shared.stores import audit, members, operator_sessions, operators
from shared.stores.members import PasswordChangedError
from shared.stores.secrets import hash_secret
from shared.structs.operators import Operator
from shared.web import guesses
from shared.web.devices import Devices
from shared.web.guesses import IN_DASHBOARD, Guess
from shared.web.origin import Origin
from shared.web.passwords import Passwords
from shared.web.requests import SignInNeededError

SIGNED_IN = "operator.signed_in"
# How long a sign-in at the provider counts as the password once more.
FRESH = timedelta(minutes=10)
WRONG_CODE = "is not good, or was used already: wait for the next one"


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What operators are let in by."""

    passwords: Passwords
    devices: Devices
    sealer: Sealer
    clock: Clock


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """session: its token. is_waiting: good for nothing but the second step."""

    operator: Operator
    session: str
    is_waiting: bool = False


class WrongPasswordError(InvalidInputError):
    """operator: whose account the address has, if it is one's; for nobody to be told who asks."""

    def __init__(self, operator: Operator | None) -> None:
        super().__init__("password", "does not belong to this address")
        self.operator = operator


async def sign_in_operator(
    door: Door, email: str, password: str, *, origin: Origin, address: str, old_token: str | None
) -> Entered:
    """A new session; the one of before ends.

    Raises WrongPasswordError when the two do not belong together, in the same time whether there
    is such an operator or not; TooManyAttemptsError.
    """
    now = door.clock.now()
    operator, kept = await _find(email)
    device = door.devices.find(origin.device, operator.id, now=now) if operator else None
    guess = Guess(
        brakes=IN_DASHBOARD, account=email, network=origin.network, device=device, kept=kept
    )
    was_known = await guesses.begin(guess, clock=door.clock)
    if not await door.passwords.is_right(password, kept) or operator is None or kept is None:
        note(SecuritySite.DASHBOARD, SecurityKind.SIGN_IN_FAILED, source=origin.network)
        raise WrongPasswordError(operator)
    await guesses.succeed(guess, was_known=was_known, clock=door.clock)
    try:
        async with transaction():
            # Hashing takes its time: a session that begins after the password was changed is none.
            await members.hold_password(operator.id, kept)
            if old_token:
                await operator_sessions.end(hash_secret(old_token))
            is_waiting = operator.has_second_step
            stage = SignInStage.CODE if is_waiting else SignInStage.DONE
            session = await operator_sessions.begin(operator.id, now=now, stage=stage)
            if not is_waiting:
                await leave_sign_in(operator, origin, address=address, is_known=device is not None)
    except PasswordChangedError as error:
        raise WrongPasswordError(operator) from error
    return Entered(operator=operator, session=session, is_waiting=is_waiting)


async def find_waiting(token: str, *, clock: Clock) -> Operator | None:
    """Who has shown the password, and has the second step before them."""
    return await operator_sessions.find_waiting(hash_secret(token), now=clock.now())


async def take_second_step(
    door: Door, token: str, code: str, *, origin: Origin, address: str
) -> Entered:
    """A new session in the place of the one that waits. Codes are guessed at like passwords: by
    account, network and known browser, and counted apart from them.

    Raises InvalidInputError, TooManyAttemptsError, SignInNeededError where nothing waits any more.
    """
    now = door.clock.now()
    operator = await find_waiting(token, clock=door.clock)
    if operator is None:
        raise SignInNeededError
    caller = to_caller(operator, address)
    guess = Guess(
        brakes=IN_DASHBOARD,
        account=operator.email,
        network=origin.network,
        device=door.devices.find(origin.device, operator.id, now=now),
        kept=f"second step of {operator.id}",
    )
    was_known = await guesses.begin(guess, clock=door.clock)
    session = None
    async with transaction():
        if await take_code(operator.id, code, sealer=door.sealer, caller=caller, clock=door.clock):
            # It ends with the password that it was begun with, also at this very moment.
            if not await operator_sessions.end(hash_secret(token)):
                raise SignInNeededError
            session = await operator_sessions.begin(operator.id, now=now)
            is_known = guess.device is not None
            await leave_sign_in(operator, origin, address=address, is_known=is_known)
    if session is None:
        note(SecuritySite.DASHBOARD, SecurityKind.SIGN_IN_FAILED, source=origin.network)
        await leave_hourly_trace(caller, "operator.second_step_failed", clock=door.clock)
        raise InvalidInputError("code", WRONG_CODE)
    await guesses.succeed(guess, was_known=was_known, clock=door.clock)
    return Entered(operator=operator, session=session)


async def leave_sign_in(
    operator: Operator, origin: Origin, *, address: str, is_known: bool, **more: Any
) -> None:
    """A first sign-in is from no new device: there was no other."""
    if not is_known and await audit.has_any(operator.email, SIGNED_IN):
        note(SecuritySite.DASHBOARD, SecurityKind.NEW_DEVICE, source=origin.network)
        more = {"new_device": True, **more}
    await leave_trace(to_caller(operator, address), SIGNED_IN, **more)


async def tell_in_vain(operator: Operator | None, *, address: str, clock: Clock) -> None:
    """Somebody tried a password for this account: an audit row an hour, however often it is tried.

    After the answer, which must not take longer where there is such an account.
    """
    if operator is not None:
        caller = to_caller(operator, address)
        await leave_hourly_trace(caller, "operator.sign_in_failed", clock=clock)


async def check_again(
    door: Door,
    operator: Operator,
    password: str,
    code: str,
    *,
    token: str,
    network: str,
    address: str,
) -> str:
    """Once more, as a browser may be borrowed: what is kept of the password. The code is looked at
    where there is an authenticator.

    token: of the session that asks, by which tries are counted; network: where it is used. Raises
    InvalidInputError, TooManyAttemptsError.
    """
    session, clock = hash_secret(token), door.clock
    if operator.proved_at is not None:
        return await _check_proof(operator, now=clock.now())
    await guesses.begin_again(IN_DASHBOARD, session, network=network, clock=clock)
    _, kept = await _find(operator.email)
    if not await door.passwords.is_right(password, kept) or kept is None:
        note(SecuritySite.DASHBOARD, SecurityKind.PASSWORD_REFUSED, source=network)
        raise InvalidInputError("current", "is not your password")
    if operator.has_second_step and not await take_code(
        operator.id, code, sealer=door.sealer, caller=to_caller(operator, address), clock=clock
    ):
        note(SecuritySite.DASHBOARD, SecurityKind.PASSWORD_REFUSED, source=network)
        raise InvalidInputError("code", WRONG_CODE)
    await guesses.succeed_again(IN_DASHBOARD, session, clock=clock)
    return kept


async def _check_proof(operator: Operator, *, now: datetime) -> str:
    """Of a session by the provider, in the place of a password: they signed in there just now."""
    assert operator.proved_at is not None, "asked by who knows"
    if now - operator.proved_at > FRESH:
        raise InvalidInputError("current", "is too long ago: sign in at the provider again")
    _, kept = await _find(operator.email)
    assert kept is not None, "a session is of an account"
    return kept


async def find_operator(token: str, *, clock: Clock, is_use: bool = True) -> Operator | None:
    """Who is signed in with it.

    is_use: whether a person asks, which prolongs the session; an open page by itself does not.
    """
    session, now = hash_secret(token), clock.now()
    found = await operator_sessions.find(session, now=now)
    if found is None:
        return None
    operator, is_worth_prolonging = found
    if is_use and is_worth_prolonging:
        await operator_sessions.prolong(session, now=now)
    return operator


async def sign_out_operator(token: str, *, caller: Caller) -> None:
    async with transaction():
        await operator_sessions.end(hash_secret(token))
        await leave_trace(caller, "operator.signed_out")


def to_caller(operator: Operator, address: str) -> Caller:
    return Caller(kind=CallerKind.OPERATOR, name=operator.email, address=address)


async def _find(email: str) -> tuple[Operator | None, str | None]:
    # What is no address may be text that the database cannot even be asked for.
    found = await operators.find_by_email(email) if is_email(email) else None
    return found or (None, None)
