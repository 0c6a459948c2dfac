"""What the gateway connection sees of this worker."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from resource import getpagesize
from sqlite3 import Connection

import msgspec
import structlog

from shared.clock import Clock
from shared.enums import SessionReason, SessionState
from shared.structs.takeovers import ChatTaken
from shared.structs.tenants import TenantConfig
from shared.wire.files import AskPiece, FetchFile, FileMissing, FileReady, Piece
from shared.wire.frames import (
    LOG_OUT,
    NEW_QR_ROUND,
    PAIRING_CODE,
    CancelSend,
    Command,
    CommandResult,
    Heartbeat,
    Numbered,
    PhoneAccepted,
    PhoneRefused,
    Send,
    SendTaken,
    SessionReport,
)
from worker import meta
from worker.database import Database, StorageError
from worker.files.lending import Lending
from worker.inbox import taken_chats
from worker.inbox.intake import Intake
from worker.logtail import LogTail
from worker.outbox.answering import Answering
from worker.outbox.outbound import Outbound
from worker.outbox.zones import load_quiet, load_zone
from worker.session.link import PhoneLink
from worker.session.machine import Accepted, Refused
from worker.uplink import event_rows
from worker.uplink.room import Room, Size

log = structlog.get_logger(__name__)

_NO_SPACE = "the worker's disk is full: new messages wait at WhatsApp"
_NUMBER_CHANGED = Refused(SessionReason.WRONG_PHONE, "the tenant's number was changed")
_FULL = "the worker holds as many events as it may for the control plane: new messages wait"


class LocalWorker:
    def __init__(
        self,
        *,
        database: Database,
        link: PhoneLink,
        intake: Intake,
        answering: Answering,
        outbound: Outbound,
        lending: Lending,
        room: Room,
        log_tail: LogTail,
        disk_bytes: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._database = database
        self._link = link
        self._intake = intake
        self._answering = answering
        self._outbound = outbound
        self._lending = lending
        self._room = room
        self._log_tail = log_tail
        self._disk_bytes = disk_bytes
        self._clock = clock
        self._config: TenantConfig | None = None
        self._kept_skipped = intake.skipped.copy()
        self.is_stopping = False

    async def next_batch(self, *, after: int) -> list[Numbered]:
        return await self._database.run(lambda db: event_rows.next_batch(db, after=after))

    async def acknowledge(self, seq: int) -> None:
        def forget(db: Connection) -> Size:
            event_rows.acknowledge(db, seq)
            return event_rows.get_size(db)

        self._room.measure(await self._database.run_patiently(forget))

    async def configure(self, config: TenantConfig) -> None:
        if config == self._config:
            return
        self._config = config
        self._answering.configure(config, await asyncio.to_thread(load_zone, config))
        self._outbound.keep_quiet(await asyncio.to_thread(load_quiet, config.quiet_hours))
        await self._database.run_patiently(lambda db: meta.set_config(db, config))
        log.info("config.applied", template=config.template_type, language=config.language)

    def report(self) -> SessionReport:
        if not self.is_stopping:
            return self._with_detail(self._link.report())
        return SessionReport(
            state=SessionState.DISCONNECTED,
            reason=SessionReason.WORKER_STOPPED,
            own_phone=self._link.own_phone or None,
        )

    async def heartbeat(self) -> Heartbeat:
        await self.keep_skipped()
        keepalive_age = self._link.keepalive_age()
        heard_at = self._intake.last_inbound_at
        return Heartbeat(
            session=self.report().state,
            outbox_depth=(await self._database.run(event_rows.get_size)).events,
            memory_bytes=await asyncio.to_thread(used_bytes),
            disk_bytes=await asyncio.to_thread(self._disk_bytes),
            keepalive_age=keepalive_age.total_seconds() if keepalive_age is not None else None,
            inbound_age=(self._clock.now() - heard_at).total_seconds() if heard_at else None,
            skipped={reason.value: count for reason, count in self._intake.skipped.items()},
        )

    async def keep_skipped(self) -> None:
        """Groups, status posts and the like: counted in memory, and kept with each heartbeat,
        for a busy group is not worth a disk write a message. A kill -9 forgets what came since.
        """
        counts = self._intake.skipped.copy()
        if counts == self._kept_skipped:
            return
        try:
            await self._database.run(lambda db: meta.set_skipped(db, counts))
        except StorageError:
            return  # the volume is full: the totals are written with a later heartbeat
        self._kept_skipped = counts
        log.info("messages.skipped", **{k.lower(): n for k, n in counts.items()})

    def take_log_lines(self) -> list[str]:
        return self._log_tail.take()

    async def command(self, command: Command) -> CommandResult:
        match command:
            case Command(kind=kind) if kind == NEW_QR_ROUND:
                accepted = self._link.begin_qr_round()
            case Command(kind=kind, phone_number=str(number)) if kind == PAIRING_CODE:
                accepted = self._link.begin_pairing(number)
            case Command(kind=kind) if kind == LOG_OUT:
                self._link.judge(self._link.own_phone, _NUMBER_CHANGED)
                # A session of another generation follows: of this one nothing more is to be told.
                self.is_stopping = accepted = True
            case _:
                detail = f"unknown kind {command.kind}"
                return CommandResult(id=command.id, ok=False, detail=detail)
        detail = "" if accepted else f"the link is {self._link.state}: no code can be had"
        return CommandResult(id=command.id, ok=accepted, detail=detail)

    async def send(self, send: Send) -> SendTaken | None:
        return await self._outbound.take(send)

    async def cancel_send(self, request: CancelSend) -> SendTaken | None:
        return await self._outbound.cancel(request)

    async def learn_takeovers(self, chats: Sequence[ChatTaken]) -> None:
        await self._database.run_patiently(lambda db: taken_chats.learn(db, chats))

    def judge_phone(self, verdict: PhoneAccepted | PhoneRefused) -> None:
        match verdict:
            case PhoneAccepted(phone=phone):
                self._link.judge(phone, Accepted())
            case PhoneRefused(phone=phone, reason=word, detail=detail):
                self._link.judge(phone, Refused(_to_refusal(word), detail))

    async def fetch_file(self, request: FetchFile) -> FileReady | FileMissing:
        return await self._lending.fetch(request)

    async def read_piece(self, request: AskPiece) -> Piece | FileMissing:
        return await self._lending.read_piece(request)

    async def file_done(self, name: str) -> None:
        await self._lending.done(name)

    async def disconnected(self) -> None:
        await self._lending.take_back()

    def _with_detail(self, report: SessionReport) -> SessionReport:
        """The link is well and messages still wait: that must be said somewhere. A full disk keeps
        the link itself from beginning.
        """
        details = [_NO_SPACE] if self._room.is_tight else []
        if report.state is SessionState.CONNECTED:
            frozen, quiet = self._outbound.frozen, self._outbound.quiet_detail
            details += [_FULL] if self._room.is_full else []
            details += [frozen.detail] if frozen is not None else []
            details += [quiet] if quiet else []
        if not details:
            return report
        return msgspec.structs.replace(report, detail="; ".join(details))


def _to_refusal(word: str) -> SessionReason:
    """A newer control plane may refuse for a reason that this worker has no word for."""
    known = [reason for reason in SessionReason if reason.is_refusal and reason == word]
    return known[0] if known else SessionReason.WRONG_PHONE


def used_bytes() -> int:
    """PSS: what workers of one image have in common counts once in all of them. Where the kernel
    does not tell (before Linux 4.14, some sandboxes) all that is resident.
    """
    try:
        rollup = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * getpagesize()
    [kilobytes] = [line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")]
    return int(kilobytes) * 1024
