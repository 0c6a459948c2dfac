"""All tenants."""

from litestar import Response, get

from controlplane.api.parameters import DEFAULT_LIMIT
from shared.stores import tenant_lists
from shared.web.rendering import page
from shared.web.requests import PageRequest


@get("/")
async def show(request: PageRequest) -> Response[str]:
    cursor = request.query_params.get("cursor") or None
    found = await tenant_lists.list_page(limit=DEFAULT_LIMIT, cursor=cursor)
    return page(request, "fleet.html", found=found)
