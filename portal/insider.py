"""Who may do what in a business: its members see, its owners change."""

from http import HTTPStatus
from uuid import UUID

import msgspec
from litestar import Response

from portal.visitor import origin_of, provide_member, provide_tenant_id, visitor_of
from shared.db.guard import member_transaction
from shared.enums import SecurityKind, SecuritySite, UserRole
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.security import note
from shared.stores import portal_events, security_events
from shared.structs.members import Member
from shared.web.afterwards import afterwards
from shared.web.problems import answer_not_found
from shared.web.rendering import page
from shared.web.requests import PageRequest


class OwnersOnlyError(Exception):
    """A member of the business asks for what only its owners may do."""


class Insider(msgspec.Struct, frozen=True, kw_only=True):
    member: Member
    tenant_id: TenantId

    @property
    def is_owner(self) -> bool:
        return self.member.role is UserRole.OWNER


async def provide_insider(request: PageRequest) -> Insider:
    """Raises SignInNeededError, BusinessNeededError."""
    tenant_id = await provide_tenant_id(request)
    return Insider(member=await provide_member(request), tenant_id=tenant_id)


async def provide_owner(request: PageRequest) -> Insider:
    """Raises SignInNeededError, BusinessNeededError, OwnersOnlyError."""
    insider = await provide_insider(request)
    if not insider.is_owner:
        raise OwnersOnlyError
    return insider


def answer_staff(request: PageRequest, _error: Exception) -> Response[str]:
    status = HTTPStatus.FORBIDDEN
    answer = page(request, "problem.html", status=status, kind="owners_only", number=status.value)
    member, network = visitor_of(request).member, origin_of(request).network
    tenant_id = None if member is None else member.tenant_id
    note(SecuritySite.PORTAL, SecurityKind.SCOPE_REFUSED, source=network, tenant_id=tenant_id)
    answer.background = afterwards(tell_hourly, member, "owners_only", network)
    return answer


def answer_foreign(request: PageRequest, error: NotFoundError) -> Response[str]:
    """What was asked for by its id may be there, and be another business's."""
    answer = answer_not_found(request, error)
    member = visitor_of(request).member
    if member is not None and member.tenant_id is not None:
        # Afterwards: the answer must not take longer where there is such an id.
        answer.background = afterwards(
            _note_foreign, member, [*request.path_params.values()], origin_of(request).network
        )
    return answer


async def tell_hourly(member: Member | None, event_type: str, network: str) -> None:
    """To the business, of one of its members: once an hour, however often it is tried."""
    if member is None or member.tenant_id is None:
        return
    who = {"member": str(member.id), "who": member.email, "network": network}
    async with member_transaction(member.id, tenant_id=member.tenant_id):
        await portal_events.record_hourly(member.tenant_id, event_type, who)


async def _note_foreign(member: Member, asked: list[object], network: str) -> None:
    for each in asked:
        try:
            wanted = msgspec.convert(each, UUID)
        except msgspec.ValidationError:
            continue
        async with member_transaction(member.id, tenant_id=member.tenant_id):
            await security_events.note_foreign(wanted, source=network)
