"""What programs tried and were not let do: counted, and told once an hour of whoever it was."""

from typing import Any
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection

from controlplane.services.acting import Caller, leave_hourly_trace
from shared.clock import Clock
from shared.enums import SecurityKind, SecuritySite
from shared.ids import TenantId
from shared.security import note
from shared.stores import foreign_ids
from shared.structs.keys import ApiKeyView
from shared.web.limits import network_of

Connection = ASGIConnection[Any, Any, Any, Any]


def network_from(connection: Connection) -> str:
    return network_of(connection.client.host if connection.client else "")


def to_caller(connection: Connection, key: ApiKeyView) -> Caller:
    """Whose the key is; also of one that is let do nothing more."""
    address = connection.client.host if connection.client else ""
    owner = None if key.tenant_id is None else TenantId(key.tenant_id)
    return Caller(name=key.name, address=address, tenant_id=owner)


async def trace_key(
    connection: Connection, kind: SecurityKind, action: str, *, key: ApiKeyView
) -> None:
    """Of a key that is, or was, ours."""
    caller, clock = to_caller(connection, key), clock_of(connection)
    note(SecuritySite.API, kind, source=network_from(connection), tenant_id=caller.tenant_id)
    await leave_hourly_trace(caller, action, clock=clock, tenant_id=caller.tenant_id)


async def trace_foreign(connection: Connection, key: ApiKeyView) -> None:
    """Nothing was found for the tenant whose key it is: perhaps it is another tenant's."""
    if key.tenant_id is None:
        return
    for value in connection.path_params.values():
        wanted = _to_id(value)
        if wanted and await foreign_ids.is_foreign(wanted, tenant_id=TenantId(key.tenant_id)):
            await trace_key(connection, SecurityKind.FOREIGN_ID, "api_key.foreign_id", key=key)


def clock_of(connection: Connection) -> Clock:
    clock: Clock = connection.app.state.clock
    return clock


def _to_id(value: object) -> UUID | None:
    try:
        return msgspec.convert(value, UUID)
    except msgspec.ValidationError:
        return None
