"""What went on in a business: plots of its messages, and what happened lately."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from zoneinfo import ZoneInfo

import msgspec

from portal.doings import say
from portal.incident_words import say_incident
from portal.moments import (
    load_zone,
    start_of_day,
    to_clock,
    to_date,
    to_day,
    to_point,
    to_weekday,
)
from portal.services.show_activity import Line
from portal.texts import TEXTS
from shared.clock import Clock
from shared.db.guard import tenant_transaction
from shared.enums import Language
from shared.ids import TenantId
from shared.stores import incidents, members, message_counts, portal_events, tenants
from shared.structs.counts import Count
from shared.web.plots import Plot, Series, draw_bars

WEEK, SEASON = 7, 90
# Below the plot of a season: a mark for every so many days.
DAYS_A_MARK = 30
RECENT = 5
HOUR = timedelta(hours=1)
_Said = tuple[datetime, str]


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """total: of all that is drawn. peak: the most at once, both together; when: in words."""

    plot: Plot
    total: Count
    peak: int
    when: str


class History(msgspec.Struct, frozen=True, kw_only=True):
    week: Drawn
    season: Drawn
    lines: list[Line]


async def show_history(tenant_id: TenantId, *, language: Language, clock: Clock) -> History:
    now = clock.now()
    async with tenant_transaction(tenant_id):
        config = await tenants.get_config(tenant_id)
        zone = await asyncio.to_thread(load_zone, config.time_zone)
        days = [start_of_day(now, zone, days=day) for day in range(1 - SEASON, 2)]
        hours = list_hours(days[-WEEK - 1], days[-1])
        by_hour = await message_counts.count_between(tenant_id, hours)
        by_day = await message_counts.count_between(tenant_id, days)
        names = {str(each.id): each.email for each in await members.list_team(tenant_id)}
        events = (await portal_events.list_page(tenant_id, limit=RECENT)).items
        befell = (await incidents.list_page(tenant_id, limit=RECENT)).items

    def point(at: datetime) -> str:
        return to_point(at, now=now, zone=zone, language=language)

    said = [(each.created_at, say(each, names=names, language=language)) for each in events]
    happened = [
        (
            each.at,
            say_incident(each, back_at=_find_back(each.restored_at, point), language=language),
        )
        for each in befell
    ]

    def weekday(at: datetime) -> str:
        return to_weekday(at.astimezone(zone).date(), language)

    def date(at: datetime) -> str:
        return to_date(at.astimezone(zone).date(), language)

    def day(at: datetime) -> str:
        return to_day(at, now=now, zone=zone, language=language)

    end = TEXTS["plot.now"].in_(language)
    weekdays = [weekday(at) for at in days[-WEEK - 1 : -1]]
    dates = [date(at) for at in days[:SEASON:DAYS_A_MARK]]
    return History(
        week=_draw(by_hour, hours, marks=[*weekdays, end], say_when=point, language=language),
        season=_draw(by_day, days, marks=[*dates, end], say_when=day, language=language),
        lines=_to_lines(put_in_order(said, happened), now=now, zone=zone, language=language),
    )


def _draw(
    counts: Sequence[Count],
    edges: Sequence[datetime],
    *,
    marks: list[str],
    say_when: Callable[[datetime], str],
    language: Language,
) -> Drawn:
    """marks: at equal distances, the last at the very end."""
    received, sent = [each.received for each in counts], [each.sent for each in counts]
    sums = [sum(both) for both in zip(received, sent, strict=True)]
    names = (TEXTS[key].in_(language) for key in ("plot.in", "plot.out"))
    series = [
        Series(name=name, tone=tone, values=values)
        for name, tone, values in zip(names, ("brand", "soft"), (received, sent), strict=True)
    ]
    return Drawn(
        plot=draw_bars(series, marks=marks),
        total=Count(sum(received), sum(sent)),
        peak=max(sums),
        when=say_when(edges[sums.index(max(sums))]),
    )


def list_hours(begins: datetime, ends: datetime) -> list[datetime]:
    """Each whole hour from the one to the other; a day on which clocks are changed has fewer or
    more of them.
    """
    return [begins + number * HOUR for number in range((ends - begins) // HOUR + 1)]


def put_in_order(*lists: Sequence[_Said]) -> list[_Said]:
    """The newest of all, each list newest first as it was, whatever its times say."""
    return list(islice(merge(*lists, key=lambda said: said[0], reverse=True), RECENT))


def _find_back(at: datetime | None, point: Callable[[datetime], str]) -> str | None:
    return None if at is None else point(at)


def _to_lines(
    said: Sequence[_Said], *, now: datetime, zone: ZoneInfo, language: Language
) -> list[Line]:
    lines, last = [], ""
    for at, words in said:
        day = to_day(at, now=now, zone=zone, language=language)
        shown = "" if day == last else day
        lines.append(Line(at=at, day=shown, clock=to_clock(at, zone), words=words))
        last = day
    return lines
