"""The door of the admin API: a key in the `Authorization` header, and nowhere else."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.spec import Components, SecurityScheme

from controlplane.services.acting import Caller
from shared.stores import api_keys

ADMIN_SCOPE = "admin"
SCHEME = "ApiKey"
COMPONENTS = Components(
    security_schemes={
        SCHEME: SecurityScheme(
            type="http",
            scheme="bearer",
            description="The admin key, as in `.flowhq/admin.key`.",
        )
    }
)


async def require_admin_key(
    connection: ASGIConnection[Any, Any, Any, Any],
    handler: BaseRouteHandler,  # noqa: ARG001  Litestar passes it
) -> None:
    """Raises 401 without a good key, 403 for a good one that may not do this."""
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise NotAuthorizedException(
            "An API key is required: Authorization: Bearer <key>.",
            headers={"WWW-Authenticate": 'Bearer realm="flowhq"'},
        )
    found = await api_keys.authenticate(key.strip(), now=connection.app.state.clock.now())
    if found is None:
        raise NotAuthorizedException(
            "The API key is not good.",
            headers={"WWW-Authenticate": 'Bearer realm="flowhq", error="invalid_token"'},
        )
    if ADMIN_SCOPE not in found.scopes:
        raise PermissionDeniedException("The API key may not use the admin API.")
    connection.scope["user"] = found


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    address = request.client.host if request.client else ""
    return Caller(name=request.user.name, address=address)
