"""What is known about the receipt of messages that were queued: only ever further."""

import sqlite3
from collections.abc import Iterable

from shared.bounds import TOLD_TOGETHER
from shared.enums import ReceiptKind
from shared.wire.events import ReceiptReceived
from worker.uplink import event_rows

# What is known already when a receipt of this kind says nothing new.
_SETTLED = {
    ReceiptKind.DELIVERED: (ReceiptKind.DELIVERED, ReceiptKind.READ),
    ReceiptKind.READ: (ReceiptKind.READ, ReceiptKind.READ),
}


def record(
    db: sqlite3.Connection, receipts: Iterable[ReceiptReceived]
) -> tuple[int, list[ReceiptReceived]]:
    """Rows and events in one transaction. Returns how many events there were, and what is about
    messages nobody knows here.
    """
    told, unknown = 0, []
    for receipt in receipts:
        strange = [one for one in receipt.wa_message_ids if not _is_known(db, one)]
        news = [one for one in receipt.wa_message_ids if _advance(db, one, receipt.kind)]
        for first in range(0, len(news), TOLD_TOGETHER):
            event_rows.append(db, _about(receipt, news[first : first + TOLD_TOGETHER]))
            told += 1
        if strange:
            unknown.append(_about(receipt, strange))
    return told, unknown


def _advance(db: sqlite3.Connection, wa_message_id: str, kind: ReceiptKind) -> bool:
    moved = db.execute(
        "UPDATE outbound SET receipt = ? WHERE wa_message_id = ? AND receipt NOT IN (?, ?)",
        (kind, wa_message_id, *_SETTLED[kind]),
    )
    return moved.rowcount > 0


def _is_known(db: sqlite3.Connection, wa_message_id: str) -> bool:
    query = "SELECT 1 FROM outbound WHERE wa_message_id = ?"
    return db.execute(query, (wa_message_id,)).fetchone() is not None


def _about(receipt: ReceiptReceived, wa_message_ids: list[str]) -> ReceiptReceived:
    return ReceiptReceived(
        kind=receipt.kind, wa_message_ids=wa_message_ids, contact=receipt.contact, at=receipt.at
    )
