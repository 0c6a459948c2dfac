"""Who is in a business, and what owners do about it."""

from uuid import UUID

import msgspec

from portal.insider import Insider
from portal.services.tracing import leave_trace
from shared.clock import Clock
from shared.db.guard import member_transaction, tenant_transaction
from shared.enums import UserRole
from shared.errors import NotFoundError
from shared.stores import mail_proofs, members, setup_requests
from shared.structs.members import Invitation, Member


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """is_accepted: whether owners may invite: in the name of a business that an operator knows."""

    members: list[Member]
    invitations: list[Invitation]
    is_accepted: bool

    @property
    def owners(self) -> int:
        return sum(member.role is UserRole.OWNER for member in self.members)


async def show_team(insider: Insider, *, clock: Clock) -> Team:
    async with tenant_transaction(insider.tenant_id):
        return Team(
            members=await members.list_team(insider.tenant_id),
            invitations=await mail_proofs.list_invitations(insider.tenant_id, now=clock.now()),
            is_accepted=await setup_requests.is_accepted(),
        )


async def find_colleague(insider: Insider, member_id: UUID) -> Member:
    """Raises NotFoundError, also for somebody of another business."""
    async with tenant_transaction(insider.tenant_id):
        return await _get(insider, member_id)


async def change_role(owner: Insider, member_id: UUID, role: UserRole) -> None:
    """Raises NotFoundError, LastOwnerError."""
    async with member_transaction(owner.member.id, tenant_id=owner.tenant_id):
        colleague = await _get(owner, member_id)
        if colleague.role is role:
            return
        await members.set_role(member_id, role)
        await leave_trace(owner, "role_changed", email=colleague.email, role=role.value)


async def remove_colleague(owner: Insider, member_id: UUID) -> None:
    """Whoever it was is out at once, in every browser. Raises NotFoundError, LastOwnerError."""
    async with member_transaction(owner.member.id, tenant_id=owner.tenant_id):
        colleague = await _get(owner, member_id)
        await leave_trace(owner, "member_removed", email=colleague.email)
        await members.remove(member_id)


async def _get(insider: Insider, member_id: UUID) -> Member:
    member = await members.get(member_id)
    if member.tenant_id != insider.tenant_id:
        raise NotFoundError("there is no such member")
    return member
