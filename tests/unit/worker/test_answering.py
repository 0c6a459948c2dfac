"""Answers end to end within the worker: real SQLite, real flows, a client with a memory."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from shared.clock import SystemClock
from shared.enums import Language, MessageKind, TemplateType
from shared.structs.takeovers import TAKEN_FOR, ChatTaken
from shared.structs.tenants import TenantConfig
from shared.tasks import TaskGroup
from shared.wire.events import MessageSent
from tests.fakes.inbound import ASHA, message
from tests.fakes.whatsapp_client import FakeClient
from worker.inbox import rows, taken_chats
from worker.outbox import answering as answering_module
from worker.outbox.answering import Answering
from worker.outbox.quiet import QUIET, QuietTimes
from worker.outbox.replies import Replies
from worker.outbox.turns import Turns
from worker.uplink import event_rows
from worker.whatsapp.outcomes import NotSentError, SendRefusedError, SendUncertainError

CONFIG = TenantConfig(
    template_type=TemplateType.BOOKING, business_name="Salon Amani", language=Language.EN
)


class Room:
    def __init__(self, database, answering, client, quiet, connected):
        self.database = database
        self.answering = answering
        self.client = client
        self.quiet = quiet
        self.connected = connected

    async def receive(self, *messages):
        await self.database.run(lambda db: [rows.record(db, m) for m in messages])
        for one in messages:
            self.answering.wake(rows.chat_of(one))

    async def idle(self):
        async with asyncio.timeout(10):
            await self.answering._idle.wait()

    async def states(self):
        query = "SELECT state FROM inbox ORDER BY position"
        return [r[0] for r in await self.database.run(lambda db: db.execute(query).fetchall())]

    async def answered(self):
        batch = await self.database.run(lambda db: event_rows.next_batch(db, after=0))
        return [n.event.in_reply_to for n in batch if isinstance(n.event, MessageSent)]


@asynccontextmanager
async def opened(database, *, configured=True, connected=True):
    client, clock = FakeClient(), SystemClock()
    quiet = QuietTimes(clock)
    is_connected = asyncio.Event()
    if connected:
        is_connected.set()
    async with TaskGroup() as tasks:
        turns = Turns()
        replies = Replies(client, database, quiet, turns, on_settled=lambda: None)
        answering = Answering(database, replies, turns, tasks, clock, connected=is_connected)
        if configured:
            answering.configure(CONFIG, None)
        yield Room(database, answering, client, quiet, is_connected)


@pytest.fixture
async def room(database):
    async with opened(database) as made:
        yield made


@pytest.fixture(autouse=True)
def no_waiting_between_attempts(monkeypatch):
    again = answering_module._AGAIN
    monkeypatch.setattr(
        answering_module, "_AGAIN", type(again)(first=timedelta(0), ceiling=timedelta(0))
    )


async def test_each_text_gets_one_answer_in_its_order(room):
    await room.receive(message(1, "hi"), message(2, "4"), message(3, "Braids"))
    await room.idle()
    assert await room.answered() == ["ID1", "ID2", "ID3"]
    assert "Which service" in room.client.delivered[ASHA][1]
    assert "Which day" in room.client.delivered[ASHA][2]


async def test_chats_are_answered_side_by_side_but_not_all_at_once(room):
    await room.receive(*[message(n, phone=f"+2557{n:08}") for n in range(60)])
    await room.idle()
    assert 1 < room.client.most_sending <= answering_module.LANES
    assert len(await room.answered()) == 60


async def test_a_message_that_comes_while_its_chat_is_answered_is_not_forgotten(room):
    await room.receive(message(1))
    room.client.before_delivery = lambda: asyncio.ensure_future(room.receive(message(2)))
    await room.idle()
    room.client.before_delivery = lambda: None
    await room.idle()
    assert await room.states() == ["ANSWERED", "ANSWERED"]


async def test_nothing_is_answered_before_there_is_a_configuration(database):
    async with opened(database, configured=False) as room:
        await room.receive(message(1))
        assert await room.states() == ["RECEIVED"]
        room.answering.configure(CONFIG, None)
        await room.idle()
        assert await room.states() == ["ANSWERED"]


async def test_nothing_is_marked_while_there_is_no_connection(database):
    async with opened(database, connected=False) as room:
        await room.receive(message(1))
        assert await room.states() == ["RECEIVED"]
        room.connected.set()
        await room.idle()
        assert await room.states() == ["ANSWERED"]


async def test_what_did_not_leave_is_sent_again(room):
    room.client.failures = [NotSentError("websocket not connected")] * 3
    await room.receive(message(1))
    await room.idle()
    assert len(room.client.delivered[ASHA]) == 1
    assert await room.states() == ["ANSWERED"]


async def test_what_never_leaves_is_given_up_with_a_note_and_the_chat_goes_on(room):
    room.client.failures = [NotSentError("no LID found")] * answering_module.MAX_ATTEMPTS
    await room.receive(message(1), message(2))
    await room.idle()
    assert await room.states() == ["SKIPPED", "ANSWERED"]


async def test_an_uncertain_answer_is_never_sent_again(room):
    room.client.failures = [SendUncertainError("timed out")]
    await room.receive(message(1))
    await room.idle()
    assert await room.states() == ["UNCERTAIN"]
    assert room.client.delivered[ASHA] == []


async def test_a_refused_answer_is_noted_and_not_sent_again(room):
    room.client.failures = [SendRefusedError("server returned error 463")]
    await room.receive(message(1))
    await room.idle()
    assert await room.states() == ["SKIPPED"]


async def test_a_reaction_is_settled_without_an_answer(room):
    await room.receive(message(1, "👍", kind=MessageKind.REACTION), message(2, "hi"))
    await room.idle()
    assert await room.states() == ["SKIPPED", "ANSWERED"]


def taken(at, lasting=TAKEN_FOR):
    return ChatTaken(chat=ASHA, until=at + lasting, changed_at=at)


async def learn(room, word):
    await room.database.run(lambda db: taken_chats.learn(db, [word]))


async def test_a_chat_that_a_person_answers_is_left_to_the_person_and_taken_up_afterwards(room):
    await room.receive(message(1, "hi"), message(2, "4"))
    await room.idle()
    await learn(room, taken(SystemClock().now()))
    await room.receive(message(3, "Braids"), message(4, "👍", kind=MessageKind.REACTION))
    await room.idle()
    assert await room.states() == ["ANSWERED", "ANSWERED", "SKIPPED", "SKIPPED"]
    assert len(room.client.delivered[ASHA]) == 2
    await learn(room, taken(SystemClock().now(), lasting=timedelta(0)))
    await room.receive(message(5, "Braids"))
    await room.idle()
    # Where the bot stood before: it had asked for the service.
    assert "Which day" in room.client.delivered[ASHA][2]


async def test_a_chat_that_is_taken_while_its_answer_waits_gets_none(room, monkeypatch):
    wait = room.quiet.wait

    async def take_meanwhile(chat):
        await wait(chat)
        await learn(room, taken(SystemClock().now()))

    monkeypatch.setattr(room.quiet, "wait", take_meanwhile)
    await room.receive(message(1, "hi"))
    await room.idle()
    assert await room.states() == ["SKIPPED"]
    assert room.client.delivered[ASHA] == []


async def test_an_answer_waits_until_its_chat_is_quiet(room):
    loop = asyncio.get_running_loop()
    began = loop.time()
    room.quiet.heard(ASHA)
    await room.receive(message(1))
    await room.idle()
    assert loop.time() - began >= QUIET.total_seconds() * 0.95


async def test_stopping_finishes_the_answer_under_way_and_takes_no_other(room):
    under_way = asyncio.Event()
    room.client.before_delivery = under_way.set
    await room.receive(message(1), message(2), message(3))
    await under_way.wait()
    assert await room.answering.stop(grace=timedelta(seconds=5))
    states = await room.states()
    assert "ANSWERING" not in states
    assert states[0] == "ANSWERED"
    assert states[2] == "RECEIVED"


async def test_stopping_does_not_wait_for_a_connection_that_never_comes(database):
    async with opened(database, connected=False) as room:
        await room.receive(message(1))
        await asyncio.sleep(0)
        assert await room.answering.stop(grace=timedelta(seconds=5))
        assert await room.states() == ["RECEIVED"]
