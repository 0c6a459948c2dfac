"""Queued messages on the volume: every end is told, none is sent twice."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.enums import MessageKind, ReceiptKind
from shared.structs.content import DeleteContent, TextContent
from shared.wire.events import (
    MessageSent,
    Party,
    ReceiptReceived,
    SendExpired,
    SendFailed,
    SendUncertain,
)
from shared.wire.frames import Send
from tests.fakes.inbound import ASHA, NOW, OWN_PHONE, message
from worker import schema
from worker.inbox import rows
from worker.outbox import outbound_rows, receipt_rows
from worker.uplink import event_rows

SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(hours=1)
LID = "100@lid"


@pytest.fixture
def db():
    with closing(new_database()) as made:
        yield made


def new_database():
    made = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(made)
    return made


def send(number=1, to=ASHA, **more):
    return Send(id=f"O{number}", to=Party(phone=to), content=TextContent(text="hi"), **more)


def sent(number=1):
    return MessageSent(
        wa_message_id=f"WA{number}",
        kind=MessageKind.TEXT,
        contact=Party(phone=ASHA),
        own_phone=OWN_PHONE,
        text="hi",
        at=NOW,
        outbound_id=f"O{number}",
    )


def failed(number=1):
    return SendFailed(outbound_id=f"O{number}", reason="no", at=NOW)


def states(db):
    query = "SELECT id, state FROM outbound ORDER BY position"
    return dict(db.execute(query).fetchall())


def events(db):
    return [n.event for n in event_rows.next_batch(db, after=0)]


def begin(db, position=1, now=NOW):
    return outbound_rows.begin(db, position, is_cold=False, now=now)


def test_a_send_is_written_down_once(db):
    assert outbound_rows.take(db, send(), now=NOW)
    assert outbound_rows.take(db, send(), now=NOW)
    assert states(db) == {"O1": "TAKEN"}


def test_a_send_that_was_settled_is_not_sent_again(db):
    outbound_rows.take(db, send(), now=NOW)
    begin(db)
    outbound_rows.settle_sent(db, 1, sent())
    assert outbound_rows.take(db, send(), now=NOW)
    assert not outbound_rows.list_heads(db)
    assert not begin(db)


def test_a_send_that_another_volume_took_is_uncertain(db):
    assert outbound_rows.take(db, send(taken=True), now=NOW)
    assert states(db) == {"O1": "UNCERTAIN"}
    [event] = events(db)
    assert "volume was lost" in event.reason


def test_a_send_that_this_volume_took_is_not(db):
    outbound_rows.take(db, send(), now=NOW)
    outbound_rows.take(db, send(taken=True), now=NOW)
    assert states(db) == {"O1": "TAKEN"}


def test_what_waits_can_be_struck_off(db):
    outbound_rows.take(db, send(), now=NOW)
    assert outbound_rows.cancel(db, "O1", now=NOW)
    assert outbound_rows.cancel(db, "O1", now=NOW)
    assert not begin(db)
    assert not events(db)


def test_what_was_begun_cannot_be_struck_off(db):
    outbound_rows.take(db, send(), now=NOW)
    begin(db)
    assert not outbound_rows.cancel(db, "O1", now=NOW)
    assert states(db) == {"O1": "SENDING"}


def test_an_id_can_be_struck_off_before_it_comes(db):
    assert outbound_rows.cancel(db, "O1", now=NOW)
    assert not outbound_rows.take(db, send(), now=NOW)
    assert not outbound_rows.list_heads(db)


def test_a_chat_has_one_head_and_heads_come_in_order(db):
    for number, to in ((1, "+2551"), (2, "+2552"), (3, "+2551")):
        outbound_rows.take(db, send(number, to), now=NOW)
    assert [head.position for head in outbound_rows.list_heads(db)] == [1, 2]


def test_a_head_in_backoff_keeps_its_chat_in_order(db):
    for number in (1, 2):
        outbound_rows.take(db, send(number), now=NOW)
    begin(db)
    outbound_rows.take_back(db, 1, due=LATER, note="no connection")
    [head] = outbound_rows.list_heads(db)
    assert (head.position, head.due) == (1, LATER)


@pytest.mark.parametrize("wrote", [False, True])
def test_a_chat_is_cold_until_its_contact_wrote(db, wrote):
    outbound_rows.take(db, send(), now=NOW)
    if wrote:
        rows.record(db, message(1))
    [head] = outbound_rows.list_heads(db)
    assert head.is_cold is not wrote


def test_a_learned_lid_joins_what_waits_for_either(db):
    outbound_rows.take(db, send(1), now=NOW)
    outbound_rows.take(
        db, Send(id="O2", to=Party(lid=LID), content=TextContent(text="hi")), now=NOW
    )
    outbound_rows.rename_chat(db, ASHA, LID)
    [head] = outbound_rows.list_heads(db)
    assert (head.position, head.chat) == (1, LID)


@pytest.mark.parametrize(("passed", "goes"), [(-SECOND, True), (SECOND * 0, False)])
def test_expiry_counts_at_the_moment_of_sending(db, passed, goes):
    outbound_rows.take(db, send(expires_at=LATER), now=NOW)
    assert begin(db, now=LATER + passed) is goes
    assert events(db) == ([] if goes else [SendExpired(outbound_id="O1", at=LATER)])


def test_what_is_with_the_library_does_not_expire(db):
    outbound_rows.take(db, send(expires_at=LATER), now=NOW)
    begin(db)
    assert outbound_rows.expire(db, now=LATER) == 0


def test_the_next_expiry_is_that_of_what_waits(db):
    assert outbound_rows.find_next_expiry(db) is None
    outbound_rows.take(db, send(1, expires_at=LATER), now=NOW)
    outbound_rows.take(db, send(2, expires_at=LATER + SECOND), now=NOW)
    begin(db)
    assert outbound_rows.find_next_expiry(db) == LATER + SECOND


def test_after_a_crash_what_was_under_way_is_uncertain_and_told(db):
    for number in (1, 2):
        outbound_rows.take(db, send(number), now=NOW)
    begin(db)
    assert outbound_rows.recover(db, now=NOW) == 1
    assert states(db) == {"O1": "UNCERTAIN", "O2": "TAKEN"}
    [event] = events(db)
    assert isinstance(event, SendUncertain)


def test_attempts_are_counted_whether_or_not_they_got_as_far_as_sending(db):
    outbound_rows.take(db, send(), now=NOW)
    outbound_rows.take_back(db, 1, due=NOW, note="nobody to ask")
    begin(db)
    outbound_rows.take_back(db, 1, due=NOW, note="no connection", refused=True)
    found = outbound_rows.find(db, 1, now=NOW)
    assert (found.attempts, found.refusals) == (2, 1)


def test_what_only_a_newer_worker_can_read_fails_with_a_sentence(db):
    outbound_rows.take(db, send(), now=NOW)
    newer = msgspec.msgpack.encode(
        {"type": "send", "id": "O1", "to": {}, "content": {"type": "hologram"}}
    )
    db.execute("UPDATE outbound SET payload = ?", (newer,))
    assert outbound_rows.find(db, 1, now=NOW) is None
    assert states(db) == {"O1": "FAILED"}
    [event] = events(db)
    assert "newer worker" in event.reason


def test_what_was_written_down_before_there_were_other_contents_is_read(db):
    outbound_rows.take(db, send(), now=NOW)
    older = msgspec.msgpack.encode(
        {
            "type": "send",
            "id": "O1",
            "to": {"phone": ASHA},
            "content": {"type": "text", "text": "hi"},
        }
    )
    db.execute("UPDATE outbound SET payload = ?", (older,))
    assert outbound_rows.find(db, 1, now=NOW).send == send()


def test_a_chat_has_a_next_that_disturbs_and_a_next_that_does_not(db):
    for number in (1, 2):
        outbound_rows.take(db, send(number), now=NOW)
    for number in (3, 4):
        delete = DeleteContent(wa_message_id="W")
        taken = Send(id=f"O{number}", to=Party(phone=ASHA), content=delete)
        outbound_rows.take(db, taken, now=NOW)
    heads = outbound_rows.list_heads(db)
    assert [(head.position, head.disturbs) for head in heads] == [(1, True), (3, False)]


def test_a_settled_message_keeps_no_text(db):
    outbound_rows.take(db, send(), now=NOW)
    begin(db)
    outbound_rows.settle_failed(db, 1, failed())
    assert db.execute("SELECT payload FROM outbound").fetchone() == (b"",)


def test_what_was_begun_today_is_known_after_a_restart(db):
    outbound_rows.take(db, send(), now=NOW)
    outbound_rows.begin(db, 1, is_cold=True, now=NOW)
    [begun] = outbound_rows.list_begun(db, now=NOW + SECOND)
    assert (begun.chat, begun.at, begun.is_cold) == (ASHA, NOW, True)
    assert not outbound_rows.list_begun(db, now=NOW + timedelta(days=1))


def test_old_ends_are_forgotten_and_what_waits_is_not(db):
    for number in (1, 2):
        outbound_rows.take(db, send(number), now=NOW)
    begin(db)
    outbound_rows.settle_failed(db, 1, failed())
    outbound_rows.prune(db, now=NOW + outbound_rows.KEPT + SECOND)
    assert states(db) == {"O2": "TAKEN"}


def receipt(kind, *ids):
    return ReceiptReceived(kind=kind, wa_message_ids=list(ids), contact=Party(lid=LID), at=NOW)


D, R = ReceiptKind.DELIVERED, ReceiptKind.READ


@pytest.mark.parametrize(
    ("came", "told"),
    [
        ([D], [D]),
        ([D, D], [D]),
        ([D, R], [D, R]),
        ([R, D], [R]),
        ([R, R], [R]),
    ],
    ids=str,
)
def test_receipts_only_lead_further(db, came, told):
    outbound_rows.take(db, send(), now=NOW)
    begin(db)
    outbound_rows.settle_sent(db, 1, sent())
    for kind in came:
        receipt_rows.record(db, [receipt(kind, "WA1")])
    assert [event.kind for event in events(db)[1:]] == told


def test_receipts_of_what_was_not_queued_are_given_back(db):
    outbound_rows.take(db, send(), now=NOW)
    begin(db)
    outbound_rows.settle_sent(db, 1, sent())
    told, unknown = receipt_rows.record(db, [receipt(D, "WA1", "ANSWER")])
    assert (told, unknown) == (1, [receipt(D, "ANSWER")])
    assert events(db)[1] == receipt(D, "WA1")


# What can happen to two messages, with a crash possible at any point.
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["take", "begin", "sent", "back", "fail", "cancel", "crash", "expire", "taken before"]
        ),
        st.sampled_from([1, 2]),
    ),
    max_size=40,
)


@given(steps)
@settings(deadline=None)
def test_whatever_happens_a_message_leaves_at_most_once_and_its_one_end_is_true(steps):
    with closing(new_database()) as db:
        handed_over = {1: 0, 2: 0}
        for step, number in steps:
            apply(db, step, number, handed_over)
        apply(db, "crash", 1, handed_over)
        ended = [event.outbound_id for event in events(db)]
        assert len(ended) == len(set(ended))
        assert max(handed_over.values()) <= 1
        for id_, state in states(db).items():
            assert (id_ in ended) is (state not in {"TAKEN", "CANCELLED"})
            if handed_over[int(id_[1:])]:
                assert state in {"SENT", "FAILED", "UNCERTAIN"}


def apply(db, step, number, handed_over):
    if step in {"sent", "fail", "back"}:
        settle(db, step, number, handed_over)
        return
    match step:
        case "take" | "taken before":
            again = step == "taken before"
            outbound_rows.take(db, send(number, expires_at=LATER, taken=again), now=NOW)
        case "cancel":
            outbound_rows.cancel(db, f"O{number}", now=NOW)
        case "crash":
            outbound_rows.recover(db, now=NOW)
        case "expire":
            outbound_rows.expire(db, now=LATER)
        case "begin":
            query = "SELECT position FROM outbound WHERE id = ?"
            for (position,) in db.execute(query, (f"O{number}",)).fetchall():
                begin(db, position)


def settle(db, step, number, handed_over):
    """As Sending does: only what was begun."""
    query = "SELECT position FROM outbound WHERE id = ? AND state = 'SENDING'"
    for (position,) in db.execute(query, (f"O{number}",)).fetchall():
        if step == "sent":
            handed_over[number] += 1
            outbound_rows.settle_sent(db, position, sent(number))
        elif step == "fail":
            outbound_rows.settle_failed(db, position, failed(number))
        else:
            outbound_rows.take_back(db, position, due=NOW, note="")
