"""A password, and a browser that is signed in after it."""

from portal.house import House
from portal.services.prove_password import Proved, WrongPasswordError, prove_password
from portal.services.tracing import leave_sign_in
from shared.db.guard import NoProofError, account_transaction, session_transaction
from shared.stores import browser_sessions, members
from shared.stores.members import PasswordChangedError
from shared.structs.members import Member
from shared.web.origin import Origin


async def sign_in(
    house: House, email: str, password: str, *, origin: Origin, old_session: str | None
) -> tuple[Member, str]:
    """The member, and the token of a new session; the one of before ends.

    Raises WrongPasswordError, TooManyAttemptsError as `prove_password`.
    """
    proved = await prove_password(house, email, password, origin=origin)
    if old_session is not None:
        await sign_out(old_session)
    try:
        return proved.member, await _begin(house, proved, network=origin.network)
    except (NoProofError, PasswordChangedError) as error:
        raise WrongPasswordError("sign_in.wrong", proved.member) from error


async def _begin(house: House, proved: Proved, *, network: str) -> str:
    member = proved.member
    async with account_transaction(member.email, proved.kept):
        # Hashing takes its time: a session that begins after the password was changed is none.
        await members.hold_password(member.id, proved.kept)
        token = await browser_sessions.begin(member.id, now=house.clock.now())
        await leave_sign_in(member, is_known=proved.is_known, network=network)
    return token


async def sign_out(session: str) -> None:
    """session: the hash of the token that the browser shows."""
    async with session_transaction():
        await browser_sessions.end(session)
