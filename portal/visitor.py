"""Who asks: known before a page is made, so that also an error speaks the right language."""

from typing import Any

import msgspec
from litestar import Request

from shared.enums import Language
from shared.web.language import choose_language

LANGUAGE_COOKIE = "language"
PageRequest = Request[Any, Any, Any]


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    language: Language


async def meet_visitor(request: PageRequest) -> None:
    """Before every page that exists."""
    request.state.visitor = to_stranger(request)


def to_stranger(request: PageRequest) -> Visitor:
    cookie, accept = request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language")
    return Visitor(language=choose_language(cookie, accept))


def visitor_of(request: PageRequest) -> Visitor:
    """A stranger where nobody was met: the address does not exist, or meeting failed."""
    visitor = request.state.get("visitor")
    return visitor if isinstance(visitor, Visitor) else to_stranger(request)
