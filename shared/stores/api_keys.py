"""API keys: named, scoped, kept by hash, at most one live key a name.

Those of the platform's operators come first; a tenant's own are made and revoked by tenant.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from shared.db.engine import transaction
from shared.errors import ConflictError, NotFoundError
from shared.ids import TenantId
from shared.stores.cursors import Cursor, parse_cursor, seq_of, to_page
from shared.stores.rows import to_uuid
from shared.stores.secrets import hash_secret, new_secret
from shared.stores.text import to_storable
from shared.structs.keys import ApiKeyView, TenantKeyView
from shared.structs.pages import Page
from shared.tables import ApiKey

# `last_used_at` is for people: not worth a write per request.
LAST_USED_PRECISION = timedelta(minutes=1)
_LIST = "tenants-keys"
_COLUMNS = "id, name, scopes, created_at, expires_at, last_used_at, tenant"


class KeyNameTakenError(ConflictError):
    """A live key has this name."""


async def create(
    name: str,
    *,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    tenant_id: TenantId | None = None,
) -> tuple[ApiKeyView, str]:
    """The key's row, and the key, which cannot be had again.

    Raises KeyNameTakenError while a live key has this name; each tenant has names of its own.
    """
    key = new_secret("fhk" if tenant_id is None else "fht")
    try:
        rows = await ApiKey.raw(
            "INSERT INTO api_keys (name, key_hash, scopes, expires_at, tenant)"
            f" VALUES ({{}}, {{}}, {{}}, {{}}, {{}}) RETURNING {_COLUMNS}",
            to_storable(name),
            hash_secret(key),
            list(scopes),
            expires_at,
            tenant_id,
        )
    except asyncpg.UniqueViolationError as error:
        raise KeyNameTakenError("a live key has this name") from error
    except asyncpg.ForeignKeyViolationError as error:
        raise NotFoundError("there is no such tenant") from error
    return _to_view(rows[0]), key


async def replace(name: str, *, scopes: Sequence[str]) -> tuple[ApiKeyView, str]:
    """Like `create`, and revokes the live key of this name, if any, with it."""
    async with transaction():
        await revoke(name)
        return await create(name, scopes=scopes)


async def authenticate(key: str, *, now: datetime) -> ApiKeyView | None:
    """The key's row; None for a key that is unknown, revoked or expired: not told apart.

    The keys of a tenant end when its removal is requested.
    """
    rows = await ApiKey.raw(
        f"SELECT {_COLUMNS} FROM api_keys k WHERE key_hash = {{}} AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > {})"
        " AND NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = k.tenant"
        " AND t.removal_requested_at IS NOT NULL)",
        hash_secret(key),
        now,
    )
    if not rows:
        return None
    used = rows[0]["last_used_at"]
    if used is None or now - used > LAST_USED_PRECISION:
        await ApiKey.raw("UPDATE api_keys SET last_used_at = {} WHERE id = {}", now, rows[0]["id"])
    return _to_view(rows[0])


async def find_over(key: str) -> ApiKeyView | None:
    """One that was ours, and is good for nothing any more: revoked, expired, or of a tenant that
    is being removed. Call it for a key that `authenticate` does not take.
    """
    rows = await ApiKey.raw(
        f"SELECT {_COLUMNS} FROM api_keys WHERE key_hash = {{}}", hash_secret(key)
    )
    return _to_view(rows[0]) if rows else None


async def revoke(name: str) -> bool:
    """False when no live key of the operators has this name."""
    rows = await ApiKey.raw(
        "UPDATE api_keys SET revoked_at = now() WHERE name = {} AND revoked_at IS NULL"
        " AND tenant IS NULL RETURNING id",
        to_storable(name),
    )
    return bool(rows)


async def list_of_operators(*, limit: int) -> list[ApiKeyView]:
    """The live ones, oldest first."""
    return await _list("tenant IS NULL", limit=limit)


async def list_of_tenant(tenant_id: TenantId, *, limit: int) -> list[ApiKeyView]:
    """The live ones, oldest first."""
    return await _list("tenant = {}", tenant_id, limit=limit)


async def list_of_tenants(*, limit: int, cursor: str | None = None) -> Page[TenantKeyView]:
    """The live ones of all tenants, newest first."""
    after = parse_cursor(cursor, of=_LIST)
    where, place = "", list[Any]()
    if after is not None:
        seq, place = seq_of(after, "api_keys", at="created_at")
        where = f" AND k.seq < {seq}"
    rows = await ApiKey.raw(
        "SELECT k.id, k.name, k.scopes, k.created_at, k.expires_at, k.last_used_at, k.tenant,"
        " t.name AS tenant_name FROM api_keys k JOIN tenants t ON t.id = k.tenant"
        " WHERE k.revoked_at IS NULL AND t.removal_requested_at IS NULL"
        + where
        + " ORDER BY k.seq DESC LIMIT {}",
        *place,
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=lambda row: TenantKeyView(
            **msgspec.structs.asdict(_to_view(row)), tenant_name=row["tenant_name"]
        ),
        cursor=lambda row: Cursor(_LIST, row["created_at"], to_uuid(row["id"])),
    )


async def get_of_operators(key_id: UUID) -> ApiKeyView:
    """Raises NotFoundError when the operators have no live key of this id."""
    return await _get(key_id, "tenant IS NULL")


async def get_of_tenant(tenant_id: TenantId, key_id: UUID) -> ApiKeyView:
    """Raises NotFoundError when the tenant has no live key of this id."""
    return await _get(key_id, "tenant = {}", tenant_id)


async def revoke_of_operators(key_id: UUID) -> ApiKeyView:
    """Raises NotFoundError when the operators have no live key of this id."""
    return await _revoke(key_id, "tenant IS NULL")


async def revoke_of_tenant(tenant_id: TenantId, key_id: UUID) -> ApiKeyView:
    """Raises NotFoundError when the tenant has no live key of this id."""
    return await _revoke(key_id, "tenant = {}", tenant_id)


async def hold_lock() -> None:
    """Makes whoever else is about to make a key wait until this transaction ends."""
    # On the table: the portal's role, which has no right to it, cannot hold this lock.
    await ApiKey.raw("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE")


async def _list(whose: str, *owner: TenantId, limit: int) -> list[ApiKeyView]:
    rows = await ApiKey.raw(
        f"SELECT {_COLUMNS} FROM api_keys WHERE {whose} AND revoked_at IS NULL"
        " ORDER BY seq LIMIT {}",
        *owner,
        limit,
    )
    return [_to_view(row) for row in rows]


async def _get(key_id: UUID, whose: str, *owner: TenantId) -> ApiKeyView:
    rows = await ApiKey.raw(
        f"SELECT {_COLUMNS} FROM api_keys WHERE {whose} AND id = {{}} AND revoked_at IS NULL",
        *owner,
        key_id,
    )
    if not rows:
        raise NotFoundError("there is no such key")
    return _to_view(rows[0])


async def _revoke(key_id: UUID, whose: str, *owner: TenantId) -> ApiKeyView:
    rows = await ApiKey.raw(
        f"UPDATE api_keys SET revoked_at = now() WHERE {whose} AND id = {{}}"
        f" AND revoked_at IS NULL RETURNING {_COLUMNS}",
        *owner,
        key_id,
    )
    if not rows:
        raise NotFoundError("there is no such key")
    return _to_view(rows[0])


def _to_view(row: dict[str, Any]) -> ApiKeyView:
    return ApiKeyView(
        id=to_uuid(row["id"]),
        name=row["name"],
        scopes=list(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        tenant_id=None if row["tenant"] is None else to_uuid(row["tenant"]),
    )
