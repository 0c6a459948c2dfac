"""One tenant."""

from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from shared.ids import TenantId
from shared.stores import tenants
from shared.web.rendering import page
from shared.web.requests import PageRequest


@get("/tenants/{tenant_id:uuid}")
async def show(request: PageRequest, tenant_id: FromPath[UUID]) -> Response[str]:
    return page(request, "tenant.html", tenant=await tenants.get(TenantId(tenant_id)))
