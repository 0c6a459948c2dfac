"""Somebody is asked to join a business; an owner asks, and may take it back."""

from uuid import UUID

import msgspec

from portal.house import House
from portal.insider import Insider
from portal.mail_limits import INVITATIONS_OF_TENANT, INVITATIONS_TO_ADDRESS
from portal.services.send_mail import send_mail
from portal.services.tracing import leave_trace
from shared.db.guard import continue_as, member_transaction, proof_transaction
from shared.enums import UserRole
from shared.stores import mail_proofs, members, tenants
from shared.stores.secrets import hash_secret, new_secret
from shared.structs.members import Offer
from shared.web import limits
from shared.web.fields import FormError


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be mailed to who is invited; its link holds the only copy of the token."""

    to: str
    business: str
    link: str


async def invite(house: House, owner: Insider, email: str, role: UserRole) -> Letter:
    """The same for every address but a colleague's: whether it has an account elsewhere is for
    who reads its mail. Raises FormError, TooManyAttemptsError, NotAnOwnerError.
    """
    await limits.count(limits.INVITATIONS, str(owner.tenant_id), clock=house.clock)
    await limits.count(INVITATIONS_OF_TENANT, f"{owner.tenant_id}\n{email}", clock=house.clock)
    await limits.count(INVITATIONS_TO_ADDRESS, email, clock=house.clock)
    token, offer = new_secret("fhm"), Offer(tenant_id=owner.tenant_id, role=role)
    async with proof_transaction(hash_secret(token)):
        await continue_as(owner.member.id, tenant_id=owner.tenant_id)
        team = await members.list_team(owner.tenant_id)
        if email.lower() in {each.email.lower() for each in team}:
            raise FormError({"email": "team.known"})
        await mail_proofs.invite(
            hash_secret(token), email, offer, inviter=owner.member.id, now=house.clock.now()
        )
        config = await tenants.get_config(owner.tenant_id)
        await leave_trace(owner, "invited", email=email, role=role.value)
    return Letter(to=email, business=config.business_name, link=house.link(f"/join/{token}"))


async def send_invitation(house: House, owner: Insider, letter: Letter) -> None:
    await send_mail(
        house,
        "mail.invite",
        letter.to,
        owner.member.language,
        who=owner.member.email,
        business=letter.business,
        link=letter.link,
    )


async def withdraw_invitation(owner: Insider, invitation_id: UUID) -> None:
    """Raises NotFoundError."""
    async with member_transaction(owner.member.id, tenant_id=owner.tenant_id):
        email = await mail_proofs.withdraw(owner.tenant_id, invitation_id)
        await leave_trace(owner, "invitation_withdrawn", email=email)
