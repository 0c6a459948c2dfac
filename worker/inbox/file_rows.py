"""What it takes to fetch the file of a message that came in, kept as long as the message is."""

import sqlite3
from datetime import datetime

import msgspec

from shared.wire.events import MessageReceived
from worker.inbox.rows import KEPT
from worker.whatsapp.files import FileSource

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


def begin(db: sqlite3.Connection, wa_message_id: str) -> int:
    """Before a download. How many were begun and have not ended: this one, and each that the
    worker did not survive.
    """
    db.execute("UPDATE media SET attempts = attempts + 1 WHERE wa_message_id = ?", (wa_message_id,))
    row = db.execute(
        "SELECT attempts FROM media WHERE wa_message_id = ?", (wa_message_id,)
    ).fetchone()
    return int(row[0])


def end(db: sqlite3.Connection, wa_message_id: str) -> None:
    """After a download, whatever came of it."""
    db.execute("UPDATE media SET attempts = 0 WHERE wa_message_id = ?", (wa_message_id,))


def prune(db: sqlite3.Connection, *, now: datetime) -> None:
    db.execute("DELETE FROM media WHERE received_at < ?", ((now - KEPT).timestamp(),))
