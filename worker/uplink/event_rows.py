"""The durable event outbox: rows that stay until the control plane acknowledges them."""

import sqlite3
from datetime import datetime
from typing import cast

import msgspec
import structlog

from shared.clock import SystemClock
from shared.wire.events import Event
from shared.wire.frames import MAX_BATCH_BYTES, Numbered
from shared.wire.mending import Mended, fit, mend, read_strictly
from worker.uplink.room import Size

log = structlog.get_logger(__name__)

# Fewer and larger commits at the gateway, and a bounded memory here while it catches up.
MAX_BATCH_EVENTS = 200

# As much of an event that nobody can read as is told, for a person to look at.
MAX_STRANGE = 64 * 1024

_encoder = msgspec.msgpack.Encoder()
_clock = SystemClock()


def append(db: sqlite3.Connection, event: Event) -> None:
    """Part of the transaction that makes the event true. Whatever of it was not bounded where it
    came from is bounded here: a gateway that refuses an event would keep all that follow it.
    """
    fitting, notes = fit(event, now=_clock.now())
    if notes:
        log.warning("event.mended", kind=type(event).__name__, notes=notes)
    db.execute("INSERT INTO events (payload) VALUES (?)", (_encoder.encode(fitting),))


def next_batch(db: sqlite3.Connection, *, after: int) -> list[Numbered]:
    """The oldest events past `after`, together at most MAX_BATCH_BYTES, at least one."""
    rows = db.execute(
        "SELECT seq, payload FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, MAX_BATCH_EVENTS),
    )
    batch: list[Numbered] = []
    size = 0
    for seq, payload in rows:
        event, length = _read(payload, _clock.now())
        size += length
        if batch and size > MAX_BATCH_BYTES:
            break
        batch.append(Numbered(seq, event))
    return batch


def _read(payload: bytes, now: datetime) -> tuple[Event, int]:
    """As it is, or mended: another version of this worker may have written it. What cannot be read
    here at all is for the gateway to judge, which keeps what it cannot read either. And how many
    bytes it takes up in a frame.
    """
    event = read_strictly(payload)
    if event is not None:
        return event, len(payload)
    outcome = mend(payload, now=now)
    if isinstance(outcome, Mended):
        return outcome.event, len(_encoder.encode(outcome.event))
    log.error("event.strange", problem=outcome.problem, bytes=len(payload))
    strange = {"type": "strange", "bytes": len(payload), "begins": payload[:MAX_STRANGE]}
    told = payload if len(payload) <= MAX_STRANGE else _encoder.encode(strange)
    return cast("Event", msgspec.Raw(told)), len(told)


def acknowledge(db: sqlite3.Connection, seq: int) -> None:
    db.execute("DELETE FROM events WHERE seq <= ?", (seq,))


def get_size(db: sqlite3.Connection) -> Size:
    return Size(*db.execute("SELECT events, bytes FROM outbox_size").fetchone())
