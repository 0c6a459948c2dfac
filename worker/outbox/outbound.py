"""Queued messages: takes them, and sends each when its pacing says so.

The rows are the queue: nothing that matters is held in memory, so that a restart begins where
the last process stopped.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from shared.clock import Clock
from shared.quiet_hours import Quiet, find_end
from shared.tasks import TaskGroup
from shared.wire.events import Party
from shared.wire.frames import CancelSend, Send, SendTaken
from worker.database import Database, StorageError
from worker.outbox import freeze, outbound_rows, pacing
from worker.outbox.freeze import Freeze
from worker.outbox.outbound_rows import Head
from worker.outbox.pacing import Begun, History, Pacing, Verdict, Waiting, Why
from worker.outbox.sending import Outcome, Sending
from worker.outbox.turns import Turns
from worker.whatsapp.neonize_client import SEND_THREADS, NeonizeClient
from worker.whatsapp.typing import Typing

log = structlog.get_logger(__name__)

# Never all threads that send: the bot's answers do not wait for queued messages.
LANES = SEND_THREADS // 2


class Outbound:
    """`connected` is set while WhatsApp can be written to; `wake` says that it changed.

    `on_change` is called when there may be an event, or another report, to tell.
    """

    def __init__(
        self,
        *,
        client: NeonizeClient,
        database: Database,
        sending: Sending,
        turns: Turns,
        tasks: TaskGroup,
        clock: Clock,
        rules: Pacing,
        typing: Typing,
        connected: asyncio.Event,
        on_change: Callable[[], None],
    ) -> None:
        self._client = client
        self._database = database
        self._sending = sending
        self._turns = turns
        self._tasks = tasks
        self._clock = clock
        self._rules = rules
        self._typing = typing
        self._connected = connected
        self._on_change = on_change
        self._quiet: Quiet | None = None
        self._asleep_until: datetime | None = None
        self._freeze: Freeze | None = None
        self._history: History = ()
        self._lanes: set[str] = set()
        self._held_back: set[str] = set()  # chats that wait until their answers are out
        self._without_lid: set[str] = set()  # phones whose LID the library does not know
        self._told: Why = Why.NOTHING
        self._news = asyncio.Event()
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        turns.on_free = self._on_free

    @property
    def frozen(self) -> Freeze | None:
        return self._freeze if self._frozen_until(self._clock.now()) else None

    @property
    def quiet_detail(self) -> str:
        """What keeps queued messages in quiet hours, for a person; empty when none are kept."""
        if self._asleep_until is None or self._quiet is None:
            return ""
        until = self._asleep_until.astimezone(self._quiet.zone).isoformat(timespec="minutes")
        return f"queued messages wait until {until}: quiet hours"

    def wake(self) -> None:
        self._news.set()

    def heard(self, contact: Party) -> None:
        """A contact wrote: the LID of a phone may be known now."""
        if contact.phone in self._without_lid:
            self._without_lid.discard(contact.phone)
            self.wake()

    def keep_quiet(self, quiet: Quiet | None) -> None:
        """From the next message on; None: at no hour."""
        self._quiet = quiet
        self.wake()

    async def take(self, send: Send) -> SendTaken | None:
        """Written down when it returns. None when the volume refused: to be offered again."""
        now = self._clock.now()
        try:
            wanted = await self._database.run(lambda db: outbound_rows.take(db, send, now=now))
        except StorageError as error:
            log.warning("outbound.refused", outbound=send.id, problem=str(error))
            return None
        self.wake()
        self._on_change()  # one that was lost with another volume is settled already
        return SendTaken(id=send.id, cancelled=not wanted)

    async def cancel(self, request: CancelSend) -> SendTaken | None:
        now = self._clock.now()
        try:
            cancelled = await self._database.run(
                lambda db: outbound_rows.cancel(db, request.id, now=now)
            )
        except StorageError as error:
            log.warning("outbound.refused", outbound=request.id, problem=str(error))
            return None
        return SendTaken(id=request.id, cancelled=cancelled)

    async def restore(self) -> None:
        """What the last process knew: to be awaited before `run`."""
        now = self._clock.now()
        self._freeze = await self._database.run_patiently(freeze.find)
        self._history = await self._database.run_patiently(
            lambda db: outbound_rows.list_begun(db, now=now)
        )

    async def run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            next_at = await self.step()
            await self._sleep_until(next_at)

    async def stop(self, *, grace: timedelta) -> bool:
        """Begins nothing new; waits for what is being sent. False when that took too long."""
        self._stopping.set()
        self.wake()
        try:
            async with asyncio.timeout(grace.total_seconds()):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def step(self) -> datetime | None:
        """Expires and begins what is due. When to look again; None: when something happens."""
        now = self._clock.now()
        if await self._database.run_patiently(lambda db: outbound_rows.expire(db, now=now)):
            self._on_change()
        moments = [await self._database.run_patiently(outbound_rows.find_next_expiry)]
        if self._freeze is not None and not self._frozen_until(now):
            self._on_change()  # the session's report does not say frozen any more
        if self._connected.is_set():
            moments.append(await self._begin_lanes(now))
        return min((at for at in moments if at is not None), default=None)

    async def _begin_lanes(self, now: datetime) -> datetime | None:
        self._held_back.clear()
        self._history = pacing.since(self._history, now)
        heads = await self._database.run_patiently(outbound_rows.list_heads)
        quiet_until = find_end(self._quiet, now)
        self._say_asleep(quiet_until if any(head.disturbs for head in heads) else None)
        if not heads:
            self._told = Why.NOTHING
            return None
        if quiet_until is None:
            return await self._begin_heads(heads, now)
        silent = [head for head in heads if not head.disturbs]
        if not silent:
            return self._told_wait(Verdict(quiet_until, Why.QUIET_HOURS))
        next_at = await self._begin_heads(silent, now)
        return min(next_at, quiet_until) if next_at is not None else quiet_until

    def _say_asleep(self, until: datetime | None) -> None:
        if until != self._asleep_until:
            self._asleep_until = until
            self._on_change()

    async def _begin_heads(self, heads: list[Head], now: datetime) -> datetime | None:
        # What keeps everybody waiting is asked once, not for each of a thousand chats.
        soonest = self._judge(Waiting(chat="", due=now), now)
        if soonest.why is not Why.NOTHING:
            return self._told_wait(soonest)
        verdicts = []
        for head in heads:
            if len(self._lanes) >= LANES:
                return None
            if head.chat in self._lanes or await self._is_renamed(head):
                continue
            verdict = self._judge(self._waiting(head), now)
            if verdict.why is Why.NOTHING:
                self._begin_lane(head, now)
            elif verdict.at is None:
                self._held_back.add(head.chat)
            else:
                verdicts.append(verdict)
        waits = [verdict for verdict in verdicts if verdict.at is not None]
        return self._told_wait(min(waits, key=lambda v: v.at or now)) if waits else None

    def _waiting(self, head: Head) -> Waiting:
        return Waiting(
            chat=head.chat,
            due=head.due,
            is_cold=head.is_cold,
            answers_pending=self._turns.is_answering(head.chat),
        )

    def _judge(self, waiting: Waiting, now: datetime) -> Verdict:
        return pacing.judge(
            self._rules, self._history, waiting, now=now, frozen_until=self._frozen_until(now)
        )

    def _frozen_until(self, now: datetime) -> datetime | None:
        if self._freeze is None or self._freeze.until <= now:
            return None
        return self._freeze.until

    def _told_wait(self, verdict: Verdict) -> datetime | None:
        """Said once for each reason, until there is nothing to send."""
        if verdict.why is not self._told:
            self._told = verdict.why
            log.info("outbound.waiting", why=verdict.why, until=str(verdict.at))
        return verdict.at

    async def _is_renamed(self, head: Head) -> bool:
        """True when the chat's LID has become known: the row is another chat's now."""
        if "@" in head.chat or head.chat in self._without_lid:
            return False
        contact = await self._client.complete(Party(phone=head.chat))
        lid = contact.lid
        if lid is None:
            self._without_lid.add(head.chat)
            return False
        await self._database.run_patiently(lambda db: outbound_rows.rename_chat(db, head.chat, lid))
        self.wake()
        return True

    def _begin_lane(self, head: Head, now: datetime) -> None:
        begun = Begun(head.chat, now, head.is_cold)
        self._history = pacing.remember(self._history, begun)
        self._lanes.add(head.chat)
        self._idle.clear()
        self._tasks.supervise(f"outbound {head.position}", self._serve(head))

    async def _serve(self, head: Head) -> None:
        try:
            now = self._clock.now()
            message = await self._database.run_patiently(
                lambda db: outbound_rows.find(db, head.position, now=now)
            )
            if message is None:
                self._on_change()
                return
            time = pacing.typing_time(self._rules, message.send.content)
            if await self._typed_in_vain(message.send.to, time):
                return
            await self._learn(await self._sending.send(message, is_cold=head.is_cold))
        finally:
            self._lanes.discard(head.chat)
            self._without_lid.discard(head.chat)
            if not self._lanes:
                self._idle.set()
            self.wake()

    async def _typed_in_vain(self, to: Party, time: timedelta) -> bool:
        """Waits as long as a person would type. True when stopping came first."""
        if not time:
            return self._stopping.is_set()
        self._typing.show(to, is_typing=True)
        stopped = await self._stopped_within(time)
        self._typing.show(to, is_typing=False)
        return stopped

    async def _learn(self, outcome: Outcome) -> None:
        before = self._freeze
        if outcome is Outcome.LIMITED:
            now = self._clock.now()
            self._freeze = await self._database.run_patiently(
                lambda db: freeze.begin(db, before, now=now)
            )
            self._on_change()
        elif outcome is Outcome.SENT and before is not None:
            await self._database.run_patiently(freeze.forget)
            self._freeze = None

    def _on_free(self, chat: str) -> None:
        if chat in self._held_back:
            self.wake()

    async def _sleep_until(self, at: datetime | None) -> None:
        wait = (at - self._clock.now()).total_seconds() if at is not None else None
        try:
            async with asyncio.timeout(max(wait, 0) if wait is not None else None):
                await self._news.wait()
        except TimeoutError:
            return

    async def _stopped_within(self, wait: timedelta) -> bool:
        try:
            async with asyncio.timeout(wait.total_seconds()):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True
