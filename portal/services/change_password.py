"""Another password, for who knows the one of before."""

from portal.house import House
from portal.services.check_password import check_password
from shared.db.guard import member_transaction
from shared.stores import browser_sessions, members, portal_events
from shared.stores.announcements import announce
from shared.structs.members import Member
from shared.web.passwords import check_new_password


async def change_password(house: House, member: Member, old: str, new: str) -> str:
    """Every browser is signed out; the token of a session for the one that asks.

    Raises FormError, TooManyAttemptsError.
    """
    await check_password(house, member, old, field="old_password")
    check_new_password(new, email=member.email, field="new_password")
    password_hash = await house.passwords.hash(new)
    async with member_transaction(member.id, tenant_id=member.tenant_id):
        await members.set_password(member.id, password_hash)
        await browser_sessions.end_all(member.id)
        token = await browser_sessions.begin(member.id, now=house.clock.now())
        if member.tenant_id is not None:
            trace = {"member": str(member.id), "who": member.email}
            await portal_events.record(member.tenant_id, "password_changed", trace)
            # Open pages look again whether they are still for whom they were.
            await announce([member.tenant_id])
    return token
