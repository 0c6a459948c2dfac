"""Somebody is asked to join a business; an owner asks, and may take it back."""

import re
from uuid import UUID

import msgspec

from portal.house import House
from portal.insider import Insider
from portal.mail_limits import INVITATIONS_OF_TENANT, INVITATIONS_TO_ADDRESS
from portal.services.send_mail import send_mail
from portal.services.tracing import leave_trace
from shared.db.guard import bring_link, member_transaction
from shared.enums import UserRole
from shared.names import say_name
from shared.stores import mail_proofs, members, setup_requests, tenants
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
    who reads its mail. Raises FormError, also for a business that is not accepted yet,
    TooManyAttemptsError, NotAnOwnerError.
    """
    await _count(house, owner, email)
    token, offer = new_secret("fhm"), Offer(tenant_id=owner.tenant_id, role=role)
    async with member_transaction(owner.member.id, tenant_id=owner.tenant_id):
        await bring_link(token)
        if not await setup_requests.is_accepted():
            raise FormError({"team": "team.not_accepted"})
        team = await members.list_team(owner.tenant_id)
        if email.lower() in {each.email.lower() for each in team}:
            raise FormError({"email": "team.known"})
        await mail_proofs.invite(
            hash_secret(token), email, offer, inviter=owner.member.id, now=house.clock.now()
        )
        config = await tenants.get_config(owner.tenant_id)
        await leave_trace(owner, "invited", email=email, role=role.value)
    business, link = say_name(config.business_name), house.link(f"/join/{token}")
    return Letter(to=email, business=business, link=link)


async def _count(house: House, owner: Insider, email: str) -> None:
    """Raises TooManyAttemptsError."""
    tenant = str(owner.tenant_id)
    await limits.count(limits.INVITATIONS, tenant, clock=house.clock)
    await limits.count(INVITATIONS_OF_TENANT, f"{tenant}\n{email}", clock=house.clock)
    await limits.count(INVITATIONS_TO_ADDRESS, email, clock=house.clock)


async def send_invitation(house: House, owner: Insider, letter: Letter) -> None:
    await send_mail(
        house,
        "mail.invite",
        letter.to,
        owner.member.language,
        end="mail.invite_end",
        who=_say_who(owner),
        business=letter.business,
        link=letter.link,
    )


def _say_who(owner: Insider) -> str:
    """The owner's address; its first part may hold signs that make another address of it."""
    local, _, domain = owner.member.email.partition("@")
    is_plain = re.fullmatch(r"[\w.+-]+", local, re.ASCII)
    return owner.member.email if is_plain else f"…@{domain}"


async def withdraw_invitation(owner: Insider, invitation_id: UUID) -> None:
    """Raises NotFoundError."""
    async with member_transaction(owner.member.id, tenant_id=owner.tenant_id):
        email = await mail_proofs.withdraw(owner.tenant_id, invitation_id)
        await leave_trace(owner, "invitation_withdrawn", email=email)
