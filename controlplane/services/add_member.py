"""Who may sign in to the portal for a tenant, as an operator says."""

from uuid import UUID

from controlplane.services.acting import Caller, leave_trace
from controlplane.services.read_account import check_email, check_password
from shared.db.engine import transaction
from shared.enums import UserRole
from shared.ids import TenantId
from shared.stores import members, tenants
from shared.structs.members import CreateMemberInput, Member, MemberView, Offer
from shared.web.passwords import Passwords


async def add_member(
    tenant_id: TenantId, given: CreateMemberInput, *, passwords: Passwords, caller: Caller
) -> MemberView:
    """Raises InvalidInputError, EmailTakenError, NotFoundError."""
    check_email(given.email)
    password_hash = None
    if given.password is not None:
        tenant = await tenants.get(tenant_id)
        names = (tenant.name, tenant.config.business_name)
        await check_password(given.password, email=given.email, names=names)
        password_hash = await passwords.hash(given.password)
    async with transaction():
        await tenants.get(tenant_id)
        offer = Offer(tenant_id=tenant_id, role=UserRole(given.role))
        member_id = await members.create_invited(
            given.email, offer, password_hash=password_hash, language=given.language
        )
        await leave_trace(
            caller, "member.added", tenant_id=tenant_id, email=given.email, role=given.role
        )
        return to_view(await members.get(member_id))


async def remove_member(tenant_id: TenantId, member_id: UUID, *, caller: Caller) -> MemberView:
    """Signed out at once. Operators may also remove the last owner. Raises NotFoundError."""
    async with transaction():
        await tenants.get(tenant_id)
        member = await members.remove_of_tenant(tenant_id, member_id)
        await leave_trace(caller, "member.removed", tenant_id=tenant_id, email=member.email)
    return to_view(member)


def to_view(member: Member) -> MemberView:
    return MemberView(id=member.id, email=member.email, role=member.role, language=member.language)
