"""Who acts, and the trace that each act leaves."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog

from shared.clock import Clock
from shared.enums import CallerKind
from shared.ids import TenantId
from shared.stores import audit
from shared.structs.alarms import Alarm
from shared.structs.keys import AuditEntry
from shared.structs.tenants import TenantConfig
from shared.wire.frames import Command

log = structlog.get_logger(__name__)

# Tells the reconciler that a tenant is worth a look now; it would look anyway, later.
Wake = Callable[[TenantId], None]
# Tells the tenant's dispatcher that a queued message is worth a look now.
Dispatch = Callable[[TenantId], None]
# Cuts the connection of the tenant's worker, which then has to show its token again.
Disconnect = Callable[[TenantId], None]
# Tells the tenant's worker to do something; False when none is connected.
Instruct = Callable[[TenantId, Command], Awaitable[bool]]
# What many links have in common: for operators, of the whole fleet.
ListAlarms = Callable[[], Awaitable[list[Alarm]]]


# Tells the tenant's worker its configuration; False when none is connected.
Configure = Callable[[TenantId, TenantConfig], Awaitable[bool]]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """name: of the API key, or the operator's e-mail address. address: where the request came from.

    tenant_id: whose key it is; None for an operator's.
    """

    name: str
    address: str
    kind: CallerKind = CallerKind.KEY
    tenant_id: TenantId | None = None


async def leave_trace(
    caller: Caller, action: str, *, tenant_id: TenantId | None = None, **detail: Any
) -> None:
    """The audit row of an act. Call it in the transaction of the change itself.

    tenant_id: None for what concerns the platform.
    """
    await audit.record(
        AuditEntry(
            kind=caller.kind,
            who=caller.name,
            action=action,
            address=caller.address,
            tenant_id=tenant_id,
            detail=detail,
        )
    )
    concerned = {} if tenant_id is None else {"tenant_id": tenant_id}
    log.info(action, who=caller.name, **concerned)


async def leave_hourly_trace(
    caller: Caller,
    action: str,
    *,
    clock: Clock,
    tenant_id: TenantId | None = None,
    **detail: Any,
) -> None:
    """The audit row of what is looked at, or tried, again and again: the first in an hour of the
    same, by the same, of the same tenant, wherever from.
    """
    entry = AuditEntry(
        kind=caller.kind,
        who=caller.name,
        action=action,
        address=caller.address,
        tenant_id=tenant_id,
        detail=detail,
    )
    if await audit.record_hourly(entry, now=clock.now()):
        concerned = {} if tenant_id is None else {"tenant_id": tenant_id}
        log.info(action, who=caller.name, **concerned)
