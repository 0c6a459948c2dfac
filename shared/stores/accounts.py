"""Which WhatsApp account serves which tenant: at most one each way, held by the database.

A worker is asked by nobody whether what it says of its phone is true. So the number must be the
tenant's own, and of two tenants that name one account the one that holds it keeps it: a worker that
lies takes nothing away. `hold_awarded` is how an operator ends a lie that came first.
"""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from shared.db.engine import transaction
from shared.enums import SessionReason
from shared.errors import ConflictError, NotFoundError
from shared.ids import TenantId
from shared.phone_forms import is_same_phone, to_comparable
from shared.stores.rows import to_uuid
from shared.stores.text import to_storable, to_storable_or_none
from shared.structs.accounts import AccountView, RefusedAccountView
from shared.tables import WhatsAppAccount


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """phone: E.164, as WhatsApp has it. lid: `<digits>@lid`, where the worker knew it."""

    phone: str
    lid: str | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why an account may not serve a tenant. expected: the tenant's number. holder: whom it serves;
    for operators alone.
    """

    reason: SessionReason
    expected: str
    holder: TenantId | None = None


async def claim(tenant_id: TenantId, account: Account, *, now: datetime) -> Refusal | None:
    """None: from now on the account is this tenant's. Raises NotFoundError when the tenant is gone.

    A change of the tenant's number waits for it, or is seen by it.
    """
    try:
        return await _claim(tenant_id, account, now)
    except asyncpg.UniqueViolationError:
        # Somebody else's claim of the same account was committed meanwhile: now it is seen.
        return await _claim(tenant_id, account, now)


async def release(tenant_id: TenantId) -> None:
    await WhatsAppAccount.raw("DELETE FROM whatsapp_accounts WHERE tenant = {}", tenant_id)


async def find(tenant_id: TenantId) -> Account | None:
    rows = await WhatsAppAccount.raw(
        "SELECT phone_number, lid FROM whatsapp_accounts WHERE tenant = {}", tenant_id
    )
    return Account(phone=rows[0]["phone_number"], lid=rows[0]["lid"]) if rows else None


async def find_holder(tenant_id: TenantId, account: Account) -> TenantId | None:
    """Whom the account serves, if it is not this tenant."""
    rows = await WhatsAppAccount.raw(
        "SELECT tenant FROM whatsapp_accounts WHERE tenant <> {}"
        " AND (comparable = {} OR lid = {}) LIMIT 1",
        tenant_id,
        *_to_names(account),
    )
    return TenantId(to_uuid(rows[0]["tenant"])) if rows else None


async def list_rivals(tenant_id: TenantId) -> list[TenantId]:
    """Whom the account serves that this tenant was refused: all of them let go of it, by a reset of
    their sessions in the same transaction, and then `hold_awarded` gives it. Raises NotFoundError;
    ConflictError where none was refused so, or it is not the tenant's number any more.
    """
    account = await _get_refused(tenant_id)
    rows = await WhatsAppAccount.raw(
        "SELECT tenant FROM whatsapp_accounts WHERE tenant <> {} AND (comparable = {} OR lid = {})"
        " ORDER BY tenant FOR UPDATE",
        tenant_id,
        *_to_names(account),
    )
    return [TenantId(to_uuid(row["tenant"])) for row in rows]


async def hold_awarded(tenant_id: TenantId, *, now: datetime) -> None:
    """The tenant's, though no phone is linked yet: until one is, or the session is reset."""
    await _hold(tenant_id, await _get_refused(tenant_id), now)
    await WhatsAppAccount.raw(
        "UPDATE whatsapp_accounts SET awarded_at = {} WHERE tenant = {}", now, tenant_id
    )


async def get_view(tenant_id: TenantId) -> AccountView:
    """For operators: it names the tenant that has the account. Raises NotFoundError."""
    rows = await WhatsAppAccount.raw(
        "SELECT a.phone_number, a.lid, a.claimed_at, a.awarded_at, s.reason, s.refused_phone,"
        " s.refused_lid FROM tenants t JOIN whatsapp_sessions s ON s.tenant = t.id"
        " LEFT JOIN whatsapp_accounts a ON a.tenant = t.id"
        " WHERE t.id = {} AND t.removal_requested_at IS NULL",
        tenant_id,
    )
    if not rows:
        raise NotFoundError("there is no such tenant")
    [row] = rows
    refused = None
    if row["refused_phone"] is not None:
        account = Account(phone=row["refused_phone"], lid=row["refused_lid"])
        refused = RefusedAccountView(
            phone_number=account.phone,
            lid=account.lid,
            reason=SessionReason(row["reason"]),
            holder=await find_holder(tenant_id, account),
        )
    return AccountView(
        phone_number=row["phone_number"],
        lid=row["lid"],
        claimed_at=row["claimed_at"],
        awarded_at=row["awarded_at"],
        refused=refused,
    )


async def _get_refused(tenant_id: TenantId) -> Account:
    expected = await _lock_number(tenant_id)
    rows = await WhatsAppAccount.raw(
        "SELECT refused_phone, refused_lid FROM whatsapp_sessions"
        " WHERE tenant = {} AND reason = {} AND refused_phone IS NOT NULL",
        tenant_id,
        SessionReason.PHONE_TAKEN.value,
    )
    if not rows or not is_same_phone(rows[0]["refused_phone"], expected):
        raise ConflictError("no account was refused to it because it serves another tenant")
    return Account(phone=rows[0]["refused_phone"], lid=rows[0]["refused_lid"])


async def _claim(tenant_id: TenantId, account: Account, now: datetime) -> Refusal | None:
    async with transaction():
        expected = await _lock_number(tenant_id)
        if not is_same_phone(account.phone, expected):
            return Refusal(reason=SessionReason.WRONG_PHONE, expected=expected)
        holder = await find_holder(tenant_id, account)
        if holder is not None:
            return Refusal(reason=SessionReason.PHONE_TAKEN, expected=expected, holder=holder)
        await _hold(tenant_id, account, now)
        return None


async def _lock_number(tenant_id: TenantId) -> str:
    rows = await WhatsAppAccount.raw(
        "SELECT phone_number FROM tenants WHERE id = {} AND removal_requested_at IS NULL"
        " FOR NO KEY UPDATE",
        tenant_id,
    )
    if not rows:
        raise NotFoundError("there is no such tenant")
    return str(rows[0]["phone_number"])


async def _hold(tenant_id: TenantId, account: Account, now: datetime) -> None:
    """A LID that is not told leaves the one that was; nothing is written where nothing changed."""
    comparable, lid = _to_names(account)
    values: list[Any] = [tenant_id, to_storable(account.phone), comparable, lid, now]
    await WhatsAppAccount.raw(
        "INSERT INTO whatsapp_accounts AS a (tenant, phone_number, comparable, lid, claimed_at)"
        " VALUES ({}, {}, {}, {}, {}) ON CONFLICT (tenant) DO UPDATE"
        " SET awarded_at = NULL, phone_number = excluded.phone_number,"
        " comparable = excluded.comparable, claimed_at = excluded.claimed_at,"
        " lid = CASE WHEN a.comparable = excluded.comparable THEN"
        " COALESCE(excluded.lid, a.lid) ELSE excluded.lid END"
        " WHERE a.awarded_at IS NOT NULL"
        " OR (a.phone_number, a.comparable, a.lid) IS DISTINCT FROM (excluded.phone_number,"
        " excluded.comparable, COALESCE(excluded.lid, a.lid))",
        *values,
    )


def _to_names(account: Account) -> tuple[str, str | None]:
    return to_storable(to_comparable(account.phone)), to_storable_or_none(account.lid)
