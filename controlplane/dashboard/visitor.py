"""Who asks: an operator who is signed in, or nobody."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.response import Redirect, Response

from controlplane.dashboard.desk import Desk, desk_of
from controlplane.rights import OF_ROLE, Right, right_of
from controlplane.services.acting import Caller, leave_hourly_trace
from controlplane.services.sign_in_operator import find_operator, to_caller
from shared.enums import Language, SecurityKind, SecuritySite
from shared.security import note
from shared.structs.operators import Operator
from shared.web.limits import network_of
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest, SignInNeededError, address_of

SIGN_IN = "/dashboard/sign-in"
# Of a handler that browsers ask by themselves, for as long as a page is open.
FOLLOWS = {"follows": True}


# Of a handler that is for who has to set up an authenticator first.
ENROLS = {"enrols": True}
ACCOUNT = "/dashboard/account"


class EnrolmentNeededError(Exception):
    """Every operator needs an authenticator, and this one has none."""


class NotAllowedError(Exception):
    """The operator's role does not have the right that this needs."""


async def require_operator(
    connection: ASGIConnection[Any, Any, Any, Any],
    handler: BaseRouteHandler,
) -> None:
    """Raises SignInNeededError, NotAllowedError."""
    desk: Desk = connection.app.state.desk
    token = connection.cookies.get(desk.cookies.session)
    is_use = not handler.opt.get("follows")
    operator = await find_operator(token, clock=desk.clock, is_use=is_use) if token else None
    if operator is None or not _is_good_still(desk, operator):
        raise SignInNeededError
    connection.scope["user"] = operator
    if must_enrol(desk, operator) and not handler.opt.get("enrols"):
        raise EnrolmentNeededError
    if right_of(handler.opt) not in OF_ROLE[operator.role]:
        await _tell_refusal(connection, operator)
        raise NotAllowedError


async def _tell_refusal(connection: ASGIConnection[Any, Any, Any, Any], operator: Operator) -> None:
    """Pages offer nobody what they may not do: who asks for it all the same is worth a trace."""
    desk: Desk = connection.app.state.desk
    address = connection.client.host if connection.client else ""
    note(SecuritySite.DASHBOARD, SecurityKind.SCOPE_REFUSED, source=network_of(address))
    caller = to_caller(operator, address)
    await leave_hourly_trace(caller, "operator.role_refused", clock=desk.clock, role=operator.role)


def send_to_sign_in(request: PageRequest, _error: SignInNeededError) -> Redirect:
    """And back here afterwards, where something was only to be shown."""
    if request.method != "GET":
        return go_to(SIGN_IN)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return go_to(f"{SIGN_IN}?next={quote(wanted, safe='')}")


def send_to_enrol(_request: PageRequest, _error: EnrolmentNeededError) -> Redirect:
    return go_to(ACCOUNT)


def must_enrol(desk: Desk, operator: Operator | None) -> bool:
    """Who came by the provider shows there what it asks for."""
    if operator is None or operator.proved_at is not None:
        return False
    return desk.needs_second_step and not operator.has_second_step


def is_password_good_for(desk: Desk, email: str) -> bool:
    """Where the provider is the only way, for the one account that is kept for its absence."""
    if desk.provider is None or not desk.provider.settings.is_only_way:
        return True
    return email.lower() == desk.provider.settings.break_glass.lower()


def _is_good_still(desk: Desk, operator: Operator) -> bool:
    """A session that was begun with a password, before passwords were switched off, is none."""
    if operator.proved_at is None:
        return is_password_good_for(desk, operator.email)
    return desk.provider is not None


def answer_not_allowed(request: PageRequest, _error: NotAllowedError) -> Response[str]:
    return page(request, "not_allowed.html", status=HTTPStatus.FORBIDDEN)


def provide_operator(request: PageRequest) -> Operator:
    operator: Operator = request.user
    return operator


def provide_caller(request: PageRequest) -> Caller:
    return to_caller(provide_operator(request), address_of(request))


def session_of(request: PageRequest) -> str | None:
    """The token of the browser's session, whether it is any good or not."""
    return request.cookies.get(desk_of(request).cookies.session)


def frame_of(request: PageRequest) -> dict[str, Any]:
    """What every page of the dashboard shows; nobody's name where nobody was let in.

    may: whether who asks has a right, by its name; a page offers nothing else. must_enrol: whether
    nothing but setting up an authenticator is open to them.
    """
    operator: Operator | None = request.scope.get("user")
    return {
        "language": Language.EN,
        "operator": operator,
        "may": lambda name: may(operator, name),
        "must_enrol": must_enrol(desk_of(request), operator),
    }


def may(operator: Operator | None, name: str) -> bool:
    """Raises ValueError for what is no right: a page with a slip in it shows itself."""
    right = Right(name)
    return operator is not None and right in OF_ROLE[operator.role]
