"""What it takes to fetch the file of a message that came in, kept as long as the message is."""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from shared.wire.events import MessageReceived
from worker.inbox.rows import KEPT
from worker.whatsapp.files import FileSource

# The library takes in a file whole, however large it turns out to be. One that the worker did not
# survive twice would end it again; but a worker can also have been killed for other reasons.
MAX_ATTEMPTS = 2
FORGOTTEN_AFTER = timedelta(days=1)

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(FileSource)


def add(db: sqlite3.Connection, message: MessageReceived, source: FileSource) -> None:
    """Part of the transaction that records the message."""
    db.execute(
        "INSERT INTO media (wa_message_id, payload, received_at) VALUES (?, ?, ?)"
        " ON CONFLICT (wa_message_id) DO NOTHING",
        (message.wa_message_id, _encoder.encode(source), message.at.timestamp()),
    )


def find(db: sqlite3.Connection, wa_message_id: str) -> FileSource | None:
    row = db.execute(
        "SELECT payload FROM media WHERE wa_message_id = ?", (wa_message_id,)
    ).fetchone()
    return _decoder.decode(row[0]) if row is not None else None


def begin(db: sqlite3.Connection, wa_message_id: str, *, now: datetime) -> bool:
    """Before a download. False when it is not to be tried: the worker did not survive the last
    MAX_ATTEMPTS, and the last of them was not long ago.
    """
    begun = db.execute(
        "UPDATE media SET begun_at = ?,"
        " attempts = 1 + CASE WHEN begun_at > ? THEN attempts ELSE 0 END"
        " WHERE wa_message_id = ? AND NOT (attempts >= ? AND begun_at > ?)",
        (
            now.timestamp(),
            (now - FORGOTTEN_AFTER).timestamp(),
            wa_message_id,
            MAX_ATTEMPTS,
            (now - FORGOTTEN_AFTER).timestamp(),
        ),
    )
    return begun.rowcount == 1


def end(db: sqlite3.Connection, *wa_message_ids: str) -> None:
    """After a download, whatever came of it; also when it is broken off on purpose."""
    for wa_message_id in wa_message_ids:
        db.execute("UPDATE media SET attempts = 0 WHERE wa_message_id = ?", (wa_message_id,))


def prune(db: sqlite3.Connection, *, now: datetime) -> None:
    db.execute("DELETE FROM media WHERE received_at < ?", ((now - KEPT).timestamp(),))
