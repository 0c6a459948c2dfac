"""The password once more, before something that a borrowed browser must not do."""

from portal.house import House
from shared.db.guard import member_transaction
from shared.stores import members
from shared.structs.members import Member
from shared.web import limits
from shared.web.fields import FormError


async def check_password(
    house: House, member: Member, password: str, *, field: str = "password"
) -> str:
    """What is kept of it: whoever acts on it says so (`members.hold_password`), for the check
    may have waited for its turn while somebody else changed the password.

    Raises FormError, TooManyAttemptsError.
    """
    await limits.count(limits.PASSWORD_OF_ACCOUNT, member.email, clock=house.clock)
    async with member_transaction(member.id, tenant_id=member.tenant_id):
        kept = await members.get_password_hash(member.id)
    if not await house.passwords.is_right(password, kept) or kept is None:
        raise FormError({field: "password.wrong"})
    await limits.forget(limits.PASSWORD_OF_ACCOUNT, member.email)
    return kept
