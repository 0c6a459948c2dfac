"""What begins with a link in a mail. The same for every address, there or not: the answer has
been given when this runs, and who owns the address alone learns more.
"""

from portal.house import House
from portal.services.send_mail import send_mail
from shared.db.guard import continue_as, email_transaction, proof_transaction
from shared.enums import Language, ProofPurpose
from shared.stores import mail_proofs, members
from shared.stores.members import PasswordChangedError
from shared.stores.secrets import hash_secret, new_secret
from shared.structs.members import Member


async def begin_sign_up(house: House, email: str, language: Language) -> None:
    found = await _find(email)
    if found is not None:
        await send_mail(house, "mail.known", email, language, link=house.link("/sign-in"))
        return
    link = await _prove(house, ProofPurpose.SIGN_UP, "/sign-up", email, None)
    await send_mail(house, "mail.sign_up", email, language, link=link)


async def begin_reset(house: House, email: str, language: Language) -> None:
    found = await _find(email)
    if found is None:
        await send_mail(house, "mail.unknown", email, language, link=house.link("/sign-up"))
        return
    link = await _prove(house, ProofPurpose.RESET, "/reset", found.email, found)
    await send_mail(house, "mail.reset", found.email, found.language, link=link)


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
    except PasswordChangedError:
        return
    await send_mail(house, "mail.change_email", email, member.language, link=link)


async def tell_old_address(house: House, email: str, language: Language) -> None:
    await send_mail(house, "mail.changed", email, language, link=house.link("/sign-in"))


async def _find(email: str) -> Member | None:
    async with email_transaction(email):
        found = await members.find_by_email(email)
    return found[0] if found else None


async def _prove(
    house: House,
    purpose: ProofPurpose,
    path: str,
    email: str,
    member: Member | None,
    *,
    proved: str | None = None,
) -> str:
    token = new_secret("fhm")
    async with proof_transaction(hash_secret(token)):
        if member is not None and proved is not None:
            await continue_as(member.id, tenant_id=member.tenant_id)
            await members.hold_password(member.id, proved)
        await mail_proofs.create(
            hash_secret(token),
            purpose,
            email,
            member_id=None if member is None else member.id,
            now=house.clock.now(),
        )
    return house.link(f"{path}/{token}")
