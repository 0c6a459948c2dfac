"""Takes messages in: completes the sender, makes them durable, tells who waits for them.

Messages that arrive while a commit is under way share the next one. The library has told
WhatsApp "delivered" by then; until the commit, the client's journal holds them.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from sqlite3 import Connection
from typing import TypeVar

import structlog

from shared.bounds import is_possible
from shared.clock import Clock
from shared.enums import MessageKind, SkipReason
from shared.structs.takeovers import TAKEN_FOR
from shared.wire.events import MessageReceived, MessageSent
from shared.wire.mending import fit
from worker.database import Database
from worker.inbox import file_rows, lost_rows, rows, taken_chats, unread_rows
from worker.inbox.unread import Unread
from worker.uplink import event_rows
from worker.uplink.room import Room, Size
from worker.whatsapp.events import Inbound, MessageEvent, Own, Skipped, Unreadable
from worker.whatsapp.neonize_client import NeonizeClient

BATCH = 256
# What the owner does in a chat without answering there.
_NO_ANSWERS = {MessageKind.REACTION, MessageKind.EDIT, MessageKind.DELETE, MessageKind.CALL}

log = structlog.get_logger(__name__)

ToldT = TypeVar("ToldT", MessageReceived, MessageSent)
_Told = tuple[MessageReceived, Inbound | Unreadable] | MessageSent


class Intake:
    """`on_recorded` is called, on the loop, with the messages that are new and durable.

    skipped: what earlier starts counted.
    """

    def __init__(
        self,
        client: NeonizeClient,
        database: Database,
        clock: Clock,
        *,
        own_phone: Callable[[], str],
        on_recorded: Callable[[list[MessageReceived]], None],
        skipped: Mapping[SkipReason, int],
        room: Room,
        unread: Unread,
    ) -> None:
        self._client = client
        self._database = database
        self._clock = clock
        self._own_phone = own_phone
        self._on_recorded = on_recorded
        self._waiting: asyncio.Queue[MessageEvent] = asyncio.Queue()
        self._room = room
        self._unread = unread
        self.skipped = Counter(skipped)
        self.last_inbound_at: datetime | None = None

    def handle(self, event: MessageEvent) -> None:
        self._waiting.put_nowait(event)

    async def settled(self) -> None:
        """Returns when everything handed over so far is durable."""
        await self._waiting.join()

    async def run(self) -> None:
        while True:
            events = [await self._waiting.get()]
            while len(events) < BATCH and not self._waiting.empty():
                events.append(self._waiting.get_nowait())
            await self._take(events)
            await self._client.settled(len(events))
            for _ in events:
                self._waiting.task_done()

    async def _take(self, events: Iterable[MessageEvent]) -> None:
        messages, passed = list[_Told](), list[Skipped]()
        for event in events:
            match event:
                case Skipped(reason=reason):
                    self.skipped[reason] += 1
                    passed.append(event)
                case Own():
                    messages.append(self._fit(await self._complete_own(event)))
                case Inbound() | Unreadable():
                    messages.append((self._fit(await self._complete(event)), event))
                    self.last_inbound_at = self._clock.now()
        await self._remember(passed)
        if messages:
            due = self._clock.now() + self._unread.wait
            recorded, size = await self._database.run_patiently(
                lambda db: _record(db, messages, due)
            )
            self._room.measure(size)
            self._on_recorded(recorded)
            self._unread.wake()

    def _fit(self, message: ToldT) -> ToldT:
        """Whoever writes to us chooses ids, names and numbers: from here on they are bounded, in
        the volume's rows as in what is told.
        """
        fitting, notes = fit(message, now=self._clock.now())
        if notes:
            log.warning("message.mended", message=fitting.wa_message_id, notes=notes)
        return fitting

    async def _remember(self, passed: Sequence[Skipped]) -> None:
        """What is skipped leaves a row only where it would be taken for lost after a crash."""
        ids = [event.wa_message_id for event in passed if event.wa_message_id]
        now = self._clock.now()
        if any(event.brings_history for event in passed):
            await self._database.run_patiently(lambda db: lost_rows.set_history_at(db, now))
        if ids:
            await self._database.run_patiently(lambda db: lost_rows.pass_over(db, ids, now=now))

    async def _complete_own(self, event: Own) -> MessageSent:
        return MessageSent(
            wa_message_id=event.wa_message_id,
            kind=event.kind,
            contact=await self._client.complete(event.contact),
            own_phone=self._own_phone(),
            text=event.text,
            at=event.at,
            in_reply_to=event.in_reply_to,
            media=event.media,
            bot_waits_until=None if event.kind in _NO_ANSWERS else self._silent_until(event.at),
        )

    def _silent_until(self, at: datetime) -> datetime:
        now = self._clock.now()
        return (at if is_possible(at, now=now) else now) + TAKEN_FOR

    async def _complete(self, event: Inbound | Unreadable) -> MessageReceived:
        if isinstance(event, Unreadable):
            return MessageReceived(
                wa_message_id=event.wa_message_id,
                kind=event.kind,
                contact=await self._client.complete(event.contact),
                own_phone=self._own_phone(),
                text="",
                at=event.at,
                push_name=event.push_name,
            )
        return MessageReceived(
            wa_message_id=event.wa_message_id,
            kind=event.kind,
            contact=await self._client.complete(event.contact),
            own_phone=self._own_phone(),
            text=event.text,
            at=event.at,
            push_name=event.push_name,
            in_reply_to=event.in_reply_to,
            media=event.media,
        )


def _record(
    db: Connection, messages: Iterable[_Told], due: datetime
) -> tuple[list[MessageReceived], Size]:
    """due: when what cannot be read is given up."""
    recorded = []
    for told in messages:
        if isinstance(told, MessageSent):
            _record_own(db, told)
            continue
        message, event = told
        if isinstance(event, Unreadable) and event.kind is MessageKind.UNREADABLE:
            unread_rows.notice(db, message, is_quiet=event.is_quiet, due=due)
            continue
        if not rows.record(db, message):
            continue
        recorded.append(message)
        if isinstance(event, Inbound) and event.source is not None:
            file_rows.add(db, message, event.source)
    return recorded, event_rows.get_size(db)


def _record_own(db: Connection, message: MessageSent) -> None:
    """Told again after a crash, it is told again: the log keeps each id once."""
    event_rows.append(db, message)
    if message.bot_waits_until is not None:
        taken_chats.take(db, message.contact, until=message.bot_waits_until, at=message.at)
