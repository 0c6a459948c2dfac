"""What a link in a mail is good for: once, and while it is fresh."""

from uuid import UUID

import msgspec

from portal.house import House
from portal.services.begin_by_mail import tell_old_address
from portal.services.business_names import find_business_names
from shared.db.guard import bring_link, link_transaction, member_transaction, open_link
from shared.enums import Language, ProofPurpose
from shared.errors import NotFoundError
from shared.stores import browser_sessions, mail_proofs, members, portal_events
from shared.stores.members import EmailTakenError
from shared.stores.secrets import hash_secret
from shared.structs.members import Member, Proof
from shared.web import limits
from shared.web.passwords import check_new_password


class LinkOverError(NotFoundError):
    """Used, too old, or never one of ours: not told apart."""


async def look_at(house: House, token: str, purpose: ProofPurpose) -> Proof:
    """Uses nothing: mail programs fetch links of their own accord. Raises LinkOverError."""
    async with link_transaction(token):
        return await find_proof(house, token, purpose)


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """Who is in now. session: its token."""

    member_id: UUID
    session: str


async def hash_for_link(house: House, token: str, password: str) -> str:
    """Whoever has a link could have passwords hashed without end. Counted by link, for a network
    may be one of many people. Raises TooManyAttemptsError.
    """
    await limits.count(limits.PASSWORDS_FOR_LINK, token, clock=house.clock)
    return await house.passwords.hash(password)


async def finish_sign_up(house: House, token: str, password: str, language: Language) -> Entered:
    """A new account, and its first session. Raises FormError, LinkOverError,
    TooManyAttemptsError.
    """
    proof = await look_at(house, token, ProofPurpose.SIGN_UP)
    await check_new_password(password, email=proof.email)
    password_hash = await hash_for_link(house, token, password)
    try:
        async with link_transaction(token):
            await find_proof(house, token, ProofPurpose.SIGN_UP)
            member_id = await members.create_owner(
                proof.email, password_hash=password_hash, language=language
            )
            await open_link(token)
            await mail_proofs.use(hash_secret(token), now=house.clock.now())
            session = await browser_sessions.begin(member_id, now=house.clock.now())
            return Entered(member_id=member_id, session=session)
    except EmailTakenError as error:
        raise LinkOverError("the address has an account by now") from error


async def finish_reset(house: House, token: str, password: str) -> Entered:
    """Every browser is signed out but the one of this, and every other mailed link is over.

    Raises FormError, LinkOverError, TooManyAttemptsError.
    """
    async with link_transaction(token):
        asking = await _find_owner(house, token)
        names = await find_business_names(asking.tenant_id)
    await check_new_password(password, email=asking.email, names=names)
    password_hash = await hash_for_link(house, token, password)
    async with link_transaction(token):
        member = await _find_owner(house, token)
        await members.set_password(member.id, password_hash)
        await mail_proofs.use_all(member.id, now=house.clock.now())
        await browser_sessions.end_all(member.id)
        if member.tenant_id is not None:
            trace = {"member": str(member.id), "who": member.email}
            await portal_events.record(member.tenant_id, "password_reset", trace)
        session = await browser_sessions.begin(member.id, now=house.clock.now())
        return Entered(member_id=member.id, session=session)


async def look_at_email_change(house: House, token: str, member: Member) -> Proof:
    """Raises LinkOverError, also for another member's."""
    proof = await look_at(house, token, ProofPurpose.CHANGE_EMAIL)
    if proof.member_id != member.id:
        raise LinkOverError("the link is of another account")
    return proof


async def finish_email_change(house: House, token: str, asking: Member) -> None:
    """Links that went to the old address are over. Raises LinkOverError.

    asking: who is signed in. Who mistyped the new address must not give the account to its owner,
    who would confirm, and then ask for another password.
    """
    try:
        async with member_transaction(asking.id, tenant_id=asking.tenant_id):
            await bring_link(token)
            found = await find_proof(house, token, ProofPurpose.CHANGE_EMAIL)
            if found.member_id != asking.id:
                raise LinkOverError("the link is of another account")
            member = await members.get(asking.id)
            await members.set_email(member.id, found.email)
            await mail_proofs.use_all(member.id, now=house.clock.now())
    except EmailTakenError as error:
        raise LinkOverError("the address has an account by now") from error
    await tell_old_address(house, member.email, member.language)


async def _find_owner(house: House, token: str) -> Member:
    """Whose password the link is about. Raises LinkOverError."""
    found = await find_proof(house, token, ProofPurpose.RESET)
    assert found.member_id is not None, "a reset is of somebody"
    return await members.get(found.member_id)


async def find_proof(house: House, token: str, purpose: ProofPurpose) -> Proof:
    proof = await mail_proofs.find(hash_secret(token), purpose, now=house.clock.now())
    if proof is None:
        raise LinkOverError("the link is used or too old")
    return proof
