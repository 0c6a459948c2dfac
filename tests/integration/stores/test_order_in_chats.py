"""A chat is in the order in which its worker recorded it: by the number of its events.

A worker tells its events in that order, some of them again, cut into batches as it happens, and
for a moment over two connections.
"""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from uuid import uuid4

import pytest

from shared.db.engine import transaction
from shared.db.guard import tenant_transaction
from shared.enums import Direction, MessageKind
from shared.stores import chats, contacts, message_search, messages, outbound, outbound_work
from shared.stores.cursors import Cursor, encode_cursor
from shared.structs.contacts import Sighting
from shared.structs.content import TextContent
from shared.structs.outbound import NewOutbound, Sent
from shared.structs.search import MessageSearch
from shared.tables import MessageLog
from tests.fakes.businesses import NOW, message
from tests.fakes.fleet import until
from tests.fakes.tickets import show_owner
from tests.fakes.unruly_clock import set_clock_back

ASHA = "+255754000001"
OWN = "+255712300001"
SECOND = timedelta(seconds=1)


def said(name, *, out=False, at=NOW, kind=MessageKind.TEXT, of=None):
    ends = (OWN, ASHA) if out else (ASHA, OWN)
    return message(
        of or name,
        message_text=name,
        direction=Direction.OUT if out else Direction.IN,
        from_number=ends[0],
        to_number=ends[1],
        occurred_at=at,
        kind=kind,
    )


def missed(name, *, at=NOW):
    """What stands in for the message `name`."""
    return said("", of=name, at=at, kind=MessageKind.UNREADABLE)


async def say(tenant_id, *rows):
    await messages.append_messages(tenant_id, rows)
    await contacts.record(
        tenant_id, [Sighting(phone=ASHA, lid=None, first_at=NOW, last_at=NOW + 60 * SECOND)]
    )


async def read(tenant_id, *, limit=2):
    """The whole chat, oldest first, page by page."""
    contact = await contacts.get_named(tenant_id, ASHA)
    found, cursor = [], None
    while True:
        page = await chats.list_messages(tenant_id, contact, limit=limit, length=99, cursor=cursor)
        found += [item.beginning for item in page.items]
        if (cursor := page.next_cursor) is None:
            return found[::-1]


async def read_log(tenant_id, *, limit=2):
    found, cursor = [], None
    while True:
        page = await messages.list_page(tenant_id, limit=limit, cursor=cursor)
        found += [item.message_text for item in page.items]
        if (cursor := page.next_cursor) is None:
            return found[::-1]


async def search(url, tenant_id, **wanted):
    found, cursor = [], None
    await show_owner(url, tenant_id)
    while True:
        async with tenant_transaction(tenant_id):
            page = await message_search.search(
                tenant_id, MessageSearch(**wanted), limit=2, cursor=cursor
            )
        found += [item.message_text for item in page.items]
        if (cursor := page.next_cursor) is None:
            return found[::-1]


async def queue(tenant_id, text, *, now=NOW):
    [accepted] = await outbound.enqueue(
        tenant_id,
        [NewOutbound(to=ASHA, content=TextContent(text=text))],
        fingerprint="f",
        key=None,
        now=now,
    )
    return accepted.id


async def test_what_is_told_batch_by_batch_stays_in_order_though_the_clock_steps_back(
    tenant_id, database_url
):
    names = [f"M{number}" for number in range(9)]
    for first, second, third in zip(names[::3], names[1::3], names[2::3], strict=True):
        await say(tenant_id, said(first), said(second, out=True), said(third))
        await set_clock_back(database_url, "message_logs", at="created_at")
    assert await read(tenant_id) == names
    assert await read_log(tenant_id) == names
    assert await search(database_url, tenant_id, words="M") == names
    assert await search(database_url, tenant_id, names=(ASHA,)) == names
    assert await search(database_url, tenant_id) == names


async def test_an_answer_is_after_its_question_though_our_clock_is_behind_whatsapps(tenant_id):
    for number in range(3):
        at = NOW + number * SECOND
        await say(tenant_id, said(f"IN{number}", at=at))
        await say(tenant_id, said(f"OUT{number}", out=True, at=at - 5 * SECOND))
    expected = [f"{kind}{number}" for number in range(3) for kind in ("IN", "OUT")]
    assert await read(tenant_id) == expected
    [chat] = (await chats.list_page(tenant_id, limit=9)).items
    assert chat.beginning == "OUT2"


async def test_what_is_queued_is_after_what_was_said_before_it(tenant_id):
    await say(tenant_id, said("IN", at=NOW + 5 * SECOND))
    await queue(tenant_id, "reply")
    await queue(tenant_id, "another", now=NOW - 60 * SECOND)
    await say(tenant_id, said("IN again", at=NOW - 60 * SECOND))
    assert await read(tenant_id) == ["IN", "reply", "another", "IN again"]


async def test_what_was_queued_takes_its_place_when_it_is_sent(tenant_id):
    reply = await queue(tenant_id, "reply")
    await queue(tenant_id, "waits")
    await say(tenant_id, said("IN"))
    await outbound_work.settle(
        tenant_id, sent=[Sent(id=reply, wa_message_id="WA1", at=NOW)], not_sent=[]
    )
    await say(tenant_id, said("reply", of="WA1", out=True, at=NOW - SECOND))
    assert await read(tenant_id) == ["waits", "IN", "reply"]


EVENTS = [
    said("A"), missed("B"), said("C", out=True), said("D"), said("B"), missed("E"), said("F"),
    said("E", at=NOW - SECOND), missed("D"),
]  # fmt: skip
IN_ORDER = ["A", "B", "C", "D", "E", "F"]


def cut(*places):
    return [EVENTS[begin:end] for begin, end in pairwise((0, *places, len(EVENTS)))]


@pytest.mark.parametrize(
    "batches",
    [
        pytest.param(cut(), id="all at once"),
        pytest.param(cut(*range(1, len(EVENTS))), id="one by one"),
        pytest.param(cut(2, 5, 7), id="a message and its stand-in apart"),
        pytest.param(cut(1, 6), id="and together"),
        pytest.param([EVENTS[:3], *cut(5)], id="the first batch again, and more with it"),
        pytest.param([batch for batch in cut(4, 6) for _ in range(2)], id="each batch twice"),
        pytest.param([*cut(3, 6), *cut(2, 7), EVENTS], id="everything again, cut otherwise"),
    ],
)
async def test_however_events_are_cut_and_repeated_the_chat_is_the_same(tenant_id, batches):
    for batch in batches:
        await say(tenant_id, *batch)
    assert await read(tenant_id) == IN_ORDER
    assert await read_log(tenant_id) == IN_ORDER


@asynccontextmanager
async def holding(tenant_id, rows, *, undone):
    """A connection's transaction that commits, or is undone, at the end."""
    began, let_go = asyncio.Event(), asyncio.Event()

    async def run():
        async with transaction():
            await messages.append_messages(tenant_id, rows)
            began.set()
            await let_go.wait()
            if undone:
                raise ZeroDivisionError

    older = asyncio.create_task(run())  # noqa: TID251  awaited below
    await began.wait()
    yield
    let_go.set()
    await asyncio.gather(older, return_exceptions=True)


async def is_somebody_waiting():
    rows = await MessageLog.raw(
        "SELECT 1 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(rows)


@pytest.mark.parametrize("undone", [False, True])
@pytest.mark.parametrize(("first", "then"), [((0, 3), (0, 6)), ((0, 6), (0, 3)), ((0, 4), (2, 6))])
async def test_two_connections_of_a_worker_tell_the_same_events_in_one_order(
    tenant_id, undone, first, then
):
    """The older one's last commit is under way when the newer one begins from the last event that
    was acknowledged.
    """
    rows = [said(f"M{number}") for number in range(6)]
    await say(tenant_id, *rows[: then[0]])
    async with asyncio.TaskGroup() as newer, holding(tenant_id, rows[slice(*first)], undone=undone):
        newer.create_task(say(tenant_id, *rows[slice(*then)]))
        assert await until(is_somebody_waiting, seconds=20)
    await say(tenant_id, *rows)
    assert await read(tenant_id) == [f"M{number}" for number in range(6)]


async def test_many_connections_that_tell_everything_leave_one_order(tenant_id):
    rows = [said(f"M{number:03}") for number in range(60)]
    batches = [rows[begin : begin + size] for size in (7, 11, 60) for begin in range(0, 60, size)]
    workers = [batches[:9], batches[9:15], batches[15:]]

    async def tell(own):
        for batch in own:
            await say(tenant_id, *batch)

    await asyncio.gather(*(tell(own) for own in workers))
    assert await read_log(tenant_id, limit=50) == [f"M{number:03}" for number in range(60)]


async def test_a_thread_is_paged_while_it_goes_on(tenant_id, database_url):
    for number in range(6):
        await say(tenant_id, said(f"M{number}"))
    contact = await contacts.get_named(tenant_id, ASHA)
    found, cursor = [], None
    for later in range(3):
        page = await chats.list_messages(tenant_id, contact, limit=2, length=9, cursor=cursor)
        found += [item.beginning for item in page.items]
        cursor = page.next_cursor
        await say(tenant_id, said(f"late {later}", at=NOW - 60 * SECOND))
        await queue(tenant_id, f"queued {later}", now=NOW - 60 * SECOND)
        await set_clock_back(database_url, "message_logs", at="created_at", with_ids=False)
    assert found == [f"M{number}" for number in reversed(range(6))]
    assert cursor is None


async def test_a_page_goes_on_below_a_queued_message_also_once_that_was_sent(tenant_id):
    await say(tenant_id, said("A"), said("B"))
    reply = await queue(tenant_id, "reply")
    await say(tenant_id, said("C"))
    contact = await contacts.get_named(tenant_id, ASHA)
    page = await chats.list_messages(tenant_id, contact, limit=2, length=9)
    assert [item.beginning for item in page.items] == ["C", "reply"]
    await outbound_work.settle(
        tenant_id, sent=[Sent(id=reply, wa_message_id="WA1", at=NOW)], not_sent=[]
    )
    await say(tenant_id, said("reply", of="WA1", out=True))
    rest = await chats.list_messages(tenant_id, contact, limit=9, length=9, cursor=page.next_cursor)
    assert [item.beginning for item in rest.items] == ["B", "A"]


async def test_the_page_of_a_found_message_ends_with_it(tenant_id):
    await say(tenant_id, *(said(f"M{number}") for number in range(3)))
    await say(tenant_id, said("M3", at=NOW - SECOND))
    await say(tenant_id, said("M4", at=NOW - 2 * SECOND))
    contact = await contacts.get_named(tenant_id, ASHA)
    for item in (await messages.list_page(tenant_id, limit=9)).items:
        cursor = chats.cursor_after(item.occurred_at, item.id)
        page = await chats.list_messages(tenant_id, contact, limit=9, length=9, cursor=cursor)
        expected = [f"M{number}" for number in range(int(item.message_text[1:]) + 1)]
        assert [each.beginning for each in page.items][::-1] == expected


CURSORS = {
    "messages": partial(messages.list_page, limit=9),
    "chats": partial(chats.list_page, limit=9),
    "outbound": partial(outbound.list_page, limit=9),
    "contacts": partial(contacts.list_page, limit=9),
    "found": partial(message_search.search, wanted=MessageSearch(), limit=9),
}


@pytest.mark.parametrize("of", CURSORS)
async def test_a_page_after_a_row_that_is_gone_goes_on_by_its_time(tenant_id, of):
    await say(tenant_id, said("A"), said("B"))
    await queue(tenant_id, "A")
    read_page, nobody = CURSORS[of], uuid4()
    for at, is_after_it in ((datetime(2100, 1, 1, tzinfo=UTC), True), (NOW - 60 * SECOND, False)):
        cursor = encode_cursor(Cursor(of, at, nobody))
        assert bool((await read_page(tenant_id, cursor=cursor)).items) is is_after_it
