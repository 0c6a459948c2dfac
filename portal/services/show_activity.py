"""What happened in a business's portal, a page at a time."""

import asyncio
from datetime import datetime

import msgspec

from portal.doings import say
from portal.insider import Insider
from portal.moments import load_zone, to_clock, to_day
from shared.clock import Clock
from shared.db.guard import tenant_transaction
from shared.enums import Language
from shared.stores import members, portal_events, tenants

LINES = 40


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """day: empty where it is that of the line above."""

    at: datetime
    day: str
    clock: str
    words: str


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    lines: list[Line]
    next_cursor: str | None


async def show_activity(
    insider: Insider, *, language: Language, clock: Clock, cursor: str | None = None
) -> Activity:
    """Raises InvalidInputError for a cursor that is none."""
    tenant_id = insider.tenant_id
    async with tenant_transaction(tenant_id):
        config = await tenants.get_config(tenant_id)
        names = {str(each.id): each.email for each in await members.list_team(tenant_id)}
        page = await portal_events.list_page(tenant_id, limit=LINES, cursor=cursor)
    zone, now = await asyncio.to_thread(load_zone, config.time_zone), clock.now()
    lines, last = [], ""
    for event in page.items:
        day = to_day(event.created_at, now=now, zone=zone, language=language)
        lines.append(
            Line(
                at=event.created_at,
                day="" if day == last else day,
                clock=to_clock(event.created_at, zone),
                words=say(event, names=names, language=language),
            )
        )
        last = day
    return Activity(lines=lines, next_cursor=page.next_cursor)
