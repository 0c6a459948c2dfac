"""A password, and a browser in which an operator is signed in after it."""

from controlplane.services.acting import Caller, leave_trace
from shared.clock import Clock
from shared.db.engine import transaction
from shared.email import is_email
from shared.enums import CallerKind, UserRole
from shared.errors import InvalidInputError
from shared.stores import browser_sessions, members
from shared.stores.browser_sessions import OPERATORS
from shared.stores.members import PasswordChangedError
from shared.stores.secrets import hash_secret
from shared.structs.members import Member
from shared.web import limits
from shared.web.passwords import Passwords


async def sign_in_operator(
    email: str,
    password: str,
    *,
    address: str,
    old_token: str | None,
    passwords: Passwords,
    clock: Clock,
) -> str:
    """The token of a new session; the one of before ends.

    Raises InvalidInputError when the two do not belong together, in the same time whether there
    is such an operator or not; TooManyAttemptsError.
    """
    network = limits.network_of(address)
    await limits.count(limits.OPERATORS_FROM_ADDRESS, network, clock=clock)
    proved = await _prove(email, password, passwords=passwords, clock=clock)
    if proved is None:
        raise InvalidInputError("password", "does not belong to this address")
    operator, kept = proved
    try:
        async with transaction():
            # Hashing takes its time: a session that begins after the password was changed is none.
            await members.hold_password(operator.id, kept)
            if old_token:
                await browser_sessions.end(hash_secret(old_token))
            token = await browser_sessions.begin(operator.id, now=clock.now(), life=OPERATORS)
            await leave_trace(to_caller(operator, address), "operator.signed_in")
    except PasswordChangedError as error:
        raise InvalidInputError("password", "does not belong to this address") from error
    return token


async def check_own_password(
    operator: Member, password: str, *, passwords: Passwords, clock: Clock
) -> str:
    """Once more, as a browser may be borrowed: what is kept of it.

    Raises InvalidInputError, TooManyAttemptsError.
    """
    proved = await _prove(operator.email, password, passwords=passwords, clock=clock)
    if proved is None:
        raise InvalidInputError("current", "is not your password")
    return proved[1]


async def find_operator(token: str, *, clock: Clock, is_use: bool = True) -> Member | None:
    """Who is signed in with it; nobody who is not an operator.

    is_use: whether a person asks, which prolongs the session; an open page by itself does not.
    """
    session, now = hash_secret(token), clock.now()
    found = await browser_sessions.find(session, now=now, life=OPERATORS)
    if found is None or found[0].role is not UserRole.ADMIN:
        return None
    operator, is_worth_prolonging = found
    if is_use and is_worth_prolonging:
        await browser_sessions.prolong(session, now=now, life=OPERATORS)
    return operator


async def sign_out_operator(token: str, *, caller: Caller) -> None:
    async with transaction():
        await browser_sessions.end(hash_secret(token))
        await leave_trace(caller, "operator.signed_out")


def to_caller(operator: Member, address: str) -> Caller:
    return Caller(kind=CallerKind.OPERATOR, name=operator.email, address=address)


async def _prove(
    email: str, password: str, *, passwords: Passwords, clock: Clock
) -> tuple[Member, str] | None:
    """With what is kept of the password."""
    await limits.count(limits.PASSWORD_OF_OPERATOR, email, clock=clock)
    operator, kept = await _find(email)
    if not await passwords.is_right(password, kept) or operator is None or kept is None:
        return None
    await limits.forget(limits.PASSWORD_OF_OPERATOR, email)
    return operator, kept


async def _find(email: str) -> tuple[Member | None, str | None]:
    # What is no address may be text that the database cannot even be asked for.
    found = await members.find_by_email(email) if is_email(email) else None
    return found if found is not None and found[0].role is UserRole.ADMIN else (None, None)
