"""What the library could not decrypt, while it is waited for: kept over restarts."""

import sqlite3
from datetime import UTC, datetime

import msgspec

from shared.wire.events import MessageReceived
from worker.inbox import rows
from worker.inbox.rows import InboxState

# The library asks for a message four times; when the fifth copy is of no use, it asks no more.
MOST_FAILURES = 5

_encoder = msgspec.msgpack.Encoder()


def notice(
    db: sqlite3.Connection, message: MessageReceived, *, is_quiet: bool, due: datetime
) -> None:
    """message: what will stand in for it, unless it comes before `due`. Each further copy that
    cannot be read either counts, and changes nothing else until the last.
    """
    if rows.is_known(db, message.wa_message_id):
        return
    db.execute(
        "INSERT INTO unread (wa_message_id, payload, is_quiet, due) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (wa_message_id) DO UPDATE SET failures = failures + 1,"
        " due = CASE WHEN failures + 1 < ? THEN due ELSE 0 END",
        (
            message.wa_message_id,
            _encoder.encode(message),
            is_quiet,
            due.timestamp(),
            MOST_FAILURES,
        ),
    )


def find_first_due(db: sqlite3.Connection) -> datetime | None:
    (due,) = db.execute("SELECT min(due) FROM unread").fetchone()
    return None if due is None else datetime.fromtimestamp(due, UTC)


def give_up(db: sqlite3.Connection, *, now: datetime) -> list[MessageReceived]:
    """Records what stands in for those that are due."""
    recorded = []
    found = db.execute(
        "SELECT wa_message_id, payload, is_quiet FROM unread WHERE due <= ? ORDER BY rowid",
        (now.timestamp(),),
    ).fetchall()
    for wa_message_id, payload, is_quiet in found:
        message = rows.read_message(payload)
        state = InboxState.SKIPPED if is_quiet else InboxState.RECEIVED
        if message is not None and rows.record(db, message, state=state, note="unreadable"):
            recorded.append(message)
        db.execute("DELETE FROM unread WHERE wa_message_id = ?", (wa_message_id,))
    return recorded
