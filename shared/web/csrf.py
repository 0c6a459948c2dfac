"""Every form of a site of pages carries a token, which other sites cannot know."""

from http import HTTPMethod
from typing import cast

from litestar.enums import RequestEncodingType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import DefineMiddleware
from litestar.middleware.csrf import CSRFMiddleware
from litestar.types import Receive, Scope, Send

from shared.web.cookies import CookieJar
from shared.web.requests import PageRequest


class FormGuard(CSRFMiddleware):
    """Litestar's, which takes what it compares for a token, and reads what nobody's form sends:
    each of them is a defect that a stranger could have logged at will.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_post = scope.get("method") == HTTPMethod.POST
        if is_post and PageRequest(scope).content_type[0] != RequestEncodingType.URL_ENCODED:
            raise PermissionDeniedException("that is no form")
        await super().__call__(scope, receive, send)

    def _csrf_tokens_match(self, request_csrf_token: object, cookie_csrf_token: str) -> bool:
        given = (request_csrf_token, cookie_csrf_token)
        if not all(isinstance(token, str) and token.isascii() for token in given):
            return False
        return super()._csrf_tokens_match(cast("str", request_csrf_token), cookie_csrf_token)


def guard_forms(cookies: CookieJar, secret: str) -> DefineMiddleware:
    return DefineMiddleware(FormGuard, config=cookies.csrf(secret))
