import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from shared.clock import SystemClock
from shared.enums import MessageKind, SkipReason
from shared.structs.media import Media
from shared.structs.takeovers import TAKEN_FOR
from shared.tasks import TaskGroup
from shared.wire.events import Party
from shared.wire.frames import Events, Numbered, decode_from_worker, encode
from tests.fakes.inbound import NOW, OWN_PHONE
from tests.fakes.whatsapp_client import FakeClient
from worker.inbox import file_rows, lost_rows, rows, taken_chats, unread_rows
from worker.inbox.intake import Intake
from worker.inbox.unread import Unread
from worker.uplink import event_rows
from worker.uplink.room import Bound, Room
from worker.whatsapp.events import Inbound, Own, Skipped, Unreadable
from worker.whatsapp.files import FileKind, FileSource

LID = "683440944073283@lid"
MEDIA = Media(mime_type="image/jpeg", size=3, sha256="70" * 32)
SOURCE = FileSource(
    kind=FileKind.IMAGE, path="/v/1?x", key=b"k" * 32, sha256=b"p" * 32, sealed_sha256=b"s" * 32,
    size=3,
)  # fmt: skip


def inbound(number, contact=None, **more):
    return Inbound(
        wa_message_id=f"ID{number}", kind=MessageKind.TEXT, text="hello", at=NOW,
        contact=contact or Party(phone="+255700000001"), **more,
    )  # fmt: skip


def unreadable(number, kind=MessageKind.UNREADABLE):
    return Unreadable(
        wa_message_id=f"ID{number}", kind=kind, contact=Party(phone="+255700000001"), at=NOW
    )


class Door:
    def __init__(self, database):
        self.client = FakeClient()
        self.recorded = []
        self.database = database
        self.intake = Intake(
            self.client, database, SystemClock(), own_phone=lambda: OWN_PHONE,
            on_recorded=self.recorded.append, skipped={SkipReason.STATUS: 7},
            room=Room(self.client, Bound(events=300)),
            unread=Unread(
                self.client, database, SystemClock(), wait=timedelta(minutes=1),
                connected=asyncio.Event(), own_phone=lambda: OWN_PHONE,
                on_recorded=self.recorded.append,
            ),
        )  # fmt: skip

    async def take(self, *events):
        for event in events:
            self.client.unsettled += 1
            self.intake.handle(event)
        async with asyncio.timeout(10):
            await self.intake.settled()

    async def events(self):
        batch = await self.database.run(lambda db: event_rows.next_batch(db, after=0))
        return [numbered.event for numbered in batch]


@pytest.fixture
async def door(database):
    made = Door(database)
    async with TaskGroup() as tasks:
        tasks.supervise("intake", made.intake.run())
        yield made


async def test_a_message_is_durable_before_it_counts_as_taken(door):
    await door.take(inbound(1))
    [event] = await door.events()
    assert (event.wa_message_id, event.own_phone) == ("ID1", OWN_PHONE)
    assert door.client.unsettled == 0


async def test_a_burst_keeps_its_order(door):
    await door.take(*[inbound(n) for n in range(300)])
    assert [e.wa_message_id for batch in door.recorded for e in batch] == [
        f"ID{n}" for n in range(300)
    ]


async def test_a_delivery_again_is_told_to_nobody(door):
    await door.take(inbound(1), inbound(1))
    await door.take(inbound(1))
    assert [e.wa_message_id for batch in door.recorded for e in batch] == ["ID1"]
    assert door.client.unsettled == 0


async def test_the_missing_half_of_a_sender_is_looked_up(door):
    whole = Party(phone="+255761195595", lid=LID)
    door.client.known[LID] = whole
    await door.take(inbound(1, Party(lid=LID)))
    [event] = await door.events()
    assert event.contact == whole


async def test_what_is_skipped_is_counted_by_reason(door):
    await door.take(Skipped(SkipReason.GROUP), Skipped(SkipReason.GROUP), inbound(1))
    assert door.intake.skipped == {SkipReason.STATUS: 7, SkipReason.GROUP: 2}
    assert door.client.unsettled == 0


async def test_a_file_is_told_of_and_its_key_stays_on_the_volume(door):
    await door.take(inbound(1, media=MEDIA, source=SOURCE))
    [event] = await door.events()
    assert event.media == MEDIA
    assert SOURCE.key not in msgspec.msgpack.encode(event)
    assert await door.database.run(lambda db: file_rows.find(db, "ID1")) == SOURCE


async def test_a_message_that_comes_again_does_not_change_where_its_file_is(door):
    await door.take(inbound(1, media=MEDIA, source=SOURCE))
    other = msgspec.structs.replace(SOURCE, path="/elsewhere?x")
    await door.take(inbound(1, media=MEDIA, source=other))
    assert await door.database.run(lambda db: file_rows.find(db, "ID1")) == SOURCE


async def test_what_it_takes_to_fetch_a_file_is_kept_as_long_as_its_message(door):
    await door.take(inbound(1, media=MEDIA, source=SOURCE))
    soon, late = NOW + rows.KEPT - timedelta(hours=1), NOW + rows.KEPT + timedelta(hours=1)
    await door.database.run(lambda db: file_rows.prune(db, now=soon))
    assert await door.database.run(lambda db: file_rows.find(db, "ID1")) is not None
    await door.database.run(lambda db: file_rows.prune(db, now=late))
    assert await door.database.run(lambda db: file_rows.find(db, "ID1")) is None


async def test_at_the_bound_of_the_outbox_the_client_is_held_and_what_it_gave_is_durable(door):
    await door.take(*[inbound(n) for n in range(299)])
    assert not door.client.is_held
    await door.take(inbound(299), inbound(300))
    assert door.client.is_held
    assert door.client.unsettled == 0
    assert (await door.database.run(event_rows.get_size)).events == 301


async def test_what_cannot_be_read_waits_on_the_volume_and_is_told_to_nobody(door):
    await door.take(unreadable(1))
    assert await door.events() == []
    assert door.recorded == [[]]
    assert door.client.unsettled == 0
    assert await door.database.run(unread_rows.find_first_due) is not None


async def test_a_message_that_heals_in_the_same_burst_is_told_once(door):
    await door.take(unreadable(1), inbound(1))
    assert [event.text for event in await door.events()] == ["hello"]
    assert await door.database.run(unread_rows.find_first_due) is None


async def test_what_may_be_seen_once_is_not_waited_for(door):
    await door.take(unreadable(1, MessageKind.VIEW_ONCE))
    [event] = await door.events()
    assert (event.wa_message_id, event.kind, event.text) == ("ID1", MessageKind.VIEW_ONCE, "")


async def test_what_is_skipped_leaves_a_row_where_it_would_be_missed(door):
    await door.take(Skipped(SkipReason.NO_CONTENT, "ID1"), Skipped(SkipReason.GROUP))
    assert await door.database.run(lambda db: rows.is_known(db, "ID1"))
    assert await door.events() == []
    assert await door.database.run(lost_rows.find_history_at) is None


async def test_that_past_messages_follow_is_remembered(door):
    await door.take(Skipped(SkipReason.FROM_ME, brings_history=True))
    assert await door.database.run(lost_rows.find_history_at) is not None


def own(number, kind=MessageKind.TEXT, **more):
    return Own(
        wa_message_id=f"OWN{number}", kind=kind, contact=Party(phone="+255700000001"),
        text="Nakuja", at=NOW, **more,
    )  # fmt: skip


async def is_taken(database, contact, *, now):
    return await database.run(lambda db: taken_chats.is_taken(db, contact, now=now))


async def test_what_the_owner_writes_is_logged_and_takes_the_chat_for_a_while(door):
    contact = Party(phone="+255700000001", lid=LID)
    door.client.known["+255700000001"] = contact
    await door.take(own(1))
    [event] = await door.events()
    assert (event.text, event.contact, event.own_phone) == ("Nakuja", contact, OWN_PHONE)
    assert event.bot_waits_until == NOW + TAKEN_FOR
    for name in (contact, Party(phone=contact.phone), Party(lid=LID)):
        assert await is_taken(door.database, name, now=NOW)
        assert not await is_taken(door.database, name, now=NOW + TAKEN_FOR)
    assert not await is_taken(door.database, Party(phone="+255700000002"), now=NOW)
    assert door.recorded == [[]]
    assert door.intake.last_inbound_at is None


@pytest.mark.parametrize(
    "kind", [MessageKind.REACTION, MessageKind.EDIT, MessageKind.DELETE, MessageKind.CALL]
)
async def test_what_the_owner_does_without_answering_takes_no_chat(door, kind):
    await door.take(own(1, kind))
    [event] = await door.events()
    assert event.bot_waits_until is None
    assert not await is_taken(door.database, Party(phone="+255700000001"), now=NOW)


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), id="when Unix began"),
        pytest.param(datetime(5138, 11, 16, tzinfo=UTC), id="in three thousand years"),
        pytest.param(datetime.max.replace(tzinfo=UTC), id="at the end of the calendar"),
    ],
)
async def test_what_is_dated_impossibly_is_of_now_for_the_volume_and_for_the_log(door, at):
    before = SystemClock().now()
    odd = msgspec.structs.replace(inbound(1), at=at)
    own = Own(
        wa_message_id="OWN", kind=MessageKind.TEXT, text="Karibu", at=at,
        contact=Party(phone="+255700000002"),
    )  # fmt: skip
    await door.take(odd, own)
    received, sent = await door.events()
    for event in (received, sent):
        assert before <= event.at <= SystemClock().now()
    assert sent.bot_waits_until <= SystemClock().now() + TAKEN_FOR
    [(kept,)] = await door.database.run(
        lambda db: db.execute("SELECT received_at FROM inbox").fetchall()
    )
    assert kept >= before.timestamp()


async def test_whatever_a_customer_chooses_is_told_in_a_form_that_every_gateway_takes(door):
    long = "é" * 70_000
    odd = Inbound(
        wa_message_id=long, kind=MessageKind.DOCUMENT, text=long, at=NOW,
        contact=Party(phone="+" + "9" * 5_000, lid=long), push_name=long, in_reply_to=long,
        media=Media(mime_type=long, size=10**18, file_name=long, duration=2**40),
    )  # fmt: skip
    await door.take(odd, inbound(2))
    [first, second] = await door.events()
    data = encode(Events(events=[Numbered(1, first), Numbered(2, second)]))
    assert decode_from_worker(data).events[0].event == first
    await door.take(odd)
    assert len(await door.events()) == 2
    # The volume and the log call it by one name.
    assert await door.database.run(lambda db: rows.is_known(db, first.wa_message_id))


async def test_messages_without_an_id_are_two_and_not_one(door):
    first = msgspec.structs.replace(inbound(1), wa_message_id="", text="Habari")
    second = msgspec.structs.replace(inbound(1), wa_message_id="", text="Mambo")
    await door.take(first, second, first)
    assert [event.text for event in await door.events()] == ["Habari", "Mambo"]
