"""The durable event outbox: rows that stay until the control plane acknowledges them."""

import sqlite3

import msgspec

from shared.wire.events import Event
from shared.wire.frames import MAX_BATCH_BYTES, Numbered
from worker.uplink.room import Size

# Fewer and larger commits at the gateway, and a bounded memory here while it catches up.
MAX_BATCH_EVENTS = 200

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Event)


def append(db: sqlite3.Connection, event: Event) -> None:
    """Part of the transaction that makes the event true."""
    db.execute("INSERT INTO events (payload) VALUES (?)", (_encoder.encode(event),))


def next_batch(db: sqlite3.Connection, *, after: int) -> list[Numbered]:
    """The oldest events past `after`, together at most MAX_BATCH_BYTES, at least one."""
    rows = db.execute(
        "SELECT seq, payload FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, MAX_BATCH_EVENTS),
    )
    batch: list[Numbered] = []
    size = 0
    for seq, payload in rows:
        size += len(payload)
        if batch and size > MAX_BATCH_BYTES:
            break
        batch.append(Numbered(seq, _decoder.decode(payload)))
    return batch


def acknowledge(db: sqlite3.Connection, seq: int) -> None:
    db.execute("DELETE FROM events WHERE seq <= ?", (seq,))


def get_size(db: sqlite3.Connection) -> Size:
    return Size(*db.execute("SELECT events, bytes FROM outbox_size").fetchone())
