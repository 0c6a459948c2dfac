"""Who may connect: the token names the tenant, and its epoch fences older connections."""

from datetime import timedelta
from math import ceil

import msgspec
import structlog

from controlplane.containment import contained
from controlplane.gateway.budgets import Standing
from controlplane.gateway.standings import Standings
from shared.enums import SecurityKind, SecuritySite
from shared.errors import NotFoundError, TransientError, UnreadableRowError
from shared.ids import TenantId
from shared.security import note
from shared.seldom import Seldom
from shared.stores import credentials, limits, tenants, workers
from shared.stores.rows import say_unreadable
from shared.structs.tenants import TenantConfig
from shared.wire.frames import PROTOCOL, Hello

log = structlog.get_logger(__name__)

SAY_EVERY = timedelta(seconds=10)
_said = Seldom(SAY_EVERY)


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: TenantId
    epoch: int
    config: TenantConfig
    standing: Standing


class Denied(msgspec.Struct, frozen=True, kw_only=True):
    """`detail` is told to the worker and ends up in the tenant's `last_error`."""

    detail: str


class HeldOff(msgspec.Struct, frozen=True, kw_only=True):
    """Not now: said without a question to the database. `reason` closes the connection."""

    reason: str


async def admit(hello: Hello, standings: Standings) -> Admitted | Denied | HeldOff:
    """Raises TransientError, also while nobody can read what the tenant's bot is to be told: the
    worker goes on with what it knows, and asks again.
    """
    if hello.protocol != PROTOCOL:
        return Denied(detail=f"the gateway speaks protocol {PROTOCOL}, the worker {hello.protocol}")
    held_off = _find_hold(standings.find(hello.token))
    if held_off is not None:
        return held_off
    owner = await credentials.find_tenant(hello.token)
    if owner is None or owner.revoked:
        reason = "it is unknown" if owner is None else "it was revoked"
        _tell_refused(reason, None if owner is None else owner.tenant_id)
        return Denied(detail=f"the gateway refused the worker's token: {reason}")
    return await _admit(owner.tenant_id, standings.remember(hello.token, owner.tenant_id))


async def _admit(tenant_id: TenantId, standing: Standing) -> Admitted | Denied | HeldOff:
    try:
        # A configuration that cannot be read, for one, is this tenant's misfortune alone.
        async with contained("admission of a worker", tenant_id):
            config = await tenants.get_config(tenant_id)
            standing.allow_lines((await limits.get(tenant_id)).log_lines_per_minute)
            epoch = await workers.next_epoch(tenant_id)
            return Admitted(tenant_id=tenant_id, epoch=epoch, config=config, standing=standing)
    except NotFoundError:
        return Denied(detail="the tenant is being removed")
    except UnreadableRowError as error:
        say_unreadable(str(error))
        raise TransientError(str(error)) from error
    return HeldOff(reason="the control plane failed at this tenant: wait")


def _find_hold(standing: Standing | None) -> HeldOff | None:
    if standing is None:
        return None
    if standing.held_for:
        return HeldOff(reason=f"held off for {ceil(standing.held_for)} s more")
    if not standing.arrivals.try_take():
        return HeldOff(reason="connects too often: wait a few seconds")
    return None


def _tell_refused(reason: str, tenant_id: TenantId | None = None) -> None:
    note(SecuritySite.GATEWAY, SecurityKind.WORKER_REFUSED, tenant_id=tenant_id)
    count = _said.count((reason, tenant_id))
    if count is not None:
        concerned = {} if tenant_id is None else {"tenant_id": tenant_id}
        log.warning("worker.refused", reason=reason, count=count, **concerned)
