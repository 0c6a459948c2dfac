"""What begins with a link in a mail. The same for every address, there or not: the answer has
been given when this runs, and who owns the address alone learns more.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from portal.house import House
from portal.mail_limits import RESETS, SIGN_UPS, find_life, may_tell
from portal.services.send_mail import send_mail
from shared.db.guard import (
    NoProofError,
    bring_link,
    member_transaction,
    new_link_transaction,
)
from shared.enums import Language, ProofPurpose
from shared.stores import mail_proofs, members
from shared.stores.mail_proofs import LIFE
from shared.stores.members import PasswordChangedError
from shared.stores.secrets import hash_secret, new_secret
from shared.structs.members import Member
from shared.web.origin import Origin


async def begin_sign_up(house: House, email: str, language: Language, *, origin: Origin) -> None:
    found = await _find(email)
    if found is not None:
        if await may_tell(email, origin=origin, clock=house.clock):
            link = house.link("/sign-in")
            await send_mail(house, "mail.known", email, language, link=link)
        return
    life = await find_life(SIGN_UPS, email, origin=origin, device=None, clock=house.clock)
    if life is None:
        return
    link = await _prove(house, ProofPurpose.SIGN_UP, "/sign-up", email, None, life=life)
    await send_mail(house, "mail.sign_up", email, language, link=link, life=life)


async def begin_reset(house: House, email: str, language: Language, *, origin: Origin) -> None:
    found = await _find(email)
    if found is None:
        if await may_tell(email, origin=origin, clock=house.clock):
            link = house.link("/sign-up")
            await send_mail(house, "mail.unknown", email, language, link=link)
        return
    member, salt = found
    # With another password, which has another salt, the links of before are over.
    account = f"{member.email}\n{salt or ''}"
    device = house.devices.find(origin.device, member.id, now=house.clock.now())
    life = await find_life(RESETS, account, origin=origin, device=device, clock=house.clock)
    if life is None:
        return
    link = await _prove(house, ProofPurpose.RESET, "/reset", member.email, member, life=life)
    await send_mail(house, "mail.reset", member.email, member.language, link=link, life=life)


async def is_known_browser(house: House, email: str, origin: Origin) -> bool:
    """Whether the account of this address was signed in there before. Nobody else's question is
    even looked up, so that no answer takes longer where there is an account.
    """
    if not origin.device:
        return False
    found = await _find(email)
    return found is not None and bool(
        house.devices.find(origin.device, found[0].id, now=house.clock.now())
    )


async def begin_email_change(house: House, email: str, member: Member, proved: str) -> None:
    """The new address is told; the old one when the change is made.

    proved: what is kept of the password that was shown; nothing begins with one of before.
    """
    if await _find(email) is not None:
        await send_mail(house, "mail.known", email, member.language, link=house.link("/sign-in"))
        return
    try:
        link = await _prove(
            house, ProofPurpose.CHANGE_EMAIL, "/confirm-email", email, member, proved=proved
        )
    except (NoProofError, PasswordChangedError):
        return
    await send_mail(house, "mail.change_email", email, member.language, link=link, life=LIFE)


async def tell_old_address(house: House, email: str, language: Language) -> None:
    await send_mail(house, "mail.changed", email, language, link=house.link("/sign-in"))


async def _find(email: str) -> tuple[Member, str | None] | None:
    return await members.find_account(email)


async def _prove(
    house: House,
    purpose: ProofPurpose,
    path: str,
    email: str,
    member: Member | None,
    *,
    proved: str | None = None,
    life: timedelta = LIFE,
) -> str:
    token = new_secret("fhm")
    async with _open(token, member if proved is not None else None):
        if member is not None and proved is not None:
            await members.hold_password(member.id, proved)
        await mail_proofs.create(
            hash_secret(token),
            purpose,
            email,
            member_id=None if member is None else member.id,
            now=house.clock.now(),
            life=life,
        )
    return house.link(f"{path}/{token}")


@asynccontextmanager
async def _open(token: str, member: Member | None) -> AsyncIterator[None]:
    """member: who is signed in and asks; None for whoever asks about an address."""
    if member is None:
        async with new_link_transaction(token):
            yield
    else:
        async with member_transaction(member.id, tenant_id=member.tenant_id):
            await bring_link(token)
            yield
