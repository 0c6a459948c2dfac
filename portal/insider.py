"""Who may do what in a business: its members see, its owners change."""

from http import HTTPStatus

import msgspec
from litestar import Response

from portal.visitor import provide_member, provide_tenant_id
from shared.enums import UserRole
from shared.ids import TenantId
from shared.structs.members import Member
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
    return page(request, "problem.html", status=status, kind="owners_only", number=status.value)
