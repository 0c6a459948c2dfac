"""What is known of the messages that the library noted."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from worker.inbox.rows import InboxState
from worker.meta import find_value, set_value

_MARK = "noted_mark"
_HISTORY_AT = "history_at"


class Mark(msgspec.Struct, frozen=True):
    """How far the notes of a device were looked through."""

    device: str = ""
    position: int = 0


def get_mark(db: sqlite3.Connection) -> Mark:
    value = find_value(db, _MARK)
    return msgspec.msgpack.decode(value, type=Mark) if value else Mark()


def set_mark(db: sqlite3.Connection, mark: Mark) -> None:
    set_value(db, _MARK, msgspec.msgpack.encode(mark))


def find_history_at(db: sqlite3.Connection) -> datetime | None:
    """When past messages were announced last."""
    value = find_value(db, _HISTORY_AT)
    return msgspec.msgpack.decode(value, type=datetime) if value else None


def set_history_at(db: sqlite3.Connection, now: datetime) -> None:
    set_value(db, _HISTORY_AT, msgspec.msgpack.encode(now))


def pass_over(db: sqlite3.Connection, ids: Iterable[str], *, now: datetime) -> None:
    """They were handed over, and there is nothing in them for anybody."""
    db.executemany(
        "INSERT INTO inbox (wa_message_id, chat, state, payload, received_at, is_stand_in, note)"
        " VALUES (?, '', ?, x'', ?, 1, 'no content') ON CONFLICT (wa_message_id) DO NOTHING",
        [(wa_message_id, InboxState.SKIPPED, now.timestamp()) for wa_message_id in ids],
    )


def find_known(db: sqlite3.Connection, ids: Iterable[str]) -> dict[str, datetime]:
    """Those of `ids` that are known, and when they were written."""
    query = (
        "SELECT wa_message_id, received_at FROM inbox WHERE wa_message_id = ?"
        " UNION ALL SELECT wa_message_id, due FROM unread WHERE wa_message_id = ?"
    )
    known = {}
    for wa_message_id in ids:
        for found, at in db.execute(query, (wa_message_id, wa_message_id)):
            known[found] = datetime.fromtimestamp(at, UTC)
    return known
