"""Sends one queued message and settles its row: every way it can end is a state and an event.

Marked before the send and settled after it, so that a crash between the two is seen: a queued
message goes out at most once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum

import structlog

from shared.backoff import Backoff
from shared.clock import Clock
from shared.enums import FileProblem
from shared.structs.content import Content, kind_of, media_of, target_of, words_of
from shared.wire.events import MessageSent, Party, SendFailed, SendUncertain
from worker.database import Database, StorageError
from worker.outbox import outbound_rows
from worker.outbox.outbound_rows import Outgoing
from worker.outbox.quiet import QuietTimes
from worker.outbox.turns import Turns
from worker.whatsapp.compose import compose
from worker.whatsapp.file_client import FileError
from worker.whatsapp.files import Uploaded
from worker.whatsapp.neonize_client import NeonizeClient, Sent
from worker.whatsapp.outcomes import (
    NoAccountError,
    NotSentError,
    SendLimitedError,
    SendRefusedError,
    SendUncertainError,
)

log = structlog.get_logger(__name__)

_AGAIN = Backoff(first=timedelta(seconds=1), ceiling=timedelta(minutes=5))
# What is wrong with a file for good; anything else about it may pass.
_NEVER = {FileProblem.UNKNOWN, FileProblem.GONE, FileProblem.TOO_LARGE, FileProblem.CORRUPT}
# Error 463 can be about one contact alone: that one must not freeze the others for ever.
MAX_REFUSALS = 3

_NO_ACCOUNT = "This number is not on WhatsApp."
_NOT_FIRST = "WhatsApp does not let this number write first to this contact."
_REFUSED = "WhatsApp refused this message: {}."
_NO_FILE = "Its file could not be sent: {}."
_SILENT = "WhatsApp took this message and did not confirm it: {}."


Attach = Callable[[Content], Awaitable[Uploaded | None]]


class Outcome(StrEnum):
    SENT = "SENT"
    LATER = "LATER"
    LIMITED = "LIMITED"
    ENDED = "ENDED"


class Sending:
    """`attach` uploads the file of a content that has one. `on_settled` is called when the event
    outbox may hold something new.
    """

    def __init__(
        self,
        client: NeonizeClient,
        database: Database,
        quiet: QuietTimes,
        turns: Turns,
        clock: Clock,
        *,
        attach: Attach,
        own_phone: Callable[[], str],
        on_settled: Callable[[], None],
    ) -> None:
        self._client = client
        self._database = database
        self._quiet = quiet
        self._turns = turns
        self._clock = clock
        self._attach = attach
        self._own_phone = own_phone
        self._on_settled = on_settled
        self._under_way = 0

    @property
    def is_under_way(self) -> bool:
        """A message is with the library, and its id is not written down yet."""
        return self._under_way > 0

    async def send(self, message: Outgoing, *, is_cold: bool) -> Outcome:
        try:
            return await self._send(message, is_cold=is_cold)
        except NoAccountError:
            await self._fail(message, _NO_ACCOUNT)
            return Outcome.ENDED
        except FileError as error:
            return await self._without_file(message, error)
        except (NotSentError, StorageError) as error:
            await self._take_back(message, error)
            return Outcome.LATER

    async def _send(self, message: Outgoing, *, is_cold: bool) -> Outcome:
        contact = await self._find_contact(message.send.to)
        # Before the message is begun: until then nothing is lost by trying again.
        file = await self._attach(message.send.content)
        chat = contact.lid or contact.phone or ""
        async with self._turns.take_after_answers(chat):
            await self._quiet.wait(chat)
            now = self._clock.now()
            begun = await self._database.run(
                lambda db: outbound_rows.begin(db, message.position, is_cold=is_cold, now=now)
            )
            if not begun:
                self._on_settled()
                return Outcome.ENDED
            # Past this line it may be out: what follows is finished even while draining.
            return await asyncio.shield(self._send_and_settle(message, contact, file))

    async def _find_contact(self, to: Party) -> Party:
        """With the LID when one is known. Raises NoAccountError and NotSentError."""
        contact = await self._client.complete(to)
        if contact.lid is None and contact.phone is not None:
            if not await self._client.is_on_whatsapp(contact.phone):
                raise NoAccountError("the number is not on WhatsApp")
            contact = await self._client.complete(contact)
        return contact

    async def _send_and_settle(
        self, message: Outgoing, contact: Party, file: Uploaded | None
    ) -> Outcome:
        self._under_way += 1
        try:
            sent = await self._client.send(contact, self._compose(message, contact, file))
            await self._settle_sent(message, contact, sent)
        except SendLimitedError as error:
            return await self._limited(message, error)
        except SendRefusedError as error:
            await self._fail(message, _REFUSED.format(error))
        except SendUncertainError as error:
            await self._leave_uncertain(message, error)
        else:
            return Outcome.SENT
        finally:
            self._under_way -= 1
        return Outcome.ENDED

    def _compose(self, message: Outgoing, chat: Party, file: Uploaded | None) -> bytes:
        own_phone, now = self._own_phone(), self._clock.now()
        return compose(message.send.content, chat=chat, own_phone=own_phone, now=now, file=file)

    async def _settle_sent(self, message: Outgoing, contact: Party, sent: Sent) -> None:
        event = MessageSent(
            wa_message_id=sent.wa_message_id,
            kind=kind_of(message.send.content),
            # Sending to a number taught the library its LID.
            contact=await self._client.complete(contact),
            own_phone=self._own_phone(),
            text=words_of(message.send.content),
            at=sent.at,
            in_reply_to=target_of(message.send.content),
            outbound_id=message.send.id,
            media=media_of(message.send.content),
        )
        await self._database.run_patiently(
            lambda db: outbound_rows.settle_sent(db, message.position, event)
        )
        log.info("outbound.sent", outbound=message.send.id, attempts=message.attempts + 1)
        self._on_settled()

    async def _limited(self, message: Outgoing, error: SendLimitedError) -> Outcome:
        log.warning("outbound.limited", outbound=message.send.id, problem=str(error))
        if message.refusals + 1 >= MAX_REFUSALS:
            await self._fail(message, _NOT_FIRST)
            return Outcome.LIMITED
        now, note = self._clock.now(), str(error)
        await self._database.run_patiently(
            lambda db: outbound_rows.take_back(
                db, message.position, due=now, note=note, refused=True
            )
        )
        return Outcome.LIMITED

    async def _fail(self, message: Outgoing, reason: str) -> None:
        log.warning("outbound.failed", outbound=message.send.id, reason=reason)
        event = SendFailed(outbound_id=message.send.id, reason=reason, at=self._clock.now())
        await self._database.run_patiently(
            lambda db: outbound_rows.settle_failed(db, message.position, event)
        )
        self._on_settled()

    async def _leave_uncertain(self, message: Outgoing, error: SendUncertainError) -> None:
        log.warning("outbound.uncertain", outbound=message.send.id, problem=str(error))
        event = SendUncertain(
            outbound_id=message.send.id, reason=_SILENT.format(error), at=self._clock.now()
        )
        await self._database.run_patiently(
            lambda db: outbound_rows.settle_uncertain(db, message.position, event)
        )
        self._on_settled()

    async def _without_file(self, message: Outgoing, error: FileError) -> Outcome:
        refused = error.problem is FileProblem.FAILED
        if error.problem in _NEVER or (refused and message.refusals + 1 >= MAX_REFUSALS):
            await self._fail(message, _NO_FILE.format(error))
            return Outcome.ENDED
        await self._take_back(message, error, refused=refused)
        return Outcome.LATER

    async def _take_back(
        self, message: Outgoing, error: Exception, *, refused: bool = False
    ) -> None:
        wait = _AGAIN.delay(message.attempts + 1)
        due, note = self._clock.now() + wait, str(error)
        log.warning(
            "outbound.delayed",
            outbound=message.send.id,
            attempts=message.attempts + 1,
            wait=wait.total_seconds(),
            problem=note,
        )
        await self._database.run_patiently(
            lambda db: outbound_rows.take_back(
                db, message.position, due=due, note=note, refused=refused
            )
        )
