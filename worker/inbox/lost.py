"""Names what the last worker took along when it was killed.

The library tells WhatsApp that it has a message before it hands it over: what it holds when the
process is killed comes no more. But it has noted each (`worker/whatsapp/noted.py`), and hands over
in the order in which it notes: what it noted after the last message that is known here was lost.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from sqlite3 import Connection

import structlog

from shared.enums import MessageKind
from shared.wire.events import MessageReceived
from worker.database import Database
from worker.inbox import lost_rows, rows
from worker.inbox.lost_rows import Mark
from worker.whatsapp.neonize_client import NeonizeClient
from worker.whatsapp.noted import MOST, Noted
from worker.whatsapp.session_file import SessionFileError

log = structlog.get_logger(__name__)

# After linking, a phone hands over past chats piece by piece, and announces each. The library notes
# their messages like new ones: until a new one came after this time, nobody can tell them apart.
HISTORY_TAKES = timedelta(minutes=10)


def find_lost(
    noted: Sequence[Noted],
    known: Mapping[str, datetime],
    mark: Mark,
    history_at: datetime | None,
) -> list[Noted]:
    """noted: oldest first. known: when those were written that are known, by id. mark: up to
    where it was looked through before.
    """
    places = [place for place, one in enumerate(noted) if one.wa_message_id in known]
    last_at = known[noted[places[-1]].wa_message_id] if places else None
    if history_at is not None and (last_at is None or last_at < history_at + HISTORY_TAKES):
        return []
    tail = noted[places[-1] + 1 :] if places else noted
    lost = [one for one in tail if one.device != mark.device or one.position > mark.position]
    return [] if len(lost) > MOST else [one for one in lost if one.contact is not None]


async def name_lost(
    client: NeonizeClient, database: Database, *, own_phone: str, now: datetime
) -> list[MessageReceived]:
    """Records what stands in for each. Once all that was handed over is recorded, and before the
    library is at work again.
    """
    try:
        noted = await client.list_noted()
    except SessionFileError as error:  # also of a session that was never linked: no such table
        log.info("notes.unavailable", problem=str(error))
        return []
    recorded = await database.run_patiently(
        lambda db: _record(db, noted, own_phone=own_phone, now=now)
    )
    if recorded:
        log.warning("messages.lost", ids=[message.wa_message_id for message in recorded])
    return recorded


def _record(
    db: Connection, noted: Sequence[Noted], *, own_phone: str, now: datetime
) -> list[MessageReceived]:
    if not noted:
        return []
    known = lost_rows.find_known(db, [one.wa_message_id for one in noted])
    lost = find_lost(noted, known, lost_rows.get_mark(db), lost_rows.find_history_at(db))
    lost_rows.set_mark(db, Mark(noted[-1].device, noted[-1].position))
    stand_ins = [_stand_in(one, own_phone, now) for one in lost]
    return [message for message in stand_ins if rows.record(db, message)]


def _stand_in(one: Noted, own_phone: str, now: datetime) -> MessageReceived:
    """When it was written nobody knows any more: its time is that of its being missed."""
    assert one.contact is not None
    return MessageReceived(
        wa_message_id=one.wa_message_id,
        kind=MessageKind.LOST,
        contact=one.contact,
        own_phone=own_phone,
        text="",
        at=now,
    )
