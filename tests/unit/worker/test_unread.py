"""What cannot be decrypted: waited for, given up, and healed, on real SQLite."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from shared.clock import SystemClock
from shared.enums import MessageKind
from shared.flows.conversation import Conversation
from shared.tasks import TaskGroup
from shared.wire.events import Party
from tests.fakes.inbound import ASHA, NOW, OWN_PHONE, answer, message
from tests.fakes.whatsapp_client import FakeClient
from worker import database as database_module
from worker.inbox import rows, unread_rows
from worker.inbox.unread import Unread
from worker.uplink import event_rows
from worker.whatsapp.events import Missed

DUE = NOW + timedelta(minutes=1)
LONG = timedelta(hours=1)


def unreadable(number):
    return message(number, "", kind=MessageKind.UNREADABLE)


@pytest.fixture
def db(tmp_path):
    connection = database_module._connect(tmp_path / "worker.db")
    yield connection
    connection.close()


def notice(db, number, *, is_quiet=False):
    unread_rows.notice(db, unreadable(number), is_quiet=is_quiet, due=DUE)


def events(db):
    return [numbered.event for numbered in event_rows.next_batch(db, after=0)]


def states(db):
    return dict(db.execute("SELECT wa_message_id, state FROM inbox").fetchall())


def test_what_is_waited_for_is_told_to_nobody(db):
    notice(db, 1)
    assert unread_rows.give_up(db, now=NOW) == []
    assert events(db) == []
    assert unread_rows.find_first_due(db) == DUE


def test_what_is_given_up_leaves_one_stand_in_to_be_answered(db):
    notice(db, 1)
    assert unread_rows.give_up(db, now=DUE) == [unreadable(1)]
    assert unread_rows.give_up(db, now=DUE) == []
    assert events(db) == [unreadable(1)]
    assert rows.find_next(db, ASHA).message == unreadable(1)


def test_what_heals_in_time_is_the_message_and_nothing_else(db):
    notice(db, 1)
    assert rows.record(db, message(1))
    assert unread_rows.give_up(db, now=DUE) == []
    assert events(db) == [message(1)]


def test_the_fifth_copy_that_cannot_be_read_is_the_last_that_is_waited_for(db):
    for _ in range(4):
        notice(db, 1)
    assert unread_rows.give_up(db, now=NOW) == []
    notice(db, 1)
    assert unread_rows.give_up(db, now=NOW) == [unreadable(1)]


def test_a_spoilt_copy_of_what_is_known_is_no_news(db):
    rows.record(db, message(1))
    notice(db, 1)
    assert unread_rows.find_first_due(db) is None
    notice(db, 2)
    unread_rows.give_up(db, now=DUE)
    notice(db, 2)
    assert unread_rows.find_first_due(db) is None


def test_of_what_a_phone_says_nothing_there_is_a_row_and_no_answer(db):
    notice(db, 1, is_quiet=True)
    assert unread_rows.give_up(db, now=DUE) == [unreadable(1)]
    assert events(db) == [unreadable(1)]
    assert rows.list_open_chats(db) == []


def test_what_comes_after_all_takes_the_place_of_its_stand_in(db):
    notice(db, 1)
    unread_rows.give_up(db, now=DUE)
    assert rows.record(db, message(1))
    assert not rows.record(db, message(1))
    assert not rows.record(db, unreadable(1))
    assert events(db) == [unreadable(1), message(1)]
    assert rows.find_next(db, ASHA).message == message(1)


def test_a_stand_in_that_was_answered_gives_way_and_the_message_is_answered_too(db):
    notice(db, 1)
    unread_rows.give_up(db, now=DUE)
    entry = rows.find_next(db, ASHA)
    assert rows.begin_answer(db, entry.position, Conversation())
    rows.settle_answered(db, entry.position, answer(1, unreadable(1)))
    assert rows.record(db, message(1))
    assert states(db) == {"ID1": "RECEIVED"}


def test_a_stand_in_that_is_not_answered_yet_is_not_answered_any_more(db):
    notice(db, 1)
    unread_rows.give_up(db, now=DUE)
    entry = rows.find_next(db, ASHA)
    rows.record(db, message(1))
    assert not rows.begin_answer(db, entry.position, Conversation())


def test_an_answer_under_way_to_a_stand_in_is_known_after_a_crash(db):
    notice(db, 1)
    unread_rows.give_up(db, now=DUE)
    rows.begin_answer(db, rows.find_next(db, ASHA).position, Conversation())
    rows.record(db, message(1))
    assert rows.recover(db) == 1
    assert states(db) == {"ID1~": "UNCERTAIN", "ID1": "RECEIVED"}


@pytest.mark.parametrize("kind", [k for k in MessageKind if k.is_stand_in])
def test_no_stand_in_takes_the_place_of_another(db, kind):
    rows.record(db, unreadable(1))
    assert not rows.record(db, msgspec.structs.replace(unreadable(1), kind=kind))


class Desk:
    def __init__(self, database, tasks, *, wait, connected=True):
        self.database = database
        self.recorded = asyncio.Queue()
        self.connected = asyncio.Event()
        if connected:
            self.connected.set()
        self.client = FakeClient()
        self.unread = Unread(
            self.client,
            database,
            SystemClock(),
            wait=wait,
            connected=self.connected,
            own_phone=lambda: OWN_PHONE,
            on_recorded=self.recorded.put_nowait,
        )
        tasks.supervise("unread", self.unread.run())

    async def notice(self, number):
        due = SystemClock().now() + self.unread.wait
        await self.database.run(
            lambda db: unread_rows.notice(db, unreadable(number), is_quiet=False, due=due)
        )
        self.unread.wake()

    async def next_recorded(self):
        async with asyncio.timeout(10):
            return await self.recorded.get()


async def test_what_is_noticed_is_given_up_once_its_wait_is_over(database):
    async with TaskGroup() as tasks:
        desk = Desk(database, tasks, wait=timedelta(milliseconds=10))
        await desk.notice(1)
        assert await desk.next_recorded() == [unreadable(1)]
        await desk.notice(2)
        assert await desk.next_recorded() == [unreadable(2)]


async def test_without_a_connection_nothing_is_given_up(database):
    async with TaskGroup() as tasks:
        desk = Desk(database, tasks, wait=timedelta(0), connected=False)
        await desk.notice(1)
        await desk.database.run(unread_rows.find_first_due)
        assert desk.recorded.empty()
        desk.connected.set()
        assert await desk.next_recorded() == [unreadable(1)]


async def test_the_wait_outlives_the_worker_and_begins_anew_with_its_connection(database):
    async with TaskGroup() as tasks:
        await Desk(database, tasks, wait=timedelta(0), connected=False).notice(1)
    async with TaskGroup() as tasks:
        patient = Desk(database, tasks, wait=LONG)
        await patient.database.run(unread_rows.find_first_due)
        assert patient.recorded.empty(), "it is overdue, but may be the first thing that comes"
    async with TaskGroup() as tasks:
        desk = Desk(database, tasks, wait=timedelta(0))
        assert await desk.next_recorded() == [unreadable(1)]


LID = "31775@lid"


async def test_a_repeated_message_that_nobody_has_is_lost(database):
    async with TaskGroup() as tasks:
        desk = Desk(database, tasks, wait=timedelta(0))
        desk.client.known[LID] = Party(phone=ASHA, lid=LID)
        await desk.unread.look_for(Missed(wa_message_id="ID1", contact=Party(lid=LID)))
        [stand_in] = await desk.next_recorded()
        assert (stand_in.wa_message_id, stand_in.kind) == ("ID1", MessageKind.LOST)
        assert stand_in.contact == Party(phone=ASHA, lid=LID)


async def test_a_repeated_message_that_is_known_or_just_being_taken_is_not_lost(database):
    async with TaskGroup() as tasks:
        desk = Desk(database, tasks, wait=LONG)
        await database.run(lambda db: rows.record(db, message(1)))
        await desk.unread.look_for(Missed(wa_message_id="ID1", contact=Party(phone=ASHA)))
        await desk.unread.look_for(Missed(wa_message_id="ID2", contact=Party(phone=ASHA)))
        await database.run(lambda db: rows.record(db, message(2)))
        assert await database.run(unread_rows.find_first_due) is None


async def test_what_our_devices_tell_each_other_again_is_not_lost(database):
    async with TaskGroup() as tasks:
        desk = Desk(database, tasks, wait=timedelta(0))
        desk.client.known[LID] = Party(phone=OWN_PHONE, lid=LID)
        await desk.unread.look_for(Missed(wa_message_id="ID1", contact=Party(lid=LID)))
        assert await database.run(unread_rows.find_first_due) is None
