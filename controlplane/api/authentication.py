"""The doors of the API: a key in the `Authorization` header, and nowhere else."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.spec import Components, SecurityScheme

from controlplane.services.acting import Caller
from shared.ids import TenantId
from shared.stores import api_keys, limits
from shared.structs.keys import MESSAGES_SCOPE, AdminScope, ApiKeyView

# Of a handler that a key may not use which is only to look.
NOT_TO_LOOK_AT = {"not_to_look_at": True}
_LOOKING = {"GET", "HEAD"}
SCHEME = "ApiKey"
COMPONENTS = Components(
    security_schemes={
        SCHEME: SecurityScheme(
            type="http",
            scheme="bearer",
            description=(
                "The admin key, as in `.flowhq/admin.key`; for /v1 a key of the tenant, as "
                "`POST /admin/tenants/{id}/api-keys` gives it."
            ),
        )
    }
)


async def require_admin_key(
    connection: ASGIConnection[Any, Any, Any, Any],
    handler: BaseRouteHandler,
) -> None:
    """Raises 401 without a good key, 403 for a good one that may not do this."""
    found = await _authenticate(connection)
    if found.tenant_id is not None or not set(AdminScope) & set(found.scopes):
        raise PermissionDeniedException("The API key may not use the admin API.")
    is_looking = connection.scope.get("method") in _LOOKING and not handler.opt.get(
        "not_to_look_at"
    )
    if AdminScope.ADMIN not in found.scopes and not is_looking:
        raise PermissionDeniedException("The API key may only look.")
    connection.scope["user"] = found


async def require_tenant_key(
    connection: ASGIConnection[Any, Any, Any, Any],
    handler: BaseRouteHandler,  # noqa: ARG001  Litestar passes it
) -> None:
    """The tenant is the key's: nothing in the request can name another."""
    found = await _authenticate(connection)
    if found.tenant_id is None:
        raise PermissionDeniedException(
            "This is an operator's key, and /v1 is for a tenant's own: use"
            " /admin/tenants/{id}/messages, or a key of /admin/tenants/{id}/api-keys."
        )
    if MESSAGES_SCOPE not in found.scopes:
        raise PermissionDeniedException("The API key may not send messages.")
    tenant_id = TenantId(found.tenant_id)
    state = connection.app.state
    allowed = (await limits.get(tenant_id)).api_requests_per_minute
    state.request_rate.count(tenant_id, allowed=allowed, now=state.clock.now())
    connection.scope["user"] = found


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    address = request.client.host if request.client else ""
    key: ApiKeyView = request.user
    owner = None if key.tenant_id is None else TenantId(key.tenant_id)
    return Caller(name=key.name, address=address, tenant_id=owner)


async def _authenticate(connection: ASGIConnection[Any, Any, Any, Any]) -> ApiKeyView:
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
    return found
