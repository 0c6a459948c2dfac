"""Every form of a site of pages carries a token, which other sites cannot know.

The token is signed for the session that the page is shown in (for nobody's, before somebody signs
in): whoever can plant a cookie in a browser cannot make a token of their own count there.
"""

from hmac import compare_digest
from hmac import digest as sign
from http import HTTPMethod

from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import DefineMiddleware
from litestar.middleware.csrf import CSRF_SECRET_LENGTH, CSRFMiddleware, generate_csrf_hash
from litestar.middleware.csrf import generate_csrf_token as make_token
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from shared.enums import SecurityKind, SecuritySite
from shared.security import note
from shared.web.cookies import CookieJar
from shared.web.limits import network_of
from shared.web.requests import PageRequest, address_of

_FIELD = "_csrf_token"


class FormGuard(CSRFMiddleware):
    """Litestar's way with the cookie; which token is a good one is said here."""

    def __init__(
        self, app: ASGIApp, *, cookies: CookieJar, secret: str, site: SecuritySite
    ) -> None:
        super().__init__(app, cookies.csrf(secret))
        self._cookies = cookies
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        request = PageRequest(scope, receive)
        session = request.cookies.get(self._cookies.session, "")
        key, kept = self._key(session), request.cookies.get(self.config.cookie_name, "")
        is_good = _is_made_with(key, kept)
        if request.method in self.config.safe_methods:
            # Elsewhere on the host (a stylesheet, say) the browser does not send the cookie: a new
            # one would take the place of the one that the page's form was made with.
            if not is_good and request.url.path.startswith(self._cookies.path):
                kept = make_token(key)
                send = self.create_send_wrapper(send, token=kept, csrf_cookie=None)
        else:
            given = await _read_token(request)
            # Nobody's session is everybody's: there the cookie says whose token it is.
            is_theirs = bool(session) or (is_good and compare_digest(given, kept))
            if not is_theirs or not _is_made_with(key, given):
                source = network_of(address_of(request))
                note(self._site, SecurityKind.FORM_REFUSED, source=source)
                raise PermissionDeniedException("that is no form of this session")
            kept = given
        ScopeState.from_scope(scope).csrf_token = kept
        await self.app(scope, receive, send)

    def _key(self, session: str) -> str:
        return sign(self.config.secret.encode(), session.encode("utf-8", "replace"), "sha256").hex()


def guard_forms(cookies: CookieJar, secret: str, *, site: SecuritySite) -> DefineMiddleware:
    return DefineMiddleware(FormGuard, cookies=cookies, secret=secret, site=site)


async def _read_token(request: PageRequest) -> str:
    """What is no plain form of ours is not even read: a stranger could have defects logged."""
    is_post = request.method == HTTPMethod.POST
    if not is_post or request.content_type[0] != RequestEncodingType.URL_ENCODED:
        return ""
    given = (await request.form()).get(_FIELD)
    return given if isinstance(given, str) and given.isascii() else ""


def _is_made_with(key: str, token: str) -> bool:
    if not token.isascii():
        return False
    made, signature = token[:CSRF_SECRET_LENGTH], token[CSRF_SECRET_LENGTH:]
    return compare_digest(generate_csrf_hash(made, key), signature)
