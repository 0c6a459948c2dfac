"""Who asks: an operator who is signed in, or nobody."""

from typing import Any
from urllib.parse import quote

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.response import Redirect

from controlplane.dashboard.desk import Desk, desk_of
from controlplane.services.acting import Caller
from controlplane.services.sign_in_operator import find_operator, to_caller
from shared.enums import Language
from shared.structs.members import Member
from shared.web.rendering import go_to
from shared.web.requests import PageRequest, SignInNeededError, address_of

SIGN_IN = "/dashboard/sign-in"
# Of a handler that browsers ask by themselves, for as long as a page is open.
FOLLOWS = {"follows": True}


async def require_operator(
    connection: ASGIConnection[Any, Any, Any, Any],
    handler: BaseRouteHandler,
) -> None:
    """Raises SignInNeededError."""
    desk: Desk = connection.app.state.desk
    token = connection.cookies.get(desk.cookies.session)
    is_use = not handler.opt.get("follows")
    operator = await find_operator(token, clock=desk.clock, is_use=is_use) if token else None
    if operator is None:
        raise SignInNeededError
    connection.scope["user"] = operator


def send_to_sign_in(request: PageRequest, _error: SignInNeededError) -> Redirect:
    """And back here afterwards, where something was only to be shown."""
    if request.method != "GET":
        return go_to(SIGN_IN)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return go_to(f"{SIGN_IN}?next={quote(wanted, safe='')}")


def provide_operator(request: PageRequest) -> Member:
    operator: Member = request.user
    return operator


def provide_caller(request: PageRequest) -> Caller:
    return to_caller(provide_operator(request), address_of(request))


def session_of(request: PageRequest) -> str | None:
    """The token of the browser's session, whether it is any good or not."""
    return request.cookies.get(desk_of(request).cookies.session)


def frame_of(request: PageRequest) -> dict[str, Any]:
    """What every page of the dashboard shows; nobody's name where nobody was let in."""
    return {"language": Language.EN, "operator": request.scope.get("user")}
