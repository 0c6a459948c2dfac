"""How the member's bot is, and the code to scan while one is good."""

import asyncio
import math

import msgspec

from portal.standing import Standing, judge_standing
from shared.clock import Clock
from shared.db.guard import tenant_transaction
from shared.enums import SessionState, TenantStatus
from shared.ids import TenantId
from shared.stores import sessions, setup_requests, tenants
from shared.stores.sessions import QrRecord
from shared.structs.tenants import TenantWithRelations
from shared.web.qr import render_png


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """seconds: for which it is still good. attempt: of `attempts` in this round."""

    png: str
    seconds: int
    attempt: int
    attempts: int


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """typed: the code to type on the phone, while one that was asked for is good."""

    tenant: TenantWithRelations
    standing: Standing
    code: Code | None
    typed: str | None


async def show_home(tenant_id: TenantId, *, clock: Clock) -> Home:
    async with tenant_transaction(tenant_id):
        tenant = await tenants.get(tenant_id)
        request = await setup_requests.find_newest(tenant_id)
        record = await sessions.get_qr(tenant_id, now=clock.now())
    standing = judge_standing(tenant, setup=request.status if request else None)
    # What the row says is of a container that is gone, unless the worker runs.
    is_awaited = tenant.status is TenantStatus.QR_PENDING
    code = await _find_code(record, clock=clock) if is_awaited else None
    typed = record.pairing.code if is_awaited and record.pairing else None
    return Home(tenant=tenant, standing=standing, code=code, typed=typed)


async def _find_code(record: QrRecord, *, clock: Clock) -> Code | None:
    is_good = record.state is SessionState.QR_READY
    if not is_good or record.qr is None or record.expires_at is None:
        return None
    left = (record.expires_at - clock.now()).total_seconds()
    if left <= 0:
        return None
    return Code(
        png=await asyncio.to_thread(render_png, record.qr),
        seconds=math.ceil(left),
        attempt=record.attempt or 1,
        attempts=record.attempts or 1,
    )
