"""Finding, ordering and counting tenants, on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest

from shared.enums import (
    Actor,
    DesiredState,
    SessionState,
    SortOrder,
    TenantSort,
    TenantStatus,
    WorkerStatus,
)
from shared.errors import InvalidInputError
from shared.ids import TenantId
from shared.stores import tenant_lists, tenants
from shared.stores.cursors import SortCursor, encode_cursor
from shared.structs.tenants import TenantFilter
from shared.tables import WhatsAppSession, WorkerProcess
from tests.fakes.businesses import NOW, business

pytestmark = pytest.mark.usefixtures("database")
MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=20_000)  # before any time at which the database dates a row


async def add(number: int, worker=None, session=None, **given) -> TenantId:
    """worker, session: columns of those rows that are not as they begin."""
    tenant_id = TenantId((await tenants.create(business(number, **given))).id)
    if worker:
        await WorkerProcess.update(worker).where(WorkerProcess.tenant == tenant_id)
    if session:
        await WhatsAppSession.update(session).where(WhatsAppSession.tenant == tenant_id)
    return tenant_id


def running(**more):
    return {"desired_state": "RUNNING", "generation": 1, "status": "RUNNING", **more}


async def names(**asked) -> list[str]:
    """Of all pages, two tenants each."""
    found, cursor = [], None
    while True:
        page = await tenant_lists.list_page(limit=2, cursor=cursor, **asked)
        found += [item.name for item in page.items]
        if (cursor := page.next_cursor) is None:
            return found


async def add_fleet() -> None:
    await add(1, name="beta", worker=running(restarts=3, memory_bytes=30, image="b"))
    await add(2, name="Alpha", worker=running(last_inbound_at=NOW, outbox_depth=7, image="a"))
    await add(3, name="gamma", worker={"started_at": NOW}, session={"state": "QR_READY"})
    await add(
        4,
        name="Delta",
        worker=running(last_inbound_at=NOW - MINUTE, memory_bytes=20, started_at=NOW - MINUTE),
        session={"state": "CONNECTED", "state_changed_at": LONG_AGO},
    )
    await add(5, name="epsilon", worker={"status": "ERROR", "outbox_depth": 1, "restarts": 1})


@pytest.mark.parametrize(
    ("sort", "least_first"),
    [
        pytest.param(TenantSort.CREATED, "beta Alpha gamma Delta epsilon", id="created"),
        pytest.param(TenantSort.NAME, "Alpha beta Delta epsilon gamma", id="name, any case"),
        pytest.param(TenantSort.IMAGE, "* * * Alpha beta", id="image"),
        pytest.param(TenantSort.STARTED, "* * * Delta gamma", id="started"),
        pytest.param(TenantSort.MEMORY, "* * * Delta beta", id="memory"),
        pytest.param(TenantSort.LAST_INBOUND, "* * * Delta Alpha", id="last inbound"),
        pytest.param(TenantSort.OUTBOX, "* * * epsilon Alpha", id="outbox"),
        pytest.param(TenantSort.RESTARTS, "* * * epsilon beta", id="restarts"),
        pytest.param(TenantSort.WORKER, "epsilon * * * *", id="worker"),
        pytest.param(TenantSort.SESSION, "Delta * * * gamma", id="session"),
        pytest.param(TenantSort.CHANGED, "Delta * * * *", id="changed"),
    ],
)
async def test_every_order_holds_across_pages_both_ways(sort, least_first):
    await add_fleet()
    expected = least_first.split()
    up = await names(sort=sort)
    down = await names(sort=sort, order=SortOrder.DESC)
    assert up == down[::-1]
    assert sorted(up) == sorted(await names())
    assert [e if e == "*" else name for name, e in zip(up, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        pytest.param({"status": TenantStatus.ACTIVE}, ["Delta"], id="one word"),
        pytest.param({"status": TenantStatus.NEW}, ["gamma", "epsilon"], id="never started"),
        pytest.param({"status": TenantStatus.STARTING}, ["beta", "Alpha"], id="on the way"),
        pytest.param({"worker": WorkerStatus.ERROR}, ["epsilon"], id="worker"),
        pytest.param({"session": SessionState.QR_READY}, ["gamma"], id="session"),
        pytest.param({"desired": DesiredState.STOPPED}, ["gamma", "epsilon"], id="desired"),
        pytest.param(
            {"desired": DesiredState.RUNNING, "session": SessionState.CONNECTED},
            ["Delta"],
            id="two at once",
        ),
        pytest.param({"actor": Actor.OPERATOR}, ["beta", "Alpha", "Delta"], id="who must act"),
        pytest.param({"search": "ALPH"}, ["Alpha"], id="part of a name, any case"),
        pytest.param({"search": "23 000 04"}, ["Delta"], id="digits, with blanks"),
        pytest.param({"search": "+255712300002"}, ["Alpha"], id="a whole number"),
        pytest.param({"search": "%"}, [], id="no wildcard"),
        pytest.param({"search": "a'; --"}, [], id="no SQL"),
        pytest.param({"search": "+"}, [], id="a lone plus is no number"),
    ],
)
async def test_tenants_are_found_by_what_is_chosen(chosen, expected):
    await add_fleet()
    assert await names(chosen=TenantFilter(**chosen)) == expected


async def test_a_business_is_found_by_the_name_it_has_for_customers():
    await add(1, business_name="Mama Ntilie")
    assert await names(chosen=TenantFilter(search="ntilie")) == ["Duka 1"]


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        pytest.param(TenantSort.CREATED, "yesterday-ish", id="no time"),
        pytest.param(TenantSort.CREATED, "999999-01-01", id="no such time"),
        pytest.param(TenantSort.RESTARTS, "x", id="no number"),
        pytest.param(TenantSort.RESTARTS, "9" * 30, id="no such number"),
        pytest.param(TenantSort.NAME, "a\0b", id="NUL"),
    ],
)
async def test_a_cursor_that_somebody_made_up_is_refused(sort, value):
    tenant_id = await add(1)
    cursor = encode_cursor(SortCursor(f"tenants:{sort}:ASC", value, tenant_id))
    with pytest.raises(InvalidInputError):
        await tenant_lists.list_page(limit=2, cursor=cursor, sort=sort)


async def test_a_cursor_of_another_order_is_refused():
    for number in range(3):
        await add(number)
    page = await tenant_lists.list_page(limit=2)
    with pytest.raises(InvalidInputError):
        await tenant_lists.list_page(limit=2, cursor=page.next_cursor, order=SortOrder.DESC)


async def test_everybody_is_counted_once_in_every_respect():
    await add_fleet()
    counts = await tenant_lists.count_tenants(now=NOW)
    assert (counts.at, counts.tenants) == (NOW, 5)
    assert {kind: n for kind, n in counts.status.items() if n} == {
        TenantStatus.NEW: 2,
        TenantStatus.STARTING: 2,
        TenantStatus.ACTIVE: 1,
    }
    for part in (counts.status, counts.worker, counts.session, counts.desired):
        assert sum(part.values()) == 5
        assert part.keys() == set(type(next(iter(part))))
    assert counts.who_must_act == {
        Actor.NOBODY: 2,
        Actor.OPERATOR: 3,
        Actor.WORKER: 0,
        Actor.TENANT: 0,
    }
    assert (counts.restarts, counts.memory_bytes, counts.outbox_depth) == (4, 50, 8)


async def test_who_must_act_for_a_tenant_is_who_it_is_counted_and_found_by():
    await add_fleet()
    await add(6, worker=running(status="ERROR"), session={"reason": "WORKER_STOPPED"})
    await add(7, worker=running(), session={"reason": "QR_ROUND_OVER"})
    await add(8, worker=running(status="STARTING"), session={"reason": "DEVICE_REMOVED"})
    counts = await tenant_lists.count_tenants(now=NOW)
    for actor in Actor:
        found = (await tenant_lists.list_page(limit=9, chosen=TenantFilter(actor=actor))).items
        assert len(found) == counts.who_must_act[actor] > 0
        assert {tenant.who_must_act for tenant in found} == {actor}


async def test_who_is_being_removed_is_neither_listed_nor_counted():
    tenant_id = await add(1)
    await tenants.request_removal(tenant_id, now=NOW)
    assert await names() == []
    assert (await tenant_lists.count_tenants(now=NOW)).tenants == 0


async def test_an_empty_fleet_is_counted():
    counts = await tenant_lists.count_tenants(now=NOW)
    assert (counts.tenants, counts.memory_bytes, set(counts.worker.values())) == (0, 0, {0})


async def test_pages_of_tenants_made_in_one_moment_are_whole():
    await asyncio.gather(*(add(number) for number in range(7)))
    assert sorted(await names()) == [f"Duka {number}" for number in range(7)]
