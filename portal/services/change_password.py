"""Another password, for who knows the one of before."""

from portal.house import House
from portal.services.business_names import find_business_names
from portal.services.check_password import check_password
from shared.db.guard import member_transaction
from shared.stores import browser_sessions, mail_proofs, members, portal_events
from shared.stores.announcements import announce
from shared.stores.members import PasswordChangedError
from shared.structs.members import Member
from shared.web.fields import FormError
from shared.web.passwords import check_new_password


async def change_password(
    house: House, member: Member, old: str, new: str, *, session: str, network: str
) -> str:
    """Every browser is signed out, every mailed link is over; the token of a session for the
    one that asks.

    session, network: as of `check_password`. Raises FormError, TooManyAttemptsError.
    """
    proved = await check_password(
        house, member, old, session=session, network=network, field="old_password"
    )
    async with member_transaction(member.id, tenant_id=member.tenant_id):
        names = await find_business_names(member.tenant_id)
    await check_new_password(new, email=member.email, names=names, field="new_password")
    password_hash = await house.passwords.hash(new)
    try:
        async with member_transaction(member.id, tenant_id=member.tenant_id):
            await members.replace_password(member.id, password_hash, proved=proved)
            return await _begin_anew(house, member)
    except PasswordChangedError as error:
        raise FormError({"old_password": "password.wrong"}) from error


async def _begin_anew(house: House, member: Member) -> str:
    now = house.clock.now()
    await browser_sessions.end_all(member.id)
    await mail_proofs.use_all(member.id, now=now)
    token = await browser_sessions.begin(member.id, now=now)
    if member.tenant_id is not None:
        trace = {"member": str(member.id), "who": member.email}
        await portal_events.record(member.tenant_id, "password_changed", trace)
        # Open pages look again whether they are still for whom they were.
        await announce([member.tenant_id])
    return token
