"""Inbox rows: what came in, and how far its answer is.

RECEIVED → ANSWERING → ANSWERED, or SKIPPED (no answer is due), or UNCERTAIN (the worker died
or WhatsApp fell silent between handing over and hearing back: never sent again).
"""

import sqlite3
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from shared.clock import SystemClock
from shared.flows.conversation import Conversation
from shared.wire.events import MessageReceived, MessageSent
from shared.wire.mending import Mended, mend, read_strictly
from worker.uplink import event_rows

# Longer than WhatsApp keeps a message for an absent device: no id comes back later than this.
KEPT = timedelta(days=45)

_encoder = msgspec.msgpack.Encoder()
_clock = SystemClock()
_conversation = msgspec.msgpack.Decoder(Conversation)


class InboxState(StrEnum):
    RECEIVED = "RECEIVED"
    ANSWERING = "ANSWERING"
    ANSWERED = "ANSWERED"
    SKIPPED = "SKIPPED"
    UNCERTAIN = "UNCERTAIN"


class Entry(msgspec.Struct, frozen=True):
    position: int
    chat: str
    message: MessageReceived


def chat_of(message: MessageReceived) -> str:
    """The LID first: WhatsApp addresses by it, and a phone may be learned later."""
    return message.contact.lid or message.contact.phone or ""


def record(
    db: sqlite3.Connection,
    message: MessageReceived,
    *,
    state: InboxState = InboxState.RECEIVED,
    note: str = "",
) -> bool:
    """Inbox row and event in one transaction; False when this id is known already. A message
    that comes after all takes the place of what stood in for it.
    """
    taken = _insert(db, message, state, note)
    if not message.kind.is_stand_in:
        db.execute("DELETE FROM unread WHERE wa_message_id = ?", (message.wa_message_id,))
        taken = taken or (
            _take_stand_in_away(db, message.wa_message_id) and _insert(db, message, state, note)
        )
    if taken:
        event_rows.append(db, message)
    return taken


def is_known(db: sqlite3.Connection, wa_message_id: str) -> bool:
    query = "SELECT 1 FROM inbox WHERE wa_message_id = ?"
    return db.execute(query, (wa_message_id,)).fetchone() is not None


def _insert(db: sqlite3.Connection, message: MessageReceived, state: InboxState, note: str) -> bool:
    taken = db.execute(
        "INSERT INTO inbox (wa_message_id, chat, state, payload, received_at, is_stand_in, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (wa_message_id) DO NOTHING",
        (
            message.wa_message_id,
            chat_of(message),
            state,
            _encoder.encode(message) if state is InboxState.RECEIVED else b"",
            message.at.timestamp(),
            message.kind.is_stand_in,
            note,
        ),
    )
    return taken.rowcount == 1


def _take_stand_in_away(db: sqlite3.Connection, wa_message_id: str) -> bool:
    """False when none stood there. One that is being answered keeps its row, under another id:
    whether that answer went out must be known.
    """
    moved = db.execute(
        "UPDATE inbox SET wa_message_id = wa_message_id || '~' WHERE wa_message_id = ?"
        " AND is_stand_in AND state = 'ANSWERING'",
        (wa_message_id,),
    )
    removed = db.execute(
        "DELETE FROM inbox WHERE wa_message_id = ? AND is_stand_in", (wa_message_id,)
    )
    return moved.rowcount + removed.rowcount > 0


def find_next(db: sqlite3.Connection, chat: str) -> Entry | None:
    query = (
        "SELECT position, chat, payload FROM inbox WHERE state = 'RECEIVED' AND chat = ?"
        " ORDER BY position LIMIT 1"
    )
    while (row := db.execute(query, (chat,)).fetchone()) is not None:
        message = read_message(row[2])
        if message is not None:
            return Entry(row[0], row[1], message)
        # Of another version of this worker: it is in the log, and gets no answer.
        _finish(db, row[0], InboxState.SKIPPED, "it cannot be read by this worker")
    return None


def read_message(payload: bytes) -> MessageReceived | None:
    """A message as this volume holds it; what is out of bounds about it is mended."""
    event = read_strictly(payload)
    if event is None:
        outcome = mend(payload, now=_clock.now())
        event = outcome.event if isinstance(outcome, Mended) else None
    return event if isinstance(event, MessageReceived) else None


def list_open_chats(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT DISTINCT chat FROM inbox WHERE state = 'RECEIVED'")
    return [chat for (chat,) in rows]


def get_conversation(db: sqlite3.Connection, chat: str) -> Conversation:
    row = db.execute("SELECT state FROM conversations WHERE chat = ?", (chat,)).fetchone()
    return _conversation.decode(row[0]) if row is not None else Conversation()


def begin_answer(db: sqlite3.Connection, position: int, conversation: Conversation) -> bool:
    """Before the send. `conversation` is where the chat stands once the answer is out. False when
    there is nothing to answer any more: the message came for which this one stood in.
    """
    begun = db.execute(
        "UPDATE inbox SET state = 'ANSWERING', conversation = ? WHERE position = ?",
        (_encoder.encode(conversation), position),
    )
    return begun.rowcount == 1


def take_back_answer(db: sqlite3.Connection, position: int) -> None:
    """Nothing was sent: the message waits for its answer again."""
    db.execute(
        "UPDATE inbox SET state = 'RECEIVED', conversation = NULL WHERE position = ?", (position,)
    )


def settle_answered(db: sqlite3.Connection, position: int, sent: MessageSent) -> None:
    """The outcome and its event in one transaction."""
    _finish(db, position, InboxState.ANSWERED)
    event_rows.append(db, sent)


def settle_uncertain(db: sqlite3.Connection, position: int, note: str) -> None:
    _finish(db, position, InboxState.UNCERTAIN, note)


def settle_refused(db: sqlite3.Connection, position: int, note: str) -> None:
    """No answer went out and none will: the conversation stays where it was."""
    db.execute("UPDATE inbox SET conversation = NULL WHERE position = ?", (position,))
    _finish(db, position, InboxState.SKIPPED, note)


def settle_silent(
    db: sqlite3.Connection, position: int, conversation: Conversation, note: str
) -> None:
    """A message that gets no answer may still change the conversation."""
    begin_answer(db, position, conversation)
    _finish(db, position, InboxState.SKIPPED, note)


def recover(db: sqlite3.Connection) -> int:
    """After a crash: answers that were under way become UNCERTAIN. Returns how many."""
    rows = db.execute("SELECT position FROM inbox WHERE state = 'ANSWERING'").fetchall()
    for (position,) in rows:
        settle_uncertain(db, position, "the worker ended while this answer was under way")
    return len(rows)


def prune(db: sqlite3.Connection, *, now: datetime) -> None:
    db.execute(
        "DELETE FROM inbox WHERE received_at < ? AND state NOT IN ('RECEIVED', 'ANSWERING')",
        ((now - KEPT).timestamp(),),
    )


def _finish(db: sqlite3.Connection, position: int, state: InboxState, note: str = "") -> None:
    """A terminal state: the conversation moves on, and the message's text is let go."""
    db.execute(
        "INSERT INTO conversations (chat, state)"
        " SELECT chat, conversation FROM inbox WHERE position = ? AND conversation IS NOT NULL"
        " ON CONFLICT (chat) DO UPDATE SET state = excluded.state",
        (position,),
    )
    db.execute(
        "UPDATE inbox SET state = ?, note = ?, payload = x'', conversation = NULL"
        " WHERE position = ?",
        (state, note, position),
    )
