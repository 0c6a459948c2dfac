"""The rows on real SQLite, with a crash at each step: the next process sees what is true."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.flows.conversation import Conversation, Step
from shared.structs.text import MAX_MESSAGE_LENGTH
from shared.wire.events import MessageReceived, MessageSent
from shared.wire.frames import MAX_FRAME_BYTES, Events, encode
from shared.wire.mending import find_unread, read_strictly
from tests.fakes.inbound import ASHA, NOW, answer, message
from worker import database, meta
from worker.inbox import rows
from worker.uplink import event_rows

AT_MENU = Conversation(step=Step.MENU)


@pytest.fixture
def db(tmp_path):
    connection = database._connect(tmp_path / "worker.db")
    yield connection
    connection.close()


def state_of(db, number):
    query = "SELECT state FROM inbox WHERE wa_message_id = ?"
    return db.execute(query, (f"ID{number}",)).fetchone()[0]


def events(db):
    return [numbered.event for numbered in event_rows.next_batch(db, after=0)]


def test_a_message_and_its_event_are_recorded_together(db):
    assert rows.record(db, message(1))
    assert events(db) == [message(1)]
    assert rows.find_next(db, ASHA).message == message(1)


def test_the_same_message_again_changes_nothing(db):
    rows.record(db, message(1))
    assert not rows.record(db, message(1, "another text"))
    assert events(db) == [message(1)]


def test_a_message_answered_long_ago_is_still_known(db):
    rows.record(db, message(1))
    entry = rows.find_next(db, ASHA)
    rows.begin_answer(db, entry.position, AT_MENU)
    rows.settle_answered(db, entry.position, answer(1, message(1)))
    assert not rows.record(db, message(1))


def test_a_chat_is_answered_in_order(db):
    for number in (1, 2, 3):
        rows.record(db, message(number))
    order = []
    while entry := rows.find_next(db, ASHA):
        order.append(entry.message.wa_message_id)
        rows.settle_silent(db, entry.position, AT_MENU, "")
    assert order == ["ID1", "ID2", "ID3"]


def test_an_answer_and_its_event_are_settled_together(db):
    rows.record(db, message(1))
    entry = rows.find_next(db, ASHA)
    rows.begin_answer(db, entry.position, AT_MENU)
    rows.settle_answered(db, entry.position, answer(1, message(1)))
    assert state_of(db, 1) == "ANSWERED"
    assert events(db)[1].in_reply_to == "ID1"
    assert rows.get_conversation(db, ASHA) == AT_MENU


def test_a_crash_before_the_answer_leaves_it_to_the_next_process(db):
    rows.record(db, message(1))
    assert rows.recover(db) == 0
    assert rows.list_open_chats(db) == [ASHA]


def test_a_crash_during_the_answer_is_uncertain_and_never_sent_again(db):
    rows.record(db, message(1))
    rows.begin_answer(db, rows.find_next(db, ASHA).position, AT_MENU)
    assert rows.recover(db) == 1
    assert state_of(db, 1) == "UNCERTAIN"
    assert rows.list_open_chats(db) == []


def test_an_answer_taken_back_is_due_again(db):
    rows.record(db, message(1))
    entry = rows.find_next(db, ASHA)
    rows.begin_answer(db, entry.position, AT_MENU)
    rows.take_back_answer(db, entry.position)
    assert rows.find_next(db, ASHA) == entry
    assert rows.get_conversation(db, ASHA) == Conversation()


def test_a_refused_answer_leaves_the_conversation_where_it_was(db):
    rows.record(db, message(1))
    entry = rows.find_next(db, ASHA)
    rows.begin_answer(db, entry.position, AT_MENU)
    rows.settle_refused(db, entry.position, "refused")
    assert state_of(db, 1) == "SKIPPED"
    assert rows.get_conversation(db, ASHA) == Conversation()


def test_a_finished_message_keeps_no_text_on_the_volume(db):
    rows.record(db, message(1, "a private matter"))
    rows.settle_silent(db, rows.find_next(db, ASHA).position, AT_MENU, "")
    [(payload,)] = db.execute("SELECT payload FROM inbox").fetchall()
    assert payload == b""


def test_only_finished_messages_are_forgotten_with_time(db):
    rows.record(db, message(1))
    rows.settle_silent(db, rows.find_next(db, ASHA).position, AT_MENU, "")
    rows.record(db, message(2))
    rows.prune(db, now=NOW + rows.KEPT + timedelta(days=1))
    assert [r[0] for r in db.execute("SELECT wa_message_id FROM inbox")] == ["ID2"]


def test_a_batch_is_bounded_in_bytes_and_begins_with_the_oldest(db):
    for number in range(20):
        rows.record(db, message(number, "x" * 60_000))
    batch = event_rows.next_batch(db, after=0)
    assert [numbered.seq for numbered in batch] == list(range(1, len(batch) + 1))
    assert 1 < len(batch) < 20


def test_two_of_the_longest_texts_go_one_after_the_other(db):
    for number in (1, 2):
        rows.record(db, message(number, "😀" * MAX_MESSAGE_LENGTH))
    assert [numbered.seq for numbered in event_rows.next_batch(db, after=0)] == [1]
    assert [numbered.seq for numbered in event_rows.next_batch(db, after=1)] == [2]


def test_what_is_written_down_is_such_that_every_gateway_takes_it(db):
    rows.record(
        db,
        msgspec.structs.replace(
            message(1, "x" * 600_000), push_name="n" * 999, in_reply_to="i" * 999
        ),
    )
    [numbered] = event_rows.next_batch(db, after=0)
    assert read_strictly(msgspec.msgpack.encode(numbered.event)) == numbered.event
    assert numbered.event.text.endswith("… [600,000 characters]")


def leave(db, plain):
    """An event as an older or a newer worker may have left it on the volume."""
    db.execute("INSERT INTO events (payload) VALUES (?)", (msgspec.msgpack.encode(plain),))


def test_an_event_of_an_older_worker_that_is_out_of_bounds_is_told_mended(db):
    leave(
        db, msgspec.to_builtins(message(1)) | {"text": "x" * 2_000_000, "wa_message_id": "i" * 999}
    )
    rows.record(db, message(2))
    first, second = event_rows.next_batch(db, after=0)
    assert len(first.event.text) == MAX_MESSAGE_LENGTH
    assert len(first.event.wa_message_id) == 200
    assert second.event == message(2)
    assert len(encode(Events(events=[first, second]))) < MAX_FRAME_BYTES


def test_an_event_that_this_worker_cannot_read_is_passed_on_and_keeps_no_other(db):
    leave(db, {"type": "message.telepathy", "thought": "Habari"})
    leave(db, {"type": "message.telepathy", "thought": "x" * 2_000_000})
    rows.record(db, message(1))
    batch = event_rows.next_batch(db, after=0)
    data = encode(Events(events=batch))
    assert len(data) < MAX_FRAME_BYTES
    unread = find_unread(data)
    assert [each.seq for each in unread] == [1, 2, 3]
    payloads = [msgspec.msgpack.decode(each.event) for each in unread]
    assert payloads[0] == {"type": "message.telepathy", "thought": "Habari"}
    assert payloads[1]["bytes"] > 2_000_000
    assert batch[2].event == message(1)


def test_a_message_of_an_older_worker_that_is_out_of_bounds_is_still_answered(db):
    rows.record(db, message(1))
    odd = msgspec.to_builtins(message(1)) | {"push_name": "n" * 999}
    db.execute("UPDATE inbox SET payload = ?", (msgspec.msgpack.encode(odd),))
    assert len(rows.find_next(db, ASHA).message.push_name) == 200


def test_a_message_that_this_worker_cannot_read_keeps_no_other_from_its_answer(db):
    rows.record(db, message(1))
    rows.record(db, message(2))
    db.execute("UPDATE inbox SET payload = x'c1' WHERE wa_message_id = 'ID1'")
    assert rows.find_next(db, ASHA).message == message(2)
    assert state_of(db, 1) == "SKIPPED"


def test_numbers_are_never_used_twice_even_when_all_is_acknowledged(db):
    rows.record(db, message(1))
    event_rows.acknowledge(db, 1)
    rows.record(db, message(2))
    assert [numbered.seq for numbered in event_rows.next_batch(db, after=0)] == [2]
    assert event_rows.get_size(db).events == 1


def test_the_configuration_of_another_version_counts_as_none(db):
    db.execute("INSERT INTO meta (key, value) VALUES ('config', ?)", (b"\x81\xa1a\x01",))
    assert meta.find_config(db) is None


CHATS = [f"+25570000000{n}" for n in range(3)]


class InboxMachine(RuleBasedStateMachine):
    """Messages arrive (some twice), answers go out or fail, the process dies at any moment."""

    @initialize()
    def begin(self):
        self.db = database._connect(":memory:")
        self.db.execute("PRAGMA synchronous = OFF")
        self.arrived = []
        self.sent = []  # what WhatsApp really took, by the answered id
        self.unsure = set()
        self.delivered = {}  # at the control plane, by number
        self.current = {}

    def teardown(self):
        self.db.close()

    @rule(chat=st.sampled_from(CHATS))
    def a_message_arrives(self, chat):
        new = message(len(self.arrived), phone=chat)
        self.arrived.append(new)
        assert rows.record(self.db, new)

    @precondition(lambda self: self.arrived)
    @rule(data=st.data())
    def a_message_arrives_again(self, data):
        assert not rows.record(self.db, data.draw(st.sampled_from(self.arrived)))

    @rule(chat=st.sampled_from(CHATS))
    def an_answer_is_begun(self, chat):
        if chat in self.current:
            return
        entry = rows.find_next(self.db, chat)
        if entry is not None:
            rows.begin_answer(self.db, entry.position, AT_MENU)
            self.current[chat] = entry

    @rule(chat=st.sampled_from(CHATS), settled=st.booleans())
    def whatsapp_takes_the_answer(self, chat, settled):
        entry = self.current.pop(chat, None)
        if entry is None:
            return
        self.sent.append(entry.message)
        if settled:
            sent = answer(len(self.sent), entry.message)
            rows.settle_answered(self.db, entry.position, sent)
        else:
            self.the_process_dies()

    @rule(chat=st.sampled_from(CHATS))
    def nothing_left_the_machine(self, chat):
        entry = self.current.pop(chat, None)
        if entry is not None:
            rows.take_back_answer(self.db, entry.position)

    @rule()
    def the_process_dies(self):
        self.current.clear()
        rows.recover(self.db)

    @rule(acknowledged=st.booleans())
    def a_batch_is_delivered(self, acknowledged):
        batch = event_rows.next_batch(self.db, after=0)
        for numbered in batch:
            assert self.delivered.setdefault(numbered.seq, numbered.event) == numbered.event
        if batch and acknowledged:
            event_rows.acknowledge(self.db, batch[-1].seq)

    @invariant()
    def no_message_is_answered_twice(self):
        ids = [m.wa_message_id for m in self.sent]
        assert len(ids) == len(set(ids))

    @invariant()
    def a_chat_is_answered_in_the_order_it_wrote(self):
        for chat in CHATS:
            order = [int(m.wa_message_id[2:]) for m in self.sent if m.contact.phone == chat]
            assert order == sorted(order)

    @invariant()
    def every_message_is_logged_once_and_in_order(self):
        waiting = [
            n.event for n in event_rows.next_batch(self.db, after=max(self.delivered, default=0))
        ]
        logged = [e for _, e in sorted(self.delivered.items())] + waiting
        received = [e for e in logged if isinstance(e, MessageReceived)]
        assert received == self.arrived
        answered = [e.in_reply_to for e in logged if isinstance(e, MessageSent)]
        assert len(answered) == len(set(answered))


TestInboxMachine = InboxMachine.TestCase
TestInboxMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
