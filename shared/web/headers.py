"""What every answer of a site of pages tells the browser, errors included."""

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


async def add_page_headers(message: Message, _scope: Scope) -> None:
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders(message)
    for name, value in _ALWAYS.items():
        headers[name] = value
    # A file that is no page of ours comes with a policy of its own, narrower than this one.
    if "content-security-policy" not in headers:
        headers["Content-Security-Policy"] = POLICY
    if "cache-control" not in headers:
        # What one person saw is not shown to the next one at the same screen.
        headers["Cache-Control"] = "no-store"
