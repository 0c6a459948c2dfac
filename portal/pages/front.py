"""The first page that a stranger sees; a member goes on to the own one."""

from litestar import Response, get
from litestar.response import Redirect

from portal.visitor import visitor_of
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest


@get("/")
async def front(request: PageRequest) -> Response[str] | Redirect:
    if visitor_of(request).member is not None:
        return go_to("/home")
    return page(request, "front.html")
