"""Chats on a real PostgreSQL, read as the portal's role."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from shared.db.engine import bind, open_database
from shared.db.guard import tenant_transaction
from shared.enums import Direction, OutboundState
from shared.errors import InvalidInputError, NotFoundError
from shared.ids import TenantId
from shared.stores import chats, contacts, messages, outbound, outbound_work, tenants
from shared.structs.contacts import Sighting
from shared.structs.content import TextContent
from shared.structs.outbound import NewOutbound, Sent
from tests.fakes.businesses import NOW, business, message
from tests.fakes.tickets import open_guard, show_owner
from tests.integration.portal.conftest import as_portal

OWN = "+255712300001"


def phone(number: int) -> str:
    return f"+2557540{number:05d}"


async def say(tenant_id, name, *, at, phone=None, lid=None, out=False, **changes):
    """A message as the gateway commits it: its row, and that the contact was seen."""
    number = phone or lid
    ends = (OWN, number) if out else (number, OWN)
    row = message(
        name,
        direction=Direction.OUT if out else Direction.IN,
        from_number=ends[0],
        to_number=ends[1],
        contact_lid=lid,
        occurred_at=at,
        message_text=changes.pop("text", name),
        **changes,
    )
    await messages.append_messages(tenant_id, [row])
    await contacts.record(tenant_id, [Sighting(phone=phone, lid=lid, first_at=at, last_at=at)])


async def read(tenant_id, person, **changes):
    contact = await contacts.get_named(tenant_id, person)
    return await chats.list_messages(tenant_id, contact, **{"limit": 10, "length": 50, **changes})


@pytest.fixture
async def tenant_id(database) -> TenantId:  # noqa: ARG001  the stores are bound
    return TenantId((await tenants.create(business())).id)


@pytest.fixture
async def guarded(tenant_id, database, database_url):
    """Runs what is given as the portal does: as its role, for this tenant alone."""
    await show_owner(database_url, tenant_id)

    async def run(work):
        try:
            async with (
                open_database(as_portal(database_url), min_size=1, max_size=1),
                tenant_transaction(tenant_id),
            ):
                return await work()
        finally:
            bind(database)

    return run


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


async def test_the_last_words_are_first_whoever_has_read_something_since(tenant_id, guarded):
    for number in range(3):
        await say(tenant_id, f"IN{number}", at=NOW + minutes(number), phone=phone(number))
    await say(tenant_id, "OUT0", at=NOW + minutes(5), phone=phone(0), out=True)
    late = NOW + minutes(60)
    await contacts.record(
        tenant_id, [Sighting(phone=phone(1), lid=None, first_at=late, last_at=late)]
    )
    page = await guarded(lambda: chats.list_page(tenant_id, limit=5))
    assert [(chat.contact.phone, chat.beginning, chat.direction) for chat in page.items] == [
        (phone(0), "OUT0", Direction.OUT),
        (phone(2), "IN2", Direction.IN),
        (phone(1), "IN1", Direction.IN),
    ]


async def test_a_person_known_by_lid_and_then_by_phone_is_one_chat(tenant_id, guarded):
    await say(tenant_id, "A", at=NOW, phone=phone(1))
    await say(tenant_id, "B", at=NOW + minutes(1), lid="77@lid")
    await say(tenant_id, "C", at=NOW + minutes(2), lid="77@lid", phone=phone(1), out=True)
    page = await guarded(lambda: chats.list_page(tenant_id, limit=5))
    assert [chat.beginning for chat in page.items] == ["C"]
    for person in (phone(1), "77@lid"):
        thread = await guarded(lambda person=person: read(tenant_id, person))
        assert [each.beginning for each in thread.items] == ["C", "B", "A"]


async def test_pages_of_chats_hold_each_once_also_when_many_only_read(tenant_id, monkeypatch):
    """More people have read something lately than are looked at, at first."""
    monkeypatch.setattr(chats, "WINDOW", 4)
    for number in range(30):
        at = NOW + minutes(number)
        await say(tenant_id, f"IN{number}", at=at, phone=phone(number))
    late = NOW + minutes(600)
    reading = [
        Sighting(phone=phone(number), lid=None, first_at=late, last_at=late) for number in range(12)
    ]
    await contacts.record(tenant_id, reading)
    seen, cursor = [], None
    while True:
        page = await chats.list_page(tenant_id, limit=7, cursor=cursor)
        seen += [chat.beginning for chat in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"IN{number}" for number in reversed(range(30))]


async def test_a_thread_is_paged_back_to_its_first_word(tenant_id, guarded):
    for number in range(7):  # three within one second, as bursts are
        await say(tenant_id, f"M{number}", at=NOW + minutes(number // 3), phone=phone(1))
    seen, cursor = [], None
    while True:
        page = await guarded(lambda c=cursor: read(tenant_id, phone(1), limit=3, cursor=c))
        seen += [each.beginning for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"M{number}" for number in reversed(range(7))]


async def test_what_is_queued_is_in_the_thread_once_before_and_after_it_went_out(
    tenant_id, guarded
):
    await say(tenant_id, "IN", at=NOW, phone=phone(1))
    [queued] = await outbound.enqueue(
        tenant_id,
        [NewOutbound(to=phone(1), content=TextContent(text="Karibu"))],
        fingerprint="f",
        key=None,
        now=NOW + minutes(1),
    )
    thread = (await guarded(lambda: read(tenant_id, phone(1)))).items
    assert [(each.beginning, each.state, each.is_logged) for each in thread] == [
        ("Karibu", OutboundState.QUEUED, False),
        ("IN", None, True),
    ]
    at = NOW + minutes(2)
    await outbound_work.settle(
        tenant_id, sent=[Sent(id=queued.id, wa_message_id="WA1", at=at)], not_sent=[]
    )
    await say(tenant_id, "WA1", at=at, phone=phone(1), out=True, text="Karibu")
    thread = (await guarded(lambda: read(tenant_id, phone(1)))).items
    assert [(each.beginning, each.state, each.is_logged) for each in thread] == [
        ("Karibu", OutboundState.SENT, True),
        ("IN", None, True),
    ]


async def test_anothers_chats_and_cursors_of_other_lists_are_refused(tenant_id, guarded):
    other = TenantId((await tenants.create(business(2))).id)
    await say(other, "A", at=NOW, phone=phone(1))
    assert (await guarded(lambda: chats.list_page(tenant_id, limit=5))).items == []
    with pytest.raises(NotFoundError):
        await guarded(lambda: contacts.get_named(tenant_id, phone(1)))
    with pytest.raises(InvalidInputError):
        await guarded(lambda: chats.list_page(tenant_id, limit=5, cursor="x\0"))


async def test_the_beginning_of_a_long_text_is_read_with_one_character_more(tenant_id, guarded):
    await say(tenant_id, "A", at=NOW, phone=phone(1), text="x" * 65_536)
    [long] = (await guarded(lambda: read(tenant_id, phone(1)))).items
    assert long.beginning == "x" * 51
    [chat] = (await guarded(lambda: chats.list_page(tenant_id, limit=5))).items
    assert chat.beginning == "x" * chats.BEGINNING


async def test_a_chat_is_found_by_its_index_also_under_row_policies(tenant_id, database_url):
    async def fill():
        await connection.execute(
            "INSERT INTO message_logs (tenant, direction, kind, from_number, to_number,"
            " message_text, wa_message_id, occurred_at) SELECT $1, 'IN', 'TEXT', '+1' || n % 500,"
            " '+2', 'x', 'W' || n, now() - n * interval '1 second' FROM generate_series(1, 5000) n",
            tenant_id,
        )
        await connection.execute("ANALYZE message_logs")

    connection = await asyncpg.connect(database_url)
    try:
        await fill()
    finally:
        await connection.close()
    plan = await explain(database_url, tenant_id, chats._NEWEST.replace("c.name", "'+17'"))
    assert "message_logs_chat" in plan
    assert "Sort" not in plan


async def explain(url: str, tenant_id: UUID, query: str) -> str:
    connection = await asyncpg.connect(as_portal(url))
    try:
        async with connection.transaction():
            await open_guard(connection, tenant=tenant_id)
            text = query.replace("{}", f"'{tenant_id}'")
            return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {text}"))
    finally:
        await connection.close()
