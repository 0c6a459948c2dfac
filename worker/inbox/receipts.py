"""Takes receipts in: those of queued messages are made durable, those of answers are let go.

A burst of them shares one commit and one event for each contact and kind.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from shared.enums import ReceiptKind
from shared.wire.events import Party, ReceiptReceived
from worker.database import Database
from worker.outbox import receipt_rows
from worker.whatsapp.events import Receipt

BATCH = 256


class Receipts:
    """`on_recorded` is called, on the loop, when the event outbox holds something new."""

    def __init__(
        self,
        database: Database,
        *,
        is_sending: Callable[[], bool],
        on_recorded: Callable[[], None],
    ) -> None:
        self._database = database
        self._is_sending = is_sending
        self._on_recorded = on_recorded
        self._waiting: asyncio.Queue[ReceiptReceived] = asyncio.Queue()
        # A receipt can be here before its message's id is written down.
        self._early: deque[ReceiptReceived] = deque(maxlen=BATCH)

    def handle(self, event: Receipt) -> None:
        self._waiting.put_nowait(
            ReceiptReceived(
                kind=event.kind,
                wa_message_ids=event.wa_message_ids,
                contact=event.contact,
                at=event.at,
            )
        )

    def look_again(self) -> None:
        """The id of a message was written down."""
        while self._early:
            self._waiting.put_nowait(self._early.popleft())

    async def settled(self) -> None:
        """Returns when everything handed over so far is durable."""
        await self._waiting.join()

    async def run(self) -> None:
        while True:
            receipts = [await self._waiting.get()]
            while len(receipts) < BATCH and not self._waiting.empty():
                receipts.append(self._waiting.get_nowait())
            await self._take(receipts)
            for _ in receipts:
                self._waiting.task_done()

    async def _take(self, receipts: list[ReceiptReceived]) -> None:
        merged = merge(receipts)
        told, unknown = await self._database.run_patiently(
            lambda db: receipt_rows.record(db, merged)
        )
        if self._is_sending():
            self._early.extend(unknown)
        if told:
            self._on_recorded()


def merge(receipts: Iterable[ReceiptReceived]) -> list[ReceiptReceived]:
    """One for each contact and kind, of the latest instant; ids once and in order."""
    merged: dict[tuple[ReceiptKind, Party], ReceiptReceived] = {}
    for receipt in receipts:
        key = (receipt.kind, receipt.contact)
        before = merged.get(key)
        merged[key] = receipt if before is None else _together(before, receipt)
    return list(merged.values())


def _together(one: ReceiptReceived, other: ReceiptReceived) -> ReceiptReceived:
    return ReceiptReceived(
        kind=one.kind,
        wa_message_ids=list(dict.fromkeys([*one.wa_message_ids, *other.wa_message_ids])),
        contact=one.contact,
        at=max(one.at, other.at),
    )
