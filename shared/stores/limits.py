"""What tenants may use and have used. The database itself counts and refuses what is queued."""

from datetime import timedelta
from typing import Any

import asyncpg

from shared.db.listening import CONFIGURED
from shared.errors import LimitReachedError, NotFoundError
from shared.ids import TenantId
from shared.structs.limits import (
    DEFAULTS,
    LIMIT_NAMES,
    LimitOverrides,
    LimitsView,
    LimitView,
    TenantLimits,
)
from shared.tables import LimitDefault, TenantLimit

# What `flowhq_count_queued` raises.
_REACHED = "FQ001"
_COLUMNS = ", ".join(LIMIT_NAMES)
_ALIVE = "SELECT id FROM tenants WHERE id = {} AND removal_requested_at IS NULL"


async def set_defaults(defaults: TenantLimits) -> None:
    """The installation's, for all tenants without a limit of their own."""
    values = ", ".join(["{}"] * len(LIMIT_NAMES))
    changes = ", ".join(f"{name} = excluded.{name}" for name in LIMIT_NAMES)
    await LimitDefault.raw(
        f"INSERT INTO limit_defaults (id, {_COLUMNS}) VALUES (true, {values})"
        f" ON CONFLICT (id) DO UPDATE SET {changes}",
        *(getattr(defaults, name) for name in LIMIT_NAMES),
    )


async def change(tenant_id: TenantId, changes: dict[str, int | float | None]) -> LimitOverrides:
    """Sets the named limits, None for the default; answers what the tenant had of its own before.

    Call it in a transaction. Raises NotFoundError.
    """
    unknown = changes.keys() - set(LIMIT_NAMES)
    assert not unknown, f"no limits: {unknown}"
    if not await TenantLimit.raw(f"{_ALIVE} FOR UPDATE", tenant_id):
        raise NotFoundError("there is no such tenant")
    before = await find_overrides(tenant_id)
    if changes:
        await TenantLimit.raw(
            f"INSERT INTO tenant_limits (tenant, {', '.join(changes)})"
            f" VALUES ({', '.join(['{}'] * (len(changes) + 1))}) ON CONFLICT (tenant)"
            f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in changes)}",
            tenant_id,
            *changes.values(),
        )
        # The gateway that has the tenant's worker reads its limits anew.
        await TenantLimit.raw("SELECT pg_notify({}, {})", CONFIGURED, str(tenant_id))
    return before


async def find_overrides(tenant_id: TenantId) -> LimitOverrides:
    """What the tenant has of its own."""
    rows = await TenantLimit.raw(
        f"SELECT {_COLUMNS} FROM tenant_limits WHERE tenant = {{}}", tenant_id
    )
    return LimitOverrides(**rows[0]) if rows else LimitOverrides()


async def get(tenant_id: TenantId) -> TenantLimits:
    """What holds for the tenant: its own limits before the installation's. In one statement, for
    it is asked at every request of a tenant's program.
    """
    rows = await TenantLimit.raw(
        f"SELECT {', '.join(f'COALESCE(l.{n}, d.{n}) AS {n}' for n in LIMIT_NAMES)}"
        " FROM (SELECT 1) AS one LEFT JOIN limit_defaults d ON true"
        " LEFT JOIN tenant_limits l ON l.tenant = {}",
        tenant_id,
    )
    return TenantLimits(
        **{name: _first(rows[0][name], getattr(DEFAULTS, name)) for name in rows[0]}
    )


async def get_defaults() -> TenantLimits:
    rows = await LimitDefault.raw(f"SELECT {_COLUMNS} FROM limit_defaults")
    return TenantLimits(**rows[0]) if rows else DEFAULTS


async def show(
    tenant_id: TenantId, *, api_requests: float | None, log_lines: float | None = None
) -> LimitsView:
    """api_requests, log_lines: of the last minute, which the database does not know. Raises
    NotFoundError.
    """
    rows = await TenantLimit.raw(
        "SELECT w.memory_bytes, w.disk_bytes,"
        " (SELECT count(*) FROM outbound_messages o WHERE o.tenant = t.id AND o.state = 'QUEUED')"
        " + (SELECT count(*) FROM outbound_messages o WHERE o.tenant = t.id"
        " AND o.state = 'SENDING') AS queued_messages,"
        " COALESCE((SELECT u.queued FROM tenant_usages u WHERE u.tenant = t.id"
        " AND u.day = (now() AT TIME ZONE 'UTC')::date), 0) AS messages_per_day"
        " FROM tenants t JOIN worker_processes w ON w.tenant = t.id"
        " WHERE t.id = {} AND t.removal_requested_at IS NULL",
        tenant_id,
    )
    if not rows:
        raise NotFoundError("there is no such tenant")
    used = {
        **rows[0],
        "api_requests_per_minute": api_requests,
        "log_lines_per_minute": log_lines,
    }
    own, defaults = await find_overrides(tenant_id), await get_defaults()
    views = {
        name: LimitView(
            allowed=_first(getattr(own, name), getattr(defaults, name)),
            default=getattr(defaults, name),
            is_overridden=getattr(own, name) is not None,
            used=used.get(name),
        )
        for name in LIMIT_NAMES
    }
    return LimitsView(**views)


def to_limit_error(error: asyncpg.PostgresError) -> LimitReachedError | None:
    """What the database refused because a limit is reached; None for any other refusal."""
    if error.sqlstate != _REACHED:
        return None
    fields: Any = error
    return LimitReachedError(
        str(fields.message),
        allowed=int(fields.detail),
        retry_after=timedelta(seconds=int(fields.hint)),
    )


def _first(own: float | None, default: float) -> Any:
    return default if own is None else own
