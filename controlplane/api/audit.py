"""`/admin/audit`: who did what, when, and from where."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.params import QueryParameter

from controlplane.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from shared.stores import audit
from shared.structs.keys import AuditView
from shared.structs.pages import Page

TenantFilter = Annotated[UUID | None, QueryParameter(description="Only what concerns this tenant.")]
ActionFilter = Annotated[
    str | None, QueryParameter(max_length=100, description="Only this, such as `tenant.created`.")
]
WhoFilter = Annotated[
    str | None,
    QueryParameter(
        max_length=254, description="Only of the key of this name, or the operator of this address."
    ),
]


@get("/", summary="What was done, newest first", responses=documented(), opt=needs(Right.LOOK))
async def list_all(
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    tenant_id: TenantFilter = None,
    action: ActionFilter = None,
    who: WhoFilter = None,
) -> Page[AuditView]:
    return await audit.list_page(
        limit=limit, cursor=cursor, tenant_id=tenant_id, action=action, who=who
    )


audit_router = Router("/audit", route_handlers=[list_all], tags=["Audit log"])
