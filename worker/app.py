"""Composition root: puts one tenant's worker together, runs it until it is to stop."""

import asyncio
import signal
from collections.abc import Mapping
from secrets import token_hex

import structlog

from shared.clock import SystemClock
from shared.enums import SkipReason
from shared.structs.content import CONTENT_TYPES
from shared.tasks import TaskGroup
from shared.wire.events import MessageReceived
from shared.wire.files import AskPiece, FileMissing, Piece
from shared.wire.frames import Hello
from worker import meta
from worker.database import Database
from worker.drain import drain
from worker.files.borrowing import Borrowing
from worker.files.lending import Lending
from worker.inbox import file_rows, rows, taken_chats
from worker.inbox.gate import Brought, Gate, Position, place_at_start
from worker.inbox.intake import Intake
from worker.inbox.lost import name_lost
from worker.inbox.receipts import Receipts
from worker.inbox.unread import Unread
from worker.local import LocalWorker
from worker.logtail import LogTail
from worker.outbox import outbound_rows
from worker.outbox.answering import Answering
from worker.outbox.attaching import Attaching
from worker.outbox.outbound import Outbound
from worker.outbox.quiet import QuietTimes
from worker.outbox.replies import Replies
from worker.outbox.sending import Sending
from worker.outbox.turns import Turns
from worker.outbox.zones import load_quiet, load_zone
from worker.session.link import PhoneLink
from worker.session.volume import Volume
from worker.settings import WorkerSettings
from worker.uplink import event_rows
from worker.uplink.room import Room
from worker.uplink.uplink import Uplink
from worker.whatsapp.events import MessageEvent, Missed, Receipt, WhatsAppEvent
from worker.whatsapp.file_client import FileClient
from worker.whatsapp.journal import Journal
from worker.whatsapp.library import Library, find_library
from worker.whatsapp.neonize_client import NeonizeClient
from worker.whatsapp.typing import Typing

log = structlog.get_logger(__name__)


async def run(settings: WorkerSettings, volume: Volume, log_tail: LogTail, *, token: str) -> None:
    """Returns after SIGTERM or SIGINT; raises what makes going on impossible."""
    stopping = _stop_signal()
    database = Database(volume.database_file, on_refused=volume.reserve.heard)
    await database.open()
    async with TaskGroup() as tasks:
        worker = await _build(settings, volume, database, log_tail, tasks, token=token)
        try:
            await worker.start(stopping)
            await _until_stopped(stopping, tasks)
            await worker.stop()
        finally:
            log_tail.on_line = lambda: None  # the loop that it wakes ends here


class _Worker:
    """The parts, and the wires between them."""

    def __init__(
        self,
        settings: WorkerSettings,
        volume: Volume,
        database: Database,
        log_tail: LogTail,
        tasks: TaskGroup,
        *,
        token: str,
        own_phone: str,
        accepted: str | None,
        skipped: Mapping[SkipReason, int],
    ) -> None:
        clock = self._clock = SystemClock()
        self._loop = asyncio.get_running_loop()
        self._database = database
        self._log_tail = log_tail
        self._tasks = tasks
        self._stored_phone = own_phone
        self._accepted = accepted
        library = Library(find_library())
        self._reserve = volume.reserve
        self._client = NeonizeClient(
            library,
            session_file=volume.session_file,
            journal=Journal(volume.journal_directory),
            sink=self._on_event,
            on_warning=self._reserve.heard,
        )
        self._quiet = QuietTimes(clock)
        self._gate = Gate(Position.HELD, through=self._pass)
        self._link = PhoneLink(
            self._client,
            volume,
            clock,
            own_phone=own_phone,
            accepted=accepted or "",
            gate=self._gate,
            keep_accepted=self._keep_accepted,
            settled=self._settled,
            on_change=self._on_link_change,
        )
        self._room = Room(self._client, settings.outbox_bound)
        self._unread = Unread(
            self._client,
            database,
            clock,
            wait=settings.unread_wait,
            connected=self._link.connected,
            own_phone=lambda: self._link.own_phone,
            on_recorded=self._on_recorded,
        )
        self._intake = Intake(
            self._client,
            database,
            clock,
            own_phone=lambda: self._link.own_phone,
            on_recorded=self._on_recorded,
            skipped=skipped,
            room=self._room,
            unread=self._unread,
        )
        turns = Turns()
        replies = Replies(self._client, database, self._quiet, turns, on_settled=self._wake_uplink)
        self.answering = Answering(
            database, replies, turns, tasks, clock, connected=self._link.connected
        )
        self._file_client = FileClient(self._client)
        borrowing = Borrowing(self._ask_gateway, volume.files_directory)
        sending = Sending(
            self._client,
            database,
            self._quiet,
            turns,
            clock,
            attach=Attaching(borrowing, self._file_client).attach,
            own_phone=lambda: self._link.own_phone,
            on_settled=self._on_send_settled,
        )
        self._receipts = Receipts(
            database, is_sending=lambda: sending.is_under_way, on_recorded=self._wake_uplink
        )
        self._typing = Typing(self._client, tasks)
        self.outbound = Outbound(
            client=self._client,
            database=database,
            sending=sending,
            turns=turns,
            tasks=tasks,
            clock=clock,
            rules=settings.pacing,
            typing=self._typing,
            connected=self._link.connected,
            on_change=self._wake_uplink,
        )
        self._lending = Lending(
            self._file_client,
            database,
            volume.files_directory,
            clock,
            connected=self._link.connected,
        )
        self._local = LocalWorker(
            database=database,
            link=self._link,
            intake=self._intake,
            answering=self.answering,
            outbound=self.outbound,
            lending=self._lending,
            room=self._room,
            log_tail=log_tail,
            disk_bytes=volume.used_bytes,
            clock=clock,
        )
        hello = Hello(
            token=token,
            boot_id=token_hex(16),
            image=settings.image,
            can_send=CONTENT_TYPES,
            heeds_refusals=True,
        )
        self._uplink = Uplink(settings.gateway_url, hello, self._local)

    async def start(self, stopping: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        # Lines come from the library's thread as well.
        self._log_tail.on_line = lambda: loop.call_soon_threadsafe(self._wake_uplink)
        await self._lending.open()
        await self.outbound.restore()
        self._room.measure(await self._database.run(event_rows.get_size))
        self._reserve.on_change = self._on_space
        device = await self._client.find_device()
        self._gate.move(place_at_start(device=device, accepted=self._accepted))
        await self._client.replay()
        self._tasks.supervise("intake", self._intake.run())
        self._tasks.supervise("unread", self._unread.run())
        self._tasks.supervise("receipts", self._receipts.run())
        self._tasks.supervise("outbound", self.outbound.run())
        self._tasks.supervise("uplink", self._stay_up(stopping))
        self._tasks.supervise("reserve", self._reserve.run())
        self._tasks.supervise("link", self._stay_linked())
        for chat in await self._database.run(rows.list_open_chats):
            self.answering.wake(chat)

    async def stop(self) -> None:
        log.info("worker.draining")
        await drain(
            room=self._room,
            answering=self.answering,
            outbound=self.outbound,
            link=self._link,
            intake=self._intake,
            receipts=self._receipts,
            local=self._local,
            uplink=self._uplink,
            lending=self._lending,
            database=self._database,
        )
        self._file_client.aclose()
        self._typing.aclose()
        self._client.aclose()

    async def _stay_up(self, stopping: asyncio.Event) -> None:
        await self._uplink.run()
        # Superseded: two workers on one tenant are one too many, and the newer one stays.
        stopping.set()

    async def _ask_gateway(self, request: AskPiece) -> Piece | FileMissing:
        return await self._uplink.ask(request)

    async def _stay_linked(self) -> None:
        await self._reserve.space()
        await self._intake.settled()
        if self._gate.position is Position.OPEN:
            self._on_recorded(
                await name_lost(
                    self._client,
                    self._database,
                    own_phone=self._stored_phone,
                    now=self._clock.now(),
                )
            )
        await _prune(self._database)
        await self._link.run()

    def _on_event(self, event: WhatsAppEvent) -> None:
        if isinstance(event, MessageEvent | Receipt | Missed):
            self._gate.handle(event)
        else:
            self._link.handle(event)

    def _pass(self, event: Brought) -> None:
        if isinstance(event, Receipt):
            self._receipts.handle(event)
        elif isinstance(event, Missed):
            self._tasks.supervise("missed", self._unread.look_for(event))
        else:
            self._intake.handle(event)

    async def _keep_accepted(self, device: str) -> None:
        await self._database.run_patiently(lambda db: meta.set_accepted(db, device))

    async def _settled(self) -> None:
        await self._intake.settled()
        await self._receipts.settled()

    def _on_recorded(self, messages: list[MessageReceived]) -> None:
        for message in messages:
            chat = rows.chat_of(message)
            self._quiet.heard(chat)
            self.answering.wake(chat)
            self.outbound.heard(message.contact)
        self._wake_uplink()

    def _on_space(self, tight: bool) -> None:  # noqa: FBT001  a callback's one argument
        """On whichever thread found it out."""
        self._room.tighten(tight=tight)
        self._loop.call_soon_threadsafe(self._wake_uplink)

    def _on_send_settled(self) -> None:
        self._receipts.look_again()
        self._wake_uplink()

    def _on_link_change(self) -> None:
        phone = self._link.own_phone
        if phone != self._stored_phone:
            self._stored_phone = phone
            self._tasks.supervise("own phone", self._store_phone(phone))
        self.outbound.wake()
        self._wake_uplink()

    async def _store_phone(self, phone: str) -> None:
        await self._database.run_patiently(lambda db: meta.set_own_phone(db, phone))

    def _wake_uplink(self) -> None:
        self._uplink.wake()


async def _build(
    settings: WorkerSettings,
    volume: Volume,
    database: Database,
    log_tail: LogTail,
    tasks: TaskGroup,
    *,
    token: str,
) -> _Worker:
    # Of the session that is on the volume: what it left there is judged by it.
    accepted = await database.run(meta.find_accepted)
    await _begin_session_generation(settings.session_generation, volume, database)
    await _recover(database)
    own_phone = await database.run(meta.find_own_phone)
    skipped = await database.run(meta.get_skipped)
    worker = _Worker(
        settings,
        volume,
        database,
        log_tail,
        tasks,
        token=token,
        own_phone=own_phone,
        accepted=accepted,
        skipped=skipped,
    )
    config = await database.run(meta.find_config)
    if config is not None:
        worker.answering.configure(config, await asyncio.to_thread(load_zone, config))
        worker.outbound.keep_quiet(await asyncio.to_thread(load_quiet, config.quiet_hours))
    return worker


async def _recover(database: Database) -> None:
    now = SystemClock().now()
    replies = await database.run(rows.recover)
    sends = await database.run(lambda db: outbound_rows.recover(db, now=now))
    if replies or sends:
        log.warning("sends.uncertain", replies=replies, queued=sends)


async def _prune(database: Database) -> None:
    """Once it was looked into what is known."""
    now = SystemClock().now()
    await database.run(lambda db: rows.prune(db, now=now))
    await database.run(lambda db: outbound_rows.prune(db, now=now))
    await database.run(lambda db: file_rows.prune(db, now=now))
    await database.run(lambda db: taken_chats.prune(db, now=now))


async def _begin_session_generation(wanted: int, volume: Volume, database: Database) -> None:
    held = await database.run(meta.find_session_generation)
    if held is None:
        await database.run(lambda db: meta.begin_session(db, wanted))
        return
    if wanted <= held:
        return
    # Forgotten first, remembered after: a crash in between forgets once more, which is harmless.
    await asyncio.to_thread(volume.forget_session)
    await database.run(lambda db: meta.begin_session(db, wanted))
    log.info("session.reset", generation=wanted)


async def _until_stopped(stopping: asyncio.Event, tasks: TaskGroup) -> None:
    """Raises the error of a task that failed first."""
    waits = [asyncio.ensure_future(stopping.wait()), asyncio.ensure_future(tasks.join())]
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    for wait in done:
        wait.result()


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping
