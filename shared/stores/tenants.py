"""Tenants with what belongs to each: configuration, session and worker rows come and go with it."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from shared.db.engine import transaction
from shared.enums import (
    DesiredState,
    Language,
    SessionReason,
    SessionState,
    SkipReason,
    TemplateType,
    Weekday,
    WhenClosed,
    WorkerStatus,
)
from shared.errors import ConflictError, NotFoundError
from shared.ids import TenantId, new_tenant_id
from shared.status import derive_actor, derive_status
from shared.stores.rows import to_uuid
from shared.stores.text import to_storable
from shared.structs.tenants import (
    BotTexts,
    CreateTenantInput,
    Holiday,
    OpeningHours,
    QuietHours,
    SessionView,
    TenantConfig,
    TenantWithRelations,
    WorkerView,
)
from shared.tables import Tenant

_HOURS = dict[Weekday, OpeningHours]
_SKIPPED = dict[SkipReason, int]

# In the order of `_to_columns`.
_COLUMNS = (
    *("template_type", "business_name", "language", "hours_json", "quiet_hours_json"),
    *("time_zone", "holidays_json", "when_closed", "texts_json"),
)
_CONFIG = ", ".join(f"c.{column}" for column in _COLUMNS)

# What `to_tenant` reads.
SELECT_TENANTS = f"""
    SELECT t.id, t.name, t.phone_number, t.created_at,
           {_CONFIG},
           s.state, s.reason, s.detail, s.last_seen_at, s.ban_ends_at, s.state_changed_at,
           w.desired_state, w.generation, w.status, w.container_name, w.container_id, w.image,
           w.started_at, w.next_attempt_at, w.last_heartbeat_at, w.keepalive_at,
           w.last_inbound_at, w.memory_bytes, w.last_error, w.restarts, w.outbox_depth,
           w.skipped_json
      FROM tenants t
      JOIN tenant_configs c ON c.tenant = t.id
      JOIN whatsapp_sessions s ON s.tenant = t.id
      JOIN worker_processes w ON w.tenant = t.id
     WHERE t.removal_requested_at IS NULL
"""


class PhoneNumberTakenError(ConflictError):
    """Another tenant has this phone number."""


async def create(
    tenant: CreateTenantInput, *, tenant_id: TenantId | None = None
) -> TenantWithRelations:
    """All of the tenant's rows or none. `phone_number` is taken as it is: check it before.

    tenant_id: a new one that the caller's transaction is already for.

    Raises PhoneNumberTakenError; the number of a tenant is free again when its rows are gone.
    """
    tenant_id = tenant_id or new_tenant_id()
    async with transaction():
        try:
            await Tenant.raw(
                "INSERT INTO tenants (id, name, phone_number) VALUES ({}, {}, {})",
                tenant_id,
                to_storable(tenant.name),
                tenant.phone_number,
            )
        except asyncpg.UniqueViolationError as error:
            raise PhoneNumberTakenError("another tenant has this phone number") from error
        await Tenant.raw(
            f"INSERT INTO tenant_configs (tenant, {', '.join(_COLUMNS)})"
            " VALUES ({}, {}, {}, {}, {}, {}::jsonb, {}, {}, {}, {})",
            tenant_id,
            *_to_columns(tenant.to_config()),
        )
        await Tenant.raw("INSERT INTO whatsapp_sessions (tenant) VALUES ({})", tenant_id)
        await Tenant.raw("INSERT INTO worker_processes (tenant) VALUES ({})", tenant_id)
        return await get(tenant_id)


async def get(tenant_id: TenantId) -> TenantWithRelations:
    """Raises NotFoundError, also for a tenant whose removal was requested."""
    rows = await Tenant.raw(SELECT_TENANTS + " AND t.id = {}", tenant_id)
    if not rows:
        raise NotFoundError("there is no such tenant")
    return to_tenant(rows[0])


async def get_config(tenant_id: TenantId) -> TenantConfig:
    """What the tenant's bot is told. Raises NotFoundError like `get`."""
    config = await find_config(tenant_id)
    if config is None:
        raise NotFoundError("there is no such tenant")
    return config


async def find_config(tenant_id: TenantId) -> TenantConfig | None:
    rows = await Tenant.raw(
        f"SELECT {_CONFIG} FROM tenant_configs c JOIN tenants t ON t.id = c.tenant"
        " WHERE t.id = {} AND t.removal_requested_at IS NULL",
        tenant_id,
    )
    return _to_config(rows[0]) if rows else None


async def lock_config(tenant_id: TenantId) -> TenantConfig:
    """What it is now, and stays until the transaction ends. Raises NotFoundError like `get`."""
    rows = await Tenant.raw(
        f"SELECT {_CONFIG} FROM tenant_configs c JOIN tenants t ON t.id = c.tenant"
        " WHERE t.id = {} AND t.removal_requested_at IS NULL FOR UPDATE OF c",
        tenant_id,
    )
    if not rows:
        raise NotFoundError("there is no such tenant")
    return _to_config(rows[0])


async def set_config(tenant_id: TenantId, config: TenantConfig) -> None:
    """Raises NotFoundError like `get`."""
    assignments = ", ".join(f"{column} = {{}}" for column in _COLUMNS)
    rows = await Tenant.raw(
        f"UPDATE tenant_configs c SET {assignments.replace('json = {}', 'json = {}::jsonb')}"
        " FROM tenants t"
        " WHERE c.tenant = {} AND t.id = c.tenant AND t.removal_requested_at IS NULL"
        " RETURNING t.id",
        *_to_columns(config),
        tenant_id,
    )
    if not rows:
        raise NotFoundError("there is no such tenant")


async def set_quiet_hours(tenant_id: TenantId, quiet_hours: QuietHours | None) -> None:
    """None: messages go out at any hour. Raises NotFoundError like `get`."""
    rows = await Tenant.raw(
        "UPDATE tenant_configs c SET quiet_hours_json = {}::jsonb FROM tenants t"
        " WHERE c.tenant = {} AND t.id = c.tenant AND t.removal_requested_at IS NULL"
        " RETURNING t.id",
        _quiet_to_json(quiet_hours),
        tenant_id,
    )
    if not rows:
        raise NotFoundError("there is no such tenant")


async def request_removal(tenant_id: TenantId, *, now: datetime) -> None:
    """From here on the tenant is not found; what asks for its container is REMOVED.

    Raises NotFoundError, also when it was requested before.
    """
    async with transaction():
        rows = await Tenant.raw(
            "UPDATE tenants SET removal_requested_at = {}"
            " WHERE id = {} AND removal_requested_at IS NULL RETURNING id",
            now,
            tenant_id,
        )
        if not rows:
            raise NotFoundError("there is no such tenant")
        await Tenant.raw(
            "UPDATE worker_processes SET desired_state = {}, generation = generation + 1,"
            " next_attempt_at = NULL WHERE tenant = {}",
            DesiredState.REMOVED.value,
            tenant_id,
        )


async def delete(tenant_id: TenantId) -> bool:
    """Deletes the tenant and all its rows but the audit log. False when there was none."""
    return bool(await Tenant.raw("DELETE FROM tenants WHERE id = {} RETURNING id", tenant_id))


def to_tenant(row: dict[str, Any]) -> TenantWithRelations:
    reason = SessionReason(row["reason"])
    state = SessionState(row["state"])
    desired = DesiredState(row["desired_state"])
    status = WorkerStatus(row["status"])
    return TenantWithRelations(
        id=to_uuid(row["id"]),
        name=row["name"],
        phone_number=row["phone_number"],
        status=derive_status(
            desired=desired, generation=row["generation"], worker=status, session=state
        ),
        who_must_act=derive_actor(desired=desired, worker=status, reason=reason),
        config=_to_config(row),
        session=SessionView(
            state=state,
            reason=reason,
            who_must_act=reason.actor,
            detail=row["detail"],
            changed_at=row["state_changed_at"],
            last_seen_at=row["last_seen_at"],
            ban_ends_at=row["ban_ends_at"] if state is SessionState.BANNED else None,
        ),
        worker=WorkerView(
            desired_state=desired,
            status=status,
            container_name=row["container_name"],
            container_id=row["container_id"],
            image=row["image"],
            started_at=row["started_at"],
            next_attempt_at=row["next_attempt_at"],
            last_heartbeat_at=row["last_heartbeat_at"],
            keepalive_at=row["keepalive_at"],
            last_inbound_at=row["last_inbound_at"],
            memory_bytes=row["memory_bytes"],
            last_error=row["last_error"],
            restarts=row["restarts"],
            outbox_depth=row["outbox_depth"],
            skipped=msgspec.json.decode(row["skipped_json"], type=_SKIPPED),
        ),
        created_at=row["created_at"],
    )


def _to_config(row: dict[str, Any]) -> TenantConfig:
    return TenantConfig(
        template_type=TemplateType(row["template_type"]),
        business_name=row["business_name"],
        language=Language(row["language"]),
        hours=msgspec.json.decode(row["hours_json"], type=_HOURS),
        quiet_hours=_quiet_from_json(row["quiet_hours_json"]),
        time_zone=row["time_zone"],
        holidays=msgspec.json.decode(row["holidays_json"], type=list[Holiday]),
        when_closed=WhenClosed(row["when_closed"]),
        texts=msgspec.json.decode(row["texts_json"], type=BotTexts),
    )


def _to_columns(config: TenantConfig) -> tuple[str | None, ...]:
    return (
        config.template_type.value,
        to_storable(config.business_name),
        config.language.value,
        msgspec.json.encode(config.hours).decode(),
        _quiet_to_json(config.quiet_hours),
        config.time_zone,
        msgspec.json.encode(config.holidays).decode(),
        config.when_closed.value,
        msgspec.json.encode(config.texts).decode(),
    )


def _quiet_to_json(quiet_hours: QuietHours | None) -> str | None:
    return None if quiet_hours is None else msgspec.json.encode(quiet_hours).decode()


def _quiet_from_json(json: str | None) -> QuietHours | None:
    return None if json is None else msgspec.json.decode(json, type=QuietHours)
