"""A password, and a browser that is signed in after it."""

from portal.house import House
from shared.db.guard import email_transaction, member_transaction, proof_transaction
from shared.email import is_email
from shared.stores import browser_sessions, members, portal_events
from shared.stores.members import PasswordChangedError
from shared.structs.members import Member
from shared.web import limits
from shared.web.fields import FormError


async def sign_in(
    house: House, email: str, password: str, *, address: str, old_session: str | None
) -> tuple[Member, str]:
    """The member, and the token of a new session; the one of before ends.

    Raises FormError when the two do not belong together, in the same time whether there is such
    an account or not; TooManyAttemptsError.
    """
    await limits.count(limits.PASSWORD_FROM_ADDRESS, address, clock=house.clock)
    await limits.count(limits.PASSWORD_OF_ACCOUNT, email, clock=house.clock)
    member, kept = await _find(email)
    if not await house.passwords.is_right(password, kept) or member is None or kept is None:
        raise FormError({"password": "sign_in.wrong"})
    await limits.forget(limits.PASSWORD_OF_ACCOUNT, email)
    if old_session is not None:
        await sign_out(old_session)
    try:
        return member, await _begin(house, member, kept)
    except PasswordChangedError as error:
        raise FormError({"password": "sign_in.wrong"}) from error


async def _find(email: str) -> tuple[Member | None, str | None]:
    # What is no address may be text that the database cannot even be asked for.
    if not is_email(email):
        return None, None
    async with email_transaction(email):
        return await members.find_by_email(email) or (None, None)


async def _begin(house: House, member: Member, proved: str) -> str:
    async with member_transaction(member.id, tenant_id=member.tenant_id):
        # Hashing takes its time: a session that begins after the password was changed is none.
        await members.hold_password(member.id, proved)
        token = await browser_sessions.begin(member.id, now=house.clock.now())
        if member.tenant_id is not None:
            await portal_events.record(member.tenant_id, "signed_in", {"member": str(member.id)})
    return token


async def sign_out(session: str) -> None:
    """session: the hash of its token."""
    async with proof_transaction(session):
        await browser_sessions.end(session)
