"""What every answer tells the browser, errors included."""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

DOCUMENTATION = "/schema"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# JSON needs nothing. Swagger UI draws its icons from data URIs and sets styles in place.
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_DOCUMENTATION_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def add_security_headers(message: Message, scope: Scope) -> None:
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders(message)
    for name, value in _ALWAYS.items():
        headers[name] = value
    documentation = scope["path"].startswith(DOCUMENTATION)
    headers["Content-Security-Policy"] = _DOCUMENTATION_POLICY if documentation else _API_POLICY
    if not documentation:
        headers["Cache-Control"] = "no-store"
