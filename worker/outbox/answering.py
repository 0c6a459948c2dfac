"""Answers what came in: in order within a chat, chats side by side.

The rows are the queue: a chat's lane holds no messages, only its turn, so that a restart
begins where the last process stopped.
"""

import asyncio
from datetime import timedelta, tzinfo
from sqlite3 import Connection

import structlog

from shared.backoff import Backoff
from shared.clock import Clock
from shared.flows.engine import Decision, decide
from shared.structs.tenants import TenantConfig
from shared.tasks import TaskGroup
from worker.database import Database, StorageError
from worker.inbox import rows, taken_chats
from worker.inbox.rows import Entry
from worker.outbox.replies import Replies
from worker.outbox.turns import Turns
from worker.whatsapp.neonize_client import SEND_THREADS
from worker.whatsapp.outcomes import NotSentError

log = structlog.get_logger(__name__)

# While one chat waits for its quiet moment another can send.
LANES = 4 * SEND_THREADS
_AGAIN = Backoff(first=timedelta(seconds=1), ceiling=timedelta(seconds=30))
# A connected client that still cannot send to one contact does not try for ever.
MAX_ATTEMPTS = 8


class Answering:
    """`connected` is set while WhatsApp can be written to."""

    def __init__(
        self,
        database: Database,
        replies: Replies,
        turns: Turns,
        tasks: TaskGroup,
        clock: Clock,
        *,
        connected: asyncio.Event,
    ) -> None:
        self._database = database
        self._replies = replies
        self._turns = turns
        self._tasks = tasks
        self._clock = clock
        self._connected = connected
        self._config: TenantConfig | None = None
        self._zone: tzinfo | None = None
        self._configured = asyncio.Event()
        self._lanes: dict[str, bool] = {}  # chat → something came while its lane was at work
        self._slots = asyncio.Semaphore(LANES)
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def configure(self, config: TenantConfig, zone: tzinfo | None) -> None:
        """From the next answer on. zone: where something that is said depends on the hour."""
        self._config, self._zone = config, zone
        self._configured.set()

    def wake(self, chat: str) -> None:
        """There may be something to answer in `chat`."""
        if self._stopping.is_set():
            return
        running = chat in self._lanes
        self._lanes[chat] = running
        self._idle.clear()
        if not running:
            self._turns.begin_answering(chat)
            self._tasks.supervise(f"lane {chat}", self._serve(chat))

    async def stop(self, *, grace: timedelta) -> bool:
        """Takes nothing new; waits for what is being sent. False when that took too long."""
        self._stopping.set()
        try:
            async with asyncio.timeout(grace.total_seconds()):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def _serve(self, chat: str) -> None:
        try:
            while not self._stopping.is_set():
                self._lanes[chat] = False
                if not await self._answer_next(chat) and not self._lanes[chat]:
                    return
        finally:
            del self._lanes[chat]
            self._turns.end_answering(chat)
            if not self._lanes:
                self._idle.set()

    async def _answer_next(self, chat: str) -> bool:
        """False when the chat has nothing to answer."""
        if not await self._ready():
            return False
        entry = await self._database.run_patiently(lambda db: rows.find_next(db, chat))
        if entry is None:
            return False
        await self._answer(entry)
        return True

    async def _answer(self, entry: Entry) -> None:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if not await self._ready():
                return
            try:
                # A slot is for an attempt: a chat that waits to try again holds up no other.
                async with self._slots:
                    await self._attempt(entry)
            except (NotSentError, StorageError) as error:
                log.warning("reply.delayed", chat=entry.chat, attempt=attempt, problem=str(error))
                if await self._pause(_AGAIN.delay(attempt)):
                    return
            else:
                return
        note = f"not sent in {MAX_ATTEMPTS} attempts"
        log.warning("reply.abandoned", chat=entry.chat, attempts=MAX_ATTEMPTS)
        await self._replies.give_up(entry, note)

    async def _attempt(self, entry: Entry) -> None:
        def is_taken(db: Connection) -> bool:
            return taken_chats.is_taken(db, entry.message.contact, now=self._clock.now())

        if await self._database.run(is_taken):
            await self._replies.leave(entry)
            return
        decision = await self._decide(entry)
        if decision.reply is None:
            await self._replies.settle_silent(entry, decision.conversation)
        else:
            await self._replies.send(
                entry, decision.reply, decision.conversation, is_taken=is_taken
            )

    async def _decide(self, entry: Entry) -> Decision:
        conversation = await self._database.run(lambda db: rows.get_conversation(db, entry.chat))
        assert self._config is not None, "ready() waited for it"
        return decide(self._config, conversation, entry.message, self._clock.now(), zone=self._zone)

    async def _ready(self) -> bool:
        """Waits for a configuration and a connection; False when stopping came first."""
        for condition in (self._configured, self._connected):
            if not condition.is_set() and await self._stopped_before(condition):
                return False
        return not self._stopping.is_set()

    async def _stopped_before(self, condition: asyncio.Event) -> bool:
        waits = [asyncio.ensure_future(e.wait()) for e in (condition, self._stopping)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return self._stopping.is_set()

    async def _pause(self, wait: timedelta) -> bool:
        """True when stopping came first."""
        try:
            async with asyncio.timeout(wait.total_seconds()):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True
