"""The first page that a stranger sees."""

from litestar import Response, get

from portal.rendering import page
from portal.visitor import PageRequest


@get("/")
async def front(request: PageRequest) -> Response[str]:
    return page(request, "front.html")
