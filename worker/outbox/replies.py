"""Sends one answer and settles its row: every way it can end is a state.

Marked before the send and settled after it, so that a crash between the two is seen: an
answer goes out at most once.
"""

import asyncio
from collections.abc import Callable
from sqlite3 import Connection

import structlog

from shared.enums import MessageKind
from shared.flows.conversation import Conversation
from shared.wire.events import MessageSent
from worker.database import Database
from worker.inbox import rows
from worker.inbox.rows import Entry
from worker.outbox.quiet import QuietTimes
from worker.outbox.turns import Turns
from worker.whatsapp.compose import compose_text
from worker.whatsapp.neonize_client import NeonizeClient
from worker.whatsapp.outcomes import NotSentError, SendRefusedError, SendUncertainError

log = structlog.get_logger(__name__)


class Replies:
    """`on_settled` is called when the event outbox may hold something new."""

    def __init__(
        self,
        client: NeonizeClient,
        database: Database,
        quiet: QuietTimes,
        turns: Turns,
        *,
        on_settled: Callable[[], None],
    ) -> None:
        self._client = client
        self._database = database
        self._quiet = quiet
        self._turns = turns
        self._on_settled = on_settled

    async def send(
        self,
        entry: Entry,
        reply: str,
        conversation: Conversation,
        *,
        is_taken: Callable[[Connection], bool],
    ) -> None:
        """is_taken: asked last of all, whether a person answers this chat.

        Raises NotSentError when nothing left; the entry is then RECEIVED again.
        """

        def begin(db: Connection) -> bool:
            if is_taken(db):
                leave(db, entry)
                return False
            return rows.begin_answer(db, entry.position, conversation)

        async with self._turns.take(entry.chat):
            await self._quiet.wait(entry.chat)
            if not await self._database.run(begin):
                return
            # Past this line the answer may be out: what follows is finished even while draining.
            await asyncio.shield(self._send_and_settle(entry, reply))

    async def settle_silent(self, entry: Entry, conversation: Conversation) -> None:
        note = f"no answer is due to {entry.message.kind}"
        await self._database.run_patiently(
            lambda db: rows.settle_silent(db, entry.position, conversation, note)
        )

    async def leave(self, entry: Entry) -> None:
        await self._database.run_patiently(lambda db: leave(db, entry))

    async def give_up(self, entry: Entry, note: str) -> None:
        await self._database.run_patiently(lambda db: rows.settle_refused(db, entry.position, note))

    async def _send_and_settle(self, entry: Entry, reply: str) -> None:
        message = entry.message
        try:
            sent = await self._client.send(message.contact, compose_text(reply))
        except NotSentError:
            await self._database.run_patiently(lambda db: rows.take_back_answer(db, entry.position))
            raise
        except SendRefusedError as error:
            log.warning("reply.refused", chat=entry.chat, problem=str(error))
            await self.give_up(entry, f"refused: {error}")
            return
        except SendUncertainError as error:
            note = f"uncertain: {error}"
            log.warning("reply.uncertain", chat=entry.chat, problem=str(error))
            await self._database.run_patiently(
                lambda db: rows.settle_uncertain(db, entry.position, note)
            )
            return
        event = MessageSent(
            wa_message_id=sent.wa_message_id,
            kind=MessageKind.TEXT,
            contact=message.contact,
            own_phone=message.own_phone,
            text=reply,
            at=sent.at,
            in_reply_to=message.wa_message_id,
        )
        await self._database.run_patiently(
            lambda db: rows.settle_answered(db, entry.position, event)
        )
        log.info("reply.sent", chat=entry.chat, kind=message.kind)
        self._on_settled()


def leave(db: Connection, entry: Entry) -> None:
    """To the person who answers this chat: where the bot stands in it stays as it is."""
    rows.settle_refused(db, entry.position, "a person answers this chat")
    log.info("reply.left", chat=entry.chat)
