"""The WhatsApp client: rounds of being connected, sending, looking up. Wraps neonize's library.

A *round* is one run of the library's connect function on its own thread; it lasts until it is
stopped or gives up. Every round has its own name, so that what an old one still says is told
apart. Events are handed over and nothing else happens on the library's thread.
"""

import asyncio
import ctypes
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Semaphore, Thread
from time import monotonic
from typing import Any, TypeVar

import msgspec
import structlog

from shared.enums import SkipReason
from shared.wire.events import Party
from worker.whatsapp import reach, translate
from worker.whatsapp.events import (
    Connected,
    MessageEvent,
    PairingCode,
    PairingRefused,
    QrCode,
    QrRoundOver,
    Receipt,
    Skipped,
    WhatsAppEvent,
)
from worker.whatsapp.journal import Journal
from worker.whatsapp.library import EventCallback, Library, LogCallback, QrCallback
from worker.whatsapp.noted import Noted
from worker.whatsapp.outcomes import NotSentError, SendUncertainError, to_error
from worker.whatsapp.protobuf import Writable, number, read, text, write
from worker.whatsapp.session_file import SessionFileError

log = structlog.get_logger(__name__)

# Messages handed over and not yet durable. Beyond it the library's thread waits, its channel of
# 100 fills, and WhatsApp keeps the rest: slow, never lost.
MAX_UNSETTLED = 500
# How long the library is waited for while it hands over what it has, and after which silence it
# counts as having none: its channel empties as fast as it is read.
LETTING_OUT = 1.5
SILENCE = 0.05
# A warning comes right before the event that it is about.
_MANY_WARNINGS = 100
# A send blocks its thread until the server took the message: how many chats go on in parallel.
SEND_THREADS = 4
# The device name on the phone's list, and a browser as platform.
_CHROME = 1
_DEVICE = write({1: "FlowHQ", 3: _CHROME})
# WhatsApp refuses any other form than a browser and a system that it knows.
_PAIRING_NAME = "Chrome (Linux)"

ResultT = TypeVar("ResultT")


class Sent(msgspec.Struct, frozen=True):
    wa_message_id: str
    at: datetime


class _Round:
    """heard_at: when the library last began or ended saying something; None before it has."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.heard_at: float | None = None
        self.is_speaking = False
        self.callbacks: tuple[Any, ...] = ()  # C code holds no references: they live here
        self.thread: Thread | None = None

    def has_fallen_silent(self) -> bool:
        return (
            not self.is_speaking
            and self.heard_at is not None
            and monotonic() - self.heard_at > SILENCE
        )


class NeonizeClient:
    """`sink` is called on the event loop, in order, for every event of the current round;
    on_warning on the library's thread, with each of its own warnings.
    """

    def __init__(
        self,
        library: Library,
        *,
        session_file: Path,
        journal: Journal,
        sink: Callable[[WhatsAppEvent], None],
        on_warning: Callable[[str], None],
    ) -> None:
        self._library = library
        self._journal = journal
        self._replayed = 0  # of these, what is not settled
        self._session_file = session_file
        self._stored = library.session_file(session_file)
        self._sink = sink
        self._on_warning = on_warning
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(SEND_THREADS, thread_name_prefix="whatsapp")
        self._round: _Round | None = None
        self._rounds = 0
        self._handed_over: deque[tuple[_Round, WhatsAppEvent]] = deque()
        self._unsettled = Semaphore(MAX_UNSETTLED)
        self._view_once: deque[str] = deque(maxlen=_MANY_WARNINGS)
        self._is_held = False
        self._may_hand_over = Event()
        self._may_hand_over.set()
        # Held by threads, never on the loop: asking the library about a client that is being
        # stopped ends the process inside Go.
        self._asking = Lock()

    async def replay(self) -> None:
        """Before the first round: what the last worker was handed, and may have taken along."""
        left = await asyncio.to_thread(self._journal.open)
        self._replayed = len(left)
        if left:
            log.info("messages.replayed", count=len(left))
        for code, body in left:
            self._sink(_translate_message(code, body))

    def start_round(self) -> None:
        assert self._round is None, "stop the round before"
        self._rounds += 1
        current = _Round(f"round-{self._rounds}".encode())
        current.callbacks = (
            QrCallback(lambda _, code: self._hand_over(current, QrCode(_string(code)))),
            QrCallback(lambda _, word: self._hand_over(current, QrRoundOver(_string(word)))),
            EventCallback(lambda _, data, size, code: self._on_event(current, code, data, size)),
            LogCallback(lambda data, size: self._on_log(current, data, size)),
        )
        # A daemon: it may sit in Go for minutes after it was stopped, and must not hold up the end.
        current.thread = Thread(
            target=self._run, args=(current,), name=current.name.decode(), daemon=True
        )
        self._round = current
        current.thread.start()

    async def find_obstacle(self) -> str:
        """Why a round would fail at once; empty when the way to WhatsApp is free."""
        return await reach.find_obstacle(*reach.next_hop(reach.read_proxy()))

    async def has_session(self) -> bool:
        """Whether a linked device is stored."""
        return await asyncio.to_thread(self._stored.has_device)

    async def find_device(self) -> str:
        """The linked device that is stored, by the name that `Connected` gives it; or empty."""
        return await asyncio.to_thread(self._stored.find_device)

    async def log_out(self) -> str:
        """Unlinks this device at WhatsApp, which ends the connection. Empty, or why it failed."""
        current = self._round
        if current is None:
            return "there is no connection"
        return await asyncio.to_thread(self._log_out, current)

    async def list_noted(self) -> list[Noted]:
        """What the library decrypted last. Before the first round: beside it, the answer would
        be older than what is handed over. Raises SessionFileError.
        """
        assert self._round is None, "the library is at work"
        return await asyncio.to_thread(self._stored.list_noted)

    async def stop_round(self) -> None:
        """Disconnects; events that are still under way are dropped with their round."""
        current, self._round = self._round, None
        if current is not None:
            # Not on the pool: its threads may all wait for an answer to a send.
            await asyncio.to_thread(self._stop, current)

    def request_pairing_code(self, phone_number: str) -> None:
        """Answered by PairingCode or PairingRefused. For a round that shows QR codes."""
        current = self._round
        if current is not None:
            self._pool.submit(self._pair, current, phone_number)

    async def settled(self, count: int) -> None:
        """The `count` oldest messages are durable: room for as many more."""
        await asyncio.to_thread(self._journal.settle, count)
        replayed = min(count, self._replayed)
        self._replayed -= replayed
        if count > replayed:
            self._unsettled.release(count - replayed)

    def hold(self) -> None:
        """No more messages until `resume`. The library's thread waits with what it has; whatever
        else the library says waits behind it.
        """
        self._is_held = True
        self._may_hand_over.clear()

    def resume(self) -> None:
        self._is_held = False
        self._may_hand_over.set()

    async def send(self, to: Party, message: bytes) -> Sent:
        """message: as `compose` makes them. Raises NotSentError, SendRefusedError or
        SendUncertainError.
        """
        current = self._round
        if current is None:
            raise NotSentError("there is no connection")
        jid = encode_jid(to.lid or to.phone or "")
        reply = read(await self._in_thread(self._send, current, jid, message))
        if 1 in reply:
            raise to_error(text(reply[1]))
        response = read(reply.get(2))
        if not text(response.get(2)):
            raise SendUncertainError("the library named no message id")
        return Sent(text(response.get(2)), translate.to_instant(number(response.get(1))))

    async def is_on_whatsapp(self, phone: str) -> bool:
        """Asks WhatsApp's server. Raises NotSentError when there is no answer to be had."""
        current = self._round
        if current is None:
            raise NotSentError("there is no connection")
        answer = await self._in_thread(self._ask_on_whatsapp, current, phone.encode())
        error = text(read(answer).get(2))
        if error or not answer:
            raise NotSentError(f"whether a number is on WhatsApp is not known: {error}")
        return translate.read_presence_on_whatsapp(answer)

    async def complete(self, contact: Party) -> Party:
        """Adds the phone or the LID when the session's store knows it."""
        current = self._round
        if current is None or (contact.phone and contact.lid):
            return contact
        find = self._library.find_lid if contact.phone else self._library.find_phone
        jid = encode_jid(contact.phone or contact.lid or "")
        answer = await asyncio.to_thread(self._ask, current, lambda name: find(name, jid))
        found = translate.read_jid(read(answer).get(2))
        return Party(
            phone=contact.phone or translate.to_phone(found),
            lid=contact.lid or translate.to_lid(found),
        )

    async def call(
        self, question: Callable[[Library, bytes], ResultT], *, pool: ThreadPoolExecutor
    ) -> ResultT:
        """The library's answer about the current round, on a thread of `pool`.

        Raises NotSentError when there is no round.
        """
        current = self._round
        if current is None:
            raise NotSentError("there is no connection")
        return await self._loop.run_in_executor(pool, self._call, current, question)

    def aclose(self) -> None:
        self._journal.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _stop(self, current: _Round) -> None:
        # A client that never spoke may not exist, and has nothing that could be lost.
        if current.heard_at is not None:
            with self._asking:
                self._library.disconnect(current.name)
            self._let_out(current)
        with self._asking:
            self._library.stop(current.name)

    def _let_out(self, current: _Round) -> None:
        """What is in the library's channel WhatsApp counts as delivered: once stopped, the library
        would drop up to a hundred messages.
        """
        self._may_hand_over.set()
        deadline = monotonic() + LETTING_OUT
        pause = Event()
        while monotonic() < deadline and not current.has_fallen_silent():
            pause.wait(SILENCE / 5)
        if self._is_held:
            self._may_hand_over.clear()

    def _log_out(self, current: _Round) -> str:
        if current is not self._round:
            return "the connection has ended"
        return self._library.log_out(current.name)

    def _ask(self, current: _Round, question: Callable[[bytes], bytes]) -> bytes:
        """The library's answer; empty when the round has ended."""
        with self._asking:
            return question(current.name) if current is self._round else b""

    def _ask_on_whatsapp(self, current: _Round, phone: bytes) -> bytes:
        if current is not self._round:
            raise NotSentError("the connection has ended")
        return self._library.ask_on_whatsapp(current.name, phone)

    def _call(self, current: _Round, question: Callable[[Library, bytes], ResultT]) -> ResultT:
        if current is not self._round:
            raise NotSentError("the connection has ended")
        return question(self._library, current.name)

    def _pair(self, current: _Round, phone_number: str) -> None:
        if current is not self._round:
            return
        request = write({1: phone_number.removeprefix("+"), 2: True, 3: _CHROME, 4: _PAIRING_NAME})
        answer = read(self._library.pair_phone(current.name, request))
        code, error = text(answer.get(1)), text(answer.get(2))
        refused = PairingRefused(f"no pairing code for {phone_number}: {error or 'no answer'}")
        self._hand_over(current, PairingCode(code) if code and not error else refused)

    def _send(self, current: _Round, jid: bytes, message: bytes) -> bytes:
        if current is not self._round:
            raise NotSentError("the connection has ended")
        return self._library.send(current.name, jid, message)

    async def _in_thread(self, function: Callable[..., ResultT], *arguments: Any) -> ResultT:
        return await self._loop.run_in_executor(self._pool, function, *arguments)

    def _run(self, current: _Round) -> None:
        on_qr, on_login, on_event, on_log = current.callbacks
        self._guard(self._stored.unguard_keys)
        error = self._library.run_round(
            current.name,
            session_file=self._session_file,
            device=_DEVICE,
            on_qr=on_qr,
            on_login=on_login,
            on_event=on_event,
            on_log=on_log,
            subscribed=bytes(translate.SUBSCRIBED),
        )
        self._hand_over(current, translate.translate_end(error))

    def _on_event(self, current: _Round, code: int, data: int, size: int) -> None:
        current.heard_at, current.is_speaking = monotonic(), True
        try:
            self._take(current, code, data, size)
        finally:
            current.heard_at, current.is_speaking = monotonic(), False

    def _take(self, current: _Round, code: int, data: int, size: int) -> None:
        body = ctypes.string_at(data, size) if size else b""
        if code in translate.MESSAGES:
            if code == translate.EventCode.UNDECRYPTABLE:
                body = self._mark_view_once(body)
            self._journal.append(code, body)
            self._may_hand_over.wait()
            self._unsettled.acquire()
            self._hand_over(current, _translate_message(code, body))
            return
        if code == translate.EventCode.RECEIPT:
            self._on_receipt(current, body)
            return
        event = translate.translate_link_event(code, body)
        if isinstance(event, Connected):
            # Asked here, before the first message is handed over: each row names our own phone.
            device = self._ask(current, self._library.get_me)
            event = translate.read_connected(device)
            self._guard(self._stored.guard_keys)
        if event is not None:
            self._hand_over(current, event)

    def _mark_view_once(self, body: bytes) -> bytes:
        with suppress(ValueError):  # it is translated later on, and what is wrong is said there
            return translate.mark_view_once(body, self._view_once)
        return body

    def _guard(self, act: Callable[[], None]) -> None:
        try:
            act()
        except SessionFileError as error:
            # Unguarded, an answer may now and then be lost; not to connect would lose them all.
            log.error("keys.unguarded", problem=str(error))  # noqa: TRY400  no traceback is needed

    def _on_receipt(self, current: _Round, body: bytes) -> None:
        try:
            receipt = translate.translate_receipt(body)
        except (ValueError, OverflowError, OSError) as error:
            log.warning("receipt.unreadable", problem=str(error), bytes=len(body))
            return
        if receipt is not None:
            self._hand_over(current, receipt)

    def _on_log(self, current: _Round, data: int, size: int) -> None:
        """The library's own warnings: they name stanzas and JIDs, never a body or a key."""
        entry = read(ctypes.string_at(data, size) if size > 0 else b"")
        message = text(entry.get(1))[:500]
        self._on_warning(message)
        view_once = translate.find_view_once(message)
        if view_once is not None:
            self._view_once.append(view_once)
        missed = translate.find_missed(message)
        if missed is not None:
            self._hand_over(current, missed)
        log.warning(
            "library.warned",
            module=text(entry.get(3)),
            severity=text(entry.get(2)),
            message=message,
        )

    def _hand_over(self, current: _Round, event: WhatsAppEvent) -> None:
        wake = not self._handed_over
        self._handed_over.append((current, event))
        if wake and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        while self._handed_over:
            source, event = self._handed_over.popleft()
            # Messages and receipts count whatever became of their round: they come only once.
            if source is self._round or isinstance(event, MessageEvent | Receipt):
                self._sink(event)


def _translate_message(code: int, body: bytes) -> MessageEvent:
    try:
        return translate.translate_message_event(code, body)
    # RecursionError: whoever writes to us decides how deep an edit is wrapped into edits.
    except (ValueError, OverflowError, OSError, RecursionError) as error:
        log.warning("message.unreadable", problem=str(error), bytes=len(body))
        return Skipped(SkipReason.UNREADABLE)


def encode_jid(address: str) -> bytes:
    """`+255…` or `…@lid` as the library's JID; all six fields are required."""
    user, _, server = address.partition("@")
    fields: dict[int, Writable] = {
        1: user.removeprefix("+"),
        2: 0,
        3: 0,
        4: 0,
        5: server or "s.whatsapp.net",
        6: 0,
    }
    return write(fields)


def _string(pointer: int) -> str:
    return ctypes.string_at(pointer).decode("utf-8", "replace")
