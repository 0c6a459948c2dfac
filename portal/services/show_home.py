"""How the member's bot is, and the code to scan while one is good."""

import asyncio
import math

import msgspec

from portal.moments import load_zone, start_of_day, to_point, to_span
from portal.standing import Standing, judge_standing
from shared.clock import Clock
from shared.db.guard import tenant_transaction
from shared.enums import Language, SessionState, TenantStatus
from shared.ids import TenantId
from shared.stores import message_counts, sessions, setup_requests, tenants
from shared.stores.sessions import QrRecord
from shared.structs.counts import Count
from shared.structs.tenants import TenantWithRelations
from shared.web.qr import render_png


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """seconds: for which it is still good. attempt: of `attempts` in this round."""

    png: str
    seconds: int
    attempt: int
    attempts: int


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """typed: the code to type on the phone, while one that was asked for is good.

    at: of the standing, as people say it. today: None before a phone was ever linked. median, p95:
    of today's answers, as people say them.
    """

    tenant: TenantWithRelations
    standing: Standing
    at: str
    code: Code | None
    typed: str | None
    today: Count | None
    median: str | None
    p95: str | None


async def show_home(tenant_id: TenantId, *, language: Language, clock: Clock) -> Home:
    now = clock.now()
    async with tenant_transaction(tenant_id):
        tenant = await tenants.get(tenant_id)
        zone = await asyncio.to_thread(load_zone, tenant.config.time_zone)
        request = await setup_requests.find_newest(tenant_id)
        record = await sessions.get_qr(tenant_id, now=now)
        midnight, tomorrow = (start_of_day(now, zone, days=days) for days in (0, 1))
        [today] = await message_counts.count_between(tenant_id, [midnight, tomorrow])
        times = await message_counts.find_answer_times(tenant_id, since=midnight)
    standing = judge_standing(tenant, setup=request.status if request else None)
    # What the row says is of a container that is gone, unless the worker runs.
    is_awaited = tenant.status is TenantStatus.QR_PENDING
    code = await _find_code(record, clock=clock) if is_awaited else None
    typed = record.pairing.code if is_awaited and record.pairing else None
    # Noughts would only be in the way of who links the first phone.
    has_begun = tenant.status is TenantStatus.ACTIVE or tenant.session.last_seen_at is not None
    at = standing.at
    return Home(
        tenant=tenant,
        standing=standing,
        at=to_point(at, now=now, zone=zone, language=language) if at is not None else "",
        code=code,
        typed=typed,
        today=today if has_begun else None,
        median=to_span(times.median) if times else None,
        p95=to_span(times.p95) if times else None,
    )


async def _find_code(record: QrRecord, *, clock: Clock) -> Code | None:
    is_good = record.state is SessionState.QR_READY
    if not is_good or record.qr is None or record.expires_at is None:
        return None
    left = (record.expires_at - clock.now()).total_seconds()
    if left <= 0:
        return None
    png = await asyncio.to_thread(render_png, record.qr)
    if png is None:
        return None
    return Code(
        png=png,
        seconds=math.ceil(left),
        attempt=record.attempt or 1,
        attempts=record.attempts or 1,
    )
