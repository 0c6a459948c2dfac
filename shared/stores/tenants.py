"""Tenants with what belongs to each: configuration, session and worker rows come and go with it."""

from datetime import datetime

import asyncpg
import msgspec

from shared.db.engine import transaction
from shared.enums import DesiredState
from shared.errors import ConflictError, NotFoundError, UnreadableRowError
from shared.ids import TenantId, new_tenant_id
from shared.stores.tenant_rows import (
    CONFIG_COLUMNS,
    SELECT_CONFIG,
    SELECT_TENANTS,
    read_config,
    to_tenant,
)
from shared.stores.text import to_storable
from shared.structs.tenants import (
    CreateTenantInput,
    QuietHours,
    TenantConfig,
    TenantWithRelations,
)
from shared.tables import Tenant


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
            f"INSERT INTO tenant_configs (tenant, {', '.join(CONFIG_COLUMNS)})"
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
    """What the tenant's bot is told. Raises NotFoundError like `get`, UnreadableRowError."""
    config = await find_config(tenant_id)
    if config is None:
        raise NotFoundError("there is no such tenant")
    return config


async def find_config(tenant_id: TenantId) -> TenantConfig | None:
    """Raises UnreadableRowError."""
    rows = await Tenant.raw(
        f"SELECT c.tenant, {SELECT_CONFIG} FROM tenant_configs c JOIN tenants t ON t.id = c.tenant"
        " WHERE t.id = {} AND t.removal_requested_at IS NULL",
        tenant_id,
    )
    return read_config(rows[0]) if rows else None


async def lock_config(tenant_id: TenantId) -> TenantConfig:
    """What it is now, and stays until the transaction ends. Raises NotFoundError like `get`,
    UnreadableRowError.
    """
    rows = await Tenant.raw(
        f"SELECT c.tenant, {SELECT_CONFIG} FROM tenant_configs c JOIN tenants t ON t.id = c.tenant"
        " WHERE t.id = {} AND t.removal_requested_at IS NULL FOR UPDATE OF c",
        tenant_id,
    )
    if not rows:
        raise NotFoundError("there is no such tenant")
    return read_config(rows[0])


async def lock_config_to_mend(tenant_id: TenantId) -> TenantConfig | None:
    """As `lock_config`; None for one that cannot be read, which a change is about to mend."""
    try:
        return await lock_config(tenant_id)
    except UnreadableRowError:
        return None


async def set_config(tenant_id: TenantId, config: TenantConfig) -> None:
    """Raises NotFoundError like `get`."""
    assignments = ", ".join(f"{column} = {{}}" for column in CONFIG_COLUMNS)
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


async def set_number(tenant_id: TenantId, phone_number: str) -> str:
    """The number that was. `phone_number` is taken as it is: check it before.

    Raises PhoneNumberTakenError, NotFoundError like `get`.
    """
    async with transaction():
        rows = await Tenant.raw(
            "SELECT phone_number FROM tenants WHERE id = {} AND removal_requested_at IS NULL"
            " FOR UPDATE",
            tenant_id,
        )
        if not rows:
            raise NotFoundError("there is no such tenant")
        try:
            await Tenant.raw(
                "UPDATE tenants SET phone_number = {} WHERE id = {}", phone_number, tenant_id
            )
        except asyncpg.UniqueViolationError as error:
            raise PhoneNumberTakenError("another tenant has this phone number") from error
    return str(rows[0]["phone_number"])


async def set_number_as_owner(phone_number: str) -> str | None:
    """In the portal, of the business that the transaction is open for: the number that was, or None
    where the tenant is going. Raises PhoneNumberTakenError.
    """
    try:
        rows = await Tenant.raw("SELECT flowhq_set_number({}) AS was", phone_number)
    except asyncpg.UniqueViolationError as error:
        raise PhoneNumberTakenError("another tenant has this phone number") from error
    return rows[0]["was"] if rows else None


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
