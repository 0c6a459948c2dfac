"""The doors of the API: a key in the `Authorization` header, and nowhere else."""

from typing import Any, NoReturn

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.spec import Components, SecurityScheme

from controlplane.api.traces import clock_of, network_from, to_caller, trace_key
from controlplane.rights import right_of, rights_of_scopes
from controlplane.services.acting import Caller
from shared.enums import SecurityKind, SecuritySite
from shared.ids import TenantId
from shared.security import note
from shared.stores import api_keys
from shared.stores import limits as tenant_limits
from shared.structs.keys import MESSAGES_SCOPE, AdminScope, ApiKeyView
from shared.web import limits

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
        await _refuse(connection, found, "The API key may not use the admin API.")
    right = right_of(handler.opt)
    if right not in rights_of_scopes(found.scopes):
        may = ", ".join(found.scopes)
        await _refuse(
            connection, found, f"The API key has not the right to do this ({right}); it has: {may}."
        )
    connection.scope["user"] = found


async def require_tenant_key(
    connection: ASGIConnection[Any, Any, Any, Any],
    handler: BaseRouteHandler,  # noqa: ARG001  Litestar passes it
) -> None:
    """The tenant is the key's: nothing in the request can name another."""
    found = await _authenticate(connection)
    if found.tenant_id is None:
        await _refuse(
            connection,
            found,
            "This is an operator's key, and /v1 is for a tenant's own: use"
            " /admin/tenants/{id}/messages, or a key of /admin/tenants/{id}/api-keys.",
        )
    if MESSAGES_SCOPE not in found.scopes:
        await _refuse(connection, found, "The API key may not send messages.")
    tenant_id = TenantId(found.tenant_id)
    state = connection.app.state
    allowed = (await tenant_limits.get(tenant_id)).api_requests_per_minute
    state.request_rate.count(tenant_id, allowed=allowed, now=state.clock.now())
    connection.scope["user"] = found


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    return to_caller(request, request.user)


async def _refuse(
    connection: ASGIConnection[Any, Any, Any, Any], key: ApiKeyView, detail: str
) -> NoReturn:
    """A good key that may not do this."""
    await trace_key(connection, SecurityKind.SCOPE_REFUSED, "api_key.scope_refused", key=key)
    raise PermissionDeniedException(detail)


async def _authenticate(connection: ASGIConnection[Any, Any, Any, Any]) -> ApiKeyView:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise NotAuthorizedException(
            "An API key is required: Authorization: Bearer <key>.",
            headers={"WWW-Authenticate": 'Bearer realm="flowhq"'},
        )
    found = await api_keys.authenticate(key.strip(), now=clock_of(connection).now())
    if found is None:
        await _count_wrong(connection, key.strip())
        raise NotAuthorizedException(
            "The API key is not good.",
            headers={"WWW-Authenticate": 'Bearer realm="flowhq", error="invalid_token"'},
        )
    return found


async def _count_wrong(connection: ASGIConnection[Any, Any, Any, Any], key: str) -> None:
    """Raises TooManyAttemptsError: whoever has a good key is not asked how many others failed."""
    over = await api_keys.find_over(key)
    if over is not None:
        await trace_key(connection, SecurityKind.KEY_OVER, "api_key.refused", key=over)
    else:
        note(SecuritySite.API, SecurityKind.KEY_UNKNOWN, source=network_from(connection))
    try:
        network = network_from(connection)
        await limits.count(limits.KEYS_FROM_ADDRESS, network, clock=clock_of(connection))
    except limits.TooManyAttemptsError:
        note(SecuritySite.API, SecurityKind.KEY_HELD_UP, source=network_from(connection))
        raise
