"""One port for people and for programs: which of the two applications a request is for."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

_PAGES = ("/dashboard", "/static")


def join(api: ASGIApp, dashboard: ASGIApp) -> ASGIApp:
    """The API answers whatever is no page, errors included: a program expects no HTML."""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == ScopeType.HTTP and _is_page(scope["path"])
        await (dashboard if is_page else api)(scope, receive, send)

    return choose


def _is_page(path: str) -> bool:
    return path == "/" or any(path == root or path.startswith(f"{root}/") for root in _PAGES)
