"""Security events are summed up by the minute, found again, and swept."""

from datetime import timedelta

import pytest

from shared.enums import SecurityKind, SecuritySite
from shared.ids import new_tenant_id
from shared.stores import security_events
from shared.structs.security import SecurityCount
from shared.tables import SecurityEvent
from tests.fakes.businesses import NOW

pytestmark = pytest.mark.usefixtures("database")


def count(**changes) -> SecurityCount:
    usual = {
        "site": SecuritySite.API,
        "kind": SecurityKind.KEY_UNKNOWN,
        "source": "192.0.2.7",
        "subject": "",
        "times": 1,
    }
    return SecurityCount(**(usual | changes))


async def test_a_minute_is_one_row_however_often_it_is_written():
    for second in (0, 2, 59):
        await security_events.add([count(times=5)], now=NOW + timedelta(seconds=second))
    await security_events.add([count()], now=NOW + timedelta(seconds=60))
    page = await security_events.list_page(limit=10)
    assert [(each.minute, each.times) for each in page.items] == [
        (NOW + timedelta(minutes=1), 1),
        (NOW, 15),
    ]


async def test_they_are_found_by_what_they_are():
    ours = new_tenant_id()
    await security_events.add(
        [
            count(),
            count(kind=SecurityKind.FOREIGN_ID, subject=str(ours)),
            count(source="192.0.2.8"),
            count(source=""),
            count(site=SecuritySite.GATEWAY, kind=SecurityKind.FRAME_REFUSED, subject="odd"),
        ],
        now=NOW,
    )

    async def found(**wanted) -> int:
        return len((await security_events.list_page(limit=10, **wanted)).items)

    assert await found() == 5
    assert await found(kind=SecurityKind.KEY_UNKNOWN) == 3
    assert await found(source="192.0.2.7") == 3
    assert await found(source="") == 1
    assert await found(tenant_id=ours) == 1
    assert await found(site=SecuritySite.GATEWAY) == 1
    assert await found(since=NOW + timedelta(minutes=1)) == 0


async def test_they_have_pages():
    await security_events.add([count(source=str(n)) for n in range(5)], now=NOW)
    seen, cursor = [], None
    while True:
        page = await security_events.list_page(limit=2, cursor=cursor)
        seen += [each.source for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == list("01234")


async def test_kinds_are_summed_up():
    await security_events.add([count(times=3), count(source="b", times=4)], now=NOW)
    await security_events.add([count(kind=SecurityKind.FORM_REFUSED)], now=NOW)
    await security_events.add([count(times=99)], now=NOW - timedelta(hours=2))
    totals = await security_events.total(since=NOW - timedelta(hours=1))
    assert [(each.kind, each.times, each.sources) for each in totals] == [
        (SecurityKind.KEY_UNKNOWN, 7, 2),
        (SecurityKind.FORM_REFUSED, 1, 1),
    ]


async def test_what_is_old_or_too_much_is_swept(monkeypatch):
    for days in (31, 29, 0):
        await security_events.add([count()], now=NOW - timedelta(days=days))
    await security_events.sweep(now=NOW)
    assert await SecurityEvent.count() == 2
    monkeypatch.setattr(security_events, "MOST_ROWS", 1)
    await security_events.sweep(now=NOW)
    [left] = (await security_events.list_page(limit=10)).items
    assert left.minute == NOW
