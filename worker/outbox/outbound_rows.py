"""Outbound rows: what the control plane handed over to be sent, and how far it is.

TAKEN → SENDING → SENT, FAILED or UNCERTAIN (the worker died or WhatsApp fell silent between
handing over and hearing back: never sent again); TAKEN → EXPIRED or CANCELLED. Every final
state but CANCELLED is committed together with the event that tells it.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from shared.wire.events import Event, MessageSent, SendExpired, SendFailed, SendUncertain
from shared.wire.frames import Send
from worker.outbox.pacing import DAY, Begun, History, disturbs
from worker.uplink import event_rows

# As long as inbox rows: an id that comes again within it is answered, not sent again.
KEPT = timedelta(days=45)
_DIED = "The worker ended while this message was being sent."
_UNREADABLE = "A newer worker took this message; the one that runs now does not know its kind."
_LOST = "The worker's volume was lost after it took this message."

_encoder = msgspec.msgpack.Encoder()
_send = msgspec.msgpack.Decoder(Send)


class OutboundRowState(StrEnum):
    TAKEN = "TAKEN"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The next of a chat that disturbs, or that does not, and what its pacing asks about."""

    position: int
    chat: str
    due: datetime
    is_cold: bool
    disturbs: bool


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    position: int
    chat: str
    send: Send
    attempts: int
    refusals: int


def take(db: sqlite3.Connection, send: Send, *, now: datetime) -> bool:
    """Written down, unless this id is known. False when it was struck off before."""
    inserted = db.execute(
        "INSERT INTO outbound (id, chat, state, payload, due, expires_at, changed_at, disturbs)"
        " VALUES (?, ?, 'TAKEN', ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (
            send.id,
            send.to.lid or send.to.phone or "",
            _encoder.encode(send),
            now.timestamp(),
            send.expires_at.timestamp() if send.expires_at else None,
            now.timestamp(),
            disturbs(send.content),
        ),
    )
    if inserted.rowcount == 1 and send.taken:
        # Another volume took it, and may have sent it before it was lost.
        lost = SendUncertain(outbound_id=send.id, reason=_LOST, at=now)
        settle_uncertain(db, _get_position(db, send.id), lost)
    return _get_state(db, send.id) != OutboundRowState.CANCELLED


def cancel(db: sqlite3.Connection, outbound_id: str, *, now: datetime) -> bool:
    """Strikes off what was not begun; also an id that is yet to come. False when it is too late."""
    db.execute(
        "INSERT INTO outbound (id, chat, state, payload, due, changed_at)"
        " VALUES (?, '', 'CANCELLED', x'', 0, ?)"
        " ON CONFLICT (id) DO UPDATE SET state = 'CANCELLED', payload = x'',"
        " changed_at = excluded.changed_at WHERE state = 'TAKEN'",
        (outbound_id, now.timestamp()),
    )
    return _get_state(db, outbound_id) == OutboundRowState.CANCELLED


def list_heads(db: sqlite3.Connection) -> list[Head]:
    """The first of each chat that has something to send, in the order they were taken; of a chat
    with both, the first that disturbs and the first that does not.
    """
    rows = db.execute(
        "SELECT min(position), chat, due,"
        " NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.chat = outbound.chat)"
        " AND NOT EXISTS (SELECT 1 FROM conversations WHERE conversations.chat = outbound.chat),"
        " disturbs FROM outbound WHERE state = 'TAKEN'"
        " GROUP BY chat, disturbs ORDER BY min(position)"
    )
    return [
        Head(
            position=position,
            chat=chat,
            due=_instant(due),
            is_cold=bool(is_cold),
            disturbs=bool(disturbing),
        )
        for position, chat, due, is_cold, disturbing in rows
    ]


def rename_chat(db: sqlite3.Connection, known_as: str, chat: str) -> None:
    """The LID of a phone was learned: what waits for either is one chat."""
    db.execute("UPDATE outbound SET chat = ? WHERE chat = ? AND state = 'TAKEN'", (chat, known_as))


def find(db: sqlite3.Connection, position: int, *, now: datetime) -> Outgoing | None:
    """None when it does not wait to be sent any more, or never can be: then it has failed."""
    row = db.execute(
        "SELECT position, chat, payload, attempts, refusals, id FROM outbound"
        " WHERE position = ? AND state = 'TAKEN'",
        (position,),
    ).fetchone()
    if row is None:
        return None
    try:
        send = _send.decode(row[2])
    except msgspec.ValidationError:
        # Written down by a newer worker, whose image was taken back.
        failed = SendFailed(outbound_id=row[5], reason=_UNREADABLE, at=now)
        settle_failed(db, position, failed)
        return None
    return Outgoing(position=row[0], chat=row[1], send=send, attempts=row[3], refusals=row[4])


def begin(db: sqlite3.Connection, position: int, *, is_cold: bool, now: datetime) -> bool:
    """Before the send. False when there is nothing to send: cancelled, or expired just now."""
    expire(db, now=now)
    begun = db.execute(
        "UPDATE outbound SET state = 'SENDING', attempts = attempts + 1, begun_at = ?,"
        " is_cold = ?, changed_at = ? WHERE position = ? AND state = 'TAKEN'",
        (now.timestamp(), is_cold, now.timestamp(), position),
    )
    return begun.rowcount == 1


def take_back(
    db: sqlite3.Connection, position: int, *, due: datetime, note: str, refused: bool = False
) -> None:
    """Nothing was sent: it waits again. An attempt that found no way out counts as one too."""
    db.execute(
        "UPDATE outbound SET attempts = attempts + (state = 'TAKEN'), refusals = refusals + ?,"
        " state = 'TAKEN', due = ?, note = ? WHERE position = ? AND state IN ('TAKEN', 'SENDING')",
        (refused, due.timestamp(), note, position),
    )


def settle_sent(db: sqlite3.Connection, position: int, sent: MessageSent) -> None:
    db.execute(
        "UPDATE outbound SET wa_message_id = ? WHERE position = ?",
        (sent.wa_message_id, position),
    )
    _finish(db, position, OutboundRowState.SENT, sent)


def settle_failed(db: sqlite3.Connection, position: int, failed: SendFailed) -> None:
    _finish(db, position, OutboundRowState.FAILED, failed, failed.reason)


def settle_uncertain(db: sqlite3.Connection, position: int, uncertain: SendUncertain) -> None:
    _finish(db, position, OutboundRowState.UNCERTAIN, uncertain, uncertain.reason)


def expire(db: sqlite3.Connection, *, now: datetime) -> int:
    """Ends what was not begun in time. Returns how many."""
    rows = db.execute(
        "SELECT position, id FROM outbound WHERE state = 'TAKEN' AND expires_at <= ?",
        (now.timestamp(),),
    ).fetchall()
    for position, outbound_id in rows:
        event = SendExpired(outbound_id=outbound_id, at=now)
        _finish(db, position, OutboundRowState.EXPIRED, event)
    return len(rows)


def find_next_expiry(db: sqlite3.Connection) -> datetime | None:
    row = db.execute("SELECT min(expires_at) FROM outbound WHERE state = 'TAKEN'").fetchone()
    return _instant(row[0]) if row[0] is not None else None


def recover(db: sqlite3.Connection, *, now: datetime) -> int:
    """After a crash: sends that were under way become UNCERTAIN. Returns how many."""
    rows = db.execute("SELECT position, id FROM outbound WHERE state = 'SENDING'").fetchall()
    for position, outbound_id in rows:
        event = SendUncertain(outbound_id=outbound_id, reason=_DIED, at=now)
        settle_uncertain(db, position, event)
    return len(rows)


def list_begun(db: sqlite3.Connection, *, now: datetime) -> History:
    """What pacing must know after a restart."""
    rows = db.execute(
        "SELECT chat, begun_at, is_cold FROM outbound WHERE begun_at > ? ORDER BY begun_at",
        ((now - DAY).timestamp(),),
    )
    return tuple(Begun(chat, _instant(at), bool(is_cold)) for chat, at, is_cold in rows)


def prune(db: sqlite3.Connection, *, now: datetime) -> None:
    db.execute(
        "DELETE FROM outbound WHERE changed_at < ? AND state NOT IN ('TAKEN', 'SENDING')",
        ((now - KEPT).timestamp(),),
    )


def _get_position(db: sqlite3.Connection, outbound_id: str) -> int:
    row = db.execute("SELECT position FROM outbound WHERE id = ?", (outbound_id,)).fetchone()
    return int(row[0])


def _get_state(db: sqlite3.Connection, outbound_id: str) -> str:
    row = db.execute("SELECT state FROM outbound WHERE id = ?", (outbound_id,)).fetchone()
    return str(row[0])


def _finish(
    db: sqlite3.Connection, position: int, state: OutboundRowState, event: Event, note: str = ""
) -> None:
    """A final state, told in the same transaction; the message's text is let go."""
    db.execute(
        "UPDATE outbound SET state = ?, note = ?, payload = x'', changed_at = ? WHERE position = ?",
        (state, note, event.at.timestamp(), position),
    )
    event_rows.append(db, event)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
