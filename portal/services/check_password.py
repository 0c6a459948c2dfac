"""The password once more, before something that a borrowed browser must not do."""

from portal.house import House
from shared.enums import SecurityKind, SecuritySite
from shared.security import note
from shared.stores import members
from shared.structs.members import Member
from shared.web import guesses
from shared.web.fields import FormError
from shared.web.guesses import IN_PORTAL


async def check_password(
    house: House,
    member: Member,
    password: str,
    *,
    session: str,
    network: str,
    field: str = "password",
) -> str:
    """What is kept of it: whoever acts on it says so (`members.hold_password`), for the check
    may have waited for its turn while somebody else changed the password.

    session: of who asks, by which tries are counted; network: where it is used. Raises FormError,
    TooManyAttemptsError.
    """
    await guesses.begin_again(IN_PORTAL, session, network=network, clock=house.clock)
    found = await members.find_account(member.email)
    shown = await house.passwords.show(password, found[1] if found else None)
    if found is None or not await members.is_password(member.email, shown):
        note(
            SecuritySite.PORTAL,
            SecurityKind.PASSWORD_REFUSED,
            source=network,
            tenant_id=member.tenant_id,
        )
        raise FormError({field: "password.wrong"})
    await guesses.succeed_again(IN_PORTAL, session, clock=house.clock)
    return shown
