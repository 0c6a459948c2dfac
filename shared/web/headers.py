"""What every answer of a site of pages tells the browser, errors included."""

from collections.abc import Awaitable, Callable

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

# Nothing inline, nothing from elsewhere, framed by nobody. Pictures may be in the page: QR codes.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Some addresses hold the token of a mail.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


# For a year; not for other sites of the same domain, which are not ours to speak for.
_BY_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}


def page_headers(*, is_secure: bool) -> Callable[[Message, Scope], Awaitable[None]]:
    """Adds them to an answer. is_secure: browsers come by https, and by nothing else afterwards."""
    always = _ALWAYS | _BY_HTTPS if is_secure else _ALWAYS

    async def add(message: Message, _scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders(message)
        for name, value in always.items():
            headers[name] = value
        # A file that is no page of ours comes with a policy of its own, narrower than this one.
        if "content-security-policy" not in headers:
            headers["Content-Security-Policy"] = POLICY
        if "cache-control" not in headers:
            # What one person saw is not shown to the next one at the same screen.
            headers["Cache-Control"] = "no-store"

    return add
