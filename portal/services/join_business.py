"""An invitation is taken: with a new account, or with the one that the address has."""

import msgspec

from portal.house import House
from portal.insider import Insider
from portal.services.business_names import find_business_names
from portal.services.finish_by_mail import LinkOverError, find_proof, hash_for_link
from portal.services.prove_password import prove_password
from portal.services.tracing import leave_trace
from shared.db.guard import (
    NoProofError,
    link_transaction,
    open_account,
    open_link,
)
from shared.enums import Language, ProofPurpose
from shared.errors import ConflictError, NotFoundError
from shared.names import say_name
from shared.stores import browser_sessions, mail_proofs, members, tenants
from shared.stores.members import EmailTakenError, PasswordChangedError
from shared.stores.secrets import hash_secret
from shared.structs.members import Member, Offer
from shared.web.fields import FormError
from shared.web.origin import Origin
from shared.web.passwords import check_new_password


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """member: of the account that the address has, if it has one."""

    email: str
    offer: Offer
    business: str
    member: Member | None

    @property
    def is_elsewhere(self) -> bool:
        return self.member is not None and self.member.tenant_id is not None


async def look_at_invitation(house: House, token: str) -> Invited:
    """Uses nothing. Raises LinkOverError."""
    async with link_transaction(token):
        proof = await find_proof(house, token, ProofPurpose.INVITE)
        assert proof.offer is not None, "an invitation offers something"
        try:
            config = await tenants.get_config(proof.offer.tenant_id)
        except NotFoundError as error:
            raise LinkOverError("the business is gone") from error
    found = await members.find_account(proof.email)
    member = found[0] if found else None
    return Invited(
        email=proof.email,
        offer=proof.offer,
        business=say_name(config.business_name),
        member=member,
    )


async def join_business(
    house: House, token: str, password: str, language: Language, *, origin: Origin
) -> tuple[Member, str]:
    """The member, and the token of a first session.

    password: a new one, or that of the account. Raises FormError, LinkOverError, ConflictError
    for an account that has a business, TooManyAttemptsError.
    """
    invited = await look_at_invitation(house, token)
    if invited.member is None:
        async with link_transaction(token):
            names = await find_business_names(invited.offer.tenant_id)
        await check_new_password(password, email=invited.email, names=names)
        password_hash = await hash_for_link(house, token, password)
    else:
        proved = await prove_password(
            house, invited.email, password, origin=origin, word="password.wrong"
        )
        password_hash = proved.kept
    try:
        async with link_transaction(token):
            await find_proof(house, token, ProofPurpose.INVITE)
            member = await _enter(token, invited, password_hash, language)
            await mail_proofs.use(hash_secret(token), now=house.clock.now())
            insider = Insider(member=member, tenant_id=invited.offer.tenant_id)
            await leave_trace(insider, "joined", role=invited.offer.role.value)
            return member, await browser_sessions.begin(member.id, now=house.clock.now())
    except EmailTakenError as error:
        raise ConflictError("the address has got an account meanwhile") from error
    except (NoProofError, PasswordChangedError) as error:
        raise FormError({"password": "password.wrong"}) from error


async def _enter(token: str, invited: Invited, password_hash: str, language: Language) -> Member:
    """password_hash: of a new account, or what was proved of the one that is there. The guard is
    the member's in the business then.
    """
    if invited.member is not None:
        await open_account(invited.email, password_hash)
        await members.hold_password(invited.member.id, password_hash)
        await members.take_invitation(invited.member.id)
        await open_link(token)
        return await members.get(invited.member.id)
    member_id = await members.create_invited(
        invited.email, invited.offer, password_hash=password_hash, language=language
    )
    await open_link(token)
    return await members.get(member_id)
