"""Drives the phone link: feeds events to the machine and does what it says."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import random

import structlog

from shared.clock import Clock
from shared.enums import SessionState
from shared.wire.frames import SessionReport
from worker.inbox.gate import Gate, Position
from worker.session import machine
from worker.session.machine import (
    Accepted,
    Action,
    Begin,
    Elapsed,
    Event,
    Link,
    NewQrRound,
    NoWay,
    PairingAsked,
    Refused,
    StrangerConnected,
    Verdict,
)
from worker.session.volume import Volume
from worker.whatsapp.events import Connected, KeepAliveTimedOut, Paired
from worker.whatsapp.neonize_client import NeonizeClient

log = structlog.get_logger(__name__)

# The library deletes a session only after it has announced the log-out.
FORGET_PATIENCE = timedelta(seconds=5)
FORGET_POLL = timedelta(milliseconds=100)
# How often a phone that was refused is tried to be logged out, while the library reconnects. In
# vain, the session is forgotten all the same: its keys are gone, and the phone's list names it on.
LOG_OUT_TRIES = 5
LOG_OUT_AGAIN = timedelta(seconds=2)
# Each try waits for an answer for as long as the library does, 75 s; not longer than a person.
LOG_OUT_PATIENCE = timedelta(seconds=20)
# A worker that is to stop meanwhile finishes what usually takes a round trip.
EXPEL_GRACE = timedelta(seconds=2)


class PhoneLink:
    """`on_change` is called, on the loop, after every change of the link's report.

    accepted: the linked device that may serve this tenant; `keep_accepted` makes another durable.
    gate: moved before anything of a session that is not accepted can pass. `settled` returns when
    what has passed it is durable.
    """

    def __init__(
        self,
        client: NeonizeClient,
        volume: Volume,
        clock: Clock,
        *,
        own_phone: str,
        accepted: str,
        gate: Gate,
        keep_accepted: Callable[[str], Awaitable[None]],
        settled: Callable[[], Awaitable[None]],
        on_change: Callable[[], None],
    ) -> None:
        self._client = client
        self._volume = volume
        self._clock = clock
        self._on_change = on_change
        self._link = Link()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._stopped = False
        self._last_keepalive: datetime | None = None
        self.own_phone = own_phone
        self._own_lid = ""
        self._refused_phone = ""
        self._accepted = accepted
        self._device = ""  # that is connected, or was last
        self._gate = gate
        self._keep_accepted = keep_accepted
        self._settled = settled
        self._not_expelling = asyncio.Event()
        self._not_expelling.set()
        self.connected = asyncio.Event()

    @property
    def state(self) -> SessionState:
        return self._link.state

    def keepalive_age(self) -> timedelta | None:
        """Zero while the server answers pings (the library reports misses only)."""
        if self._link.state is SessionState.CONNECTED:
            return timedelta(0)
        if self._last_keepalive is None:
            return None
        return self._clock.now() - self._last_keepalive

    def handle(self, event: Event) -> None:
        self._events.put_nowait(event)

    def begin_qr_round(self) -> bool:
        """False when no round may begin now."""
        accepted = machine.accepts_new_qr_round(self._link)
        if accepted:
            self.handle(NewQrRound())
        return accepted

    def begin_pairing(self, phone_number: str) -> bool:
        """False when no code can be had now."""
        accepted = machine.accepts_pairing(self._link)
        if accepted:
            self.handle(PairingAsked(phone_number))
        return accepted

    def judge(self, phone: str, verdict: Verdict) -> None:
        """The control plane's word about a phone that this link reported."""
        # Of one that is gone meanwhile it says nothing about the next.
        if phone and phone == self.own_phone:
            self.handle(verdict)

    async def run(self) -> None:
        self.handle(Begin())
        while not self._stopped:
            await self.step(await self._next_event())

    async def step(self, event: Event) -> None:
        event = await self._learn(event)
        before = self._link
        self._link, action = machine.advance(
            before,
            event,
            now=self._clock.now(),
            jitter=random(),  # noqa: S311  spreads waits
        )
        self._publish(before)
        await self._do(action)

    async def stop(self) -> None:
        self._stopped = True
        self.connected.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(EXPEL_GRACE.total_seconds()):
                await self._not_expelling.wait()
        await self._client.stop_round()

    def report(self) -> SessionReport:
        link = self._link
        waiting = link.state is SessionState.QR_READY
        expires_at = link.deadline - machine.QR_SLACK if waiting and link.deadline else None
        pairing = link.pairing if link.pairing and link.pairing.code else None
        return SessionReport(
            state=link.state,
            reason=link.reason,
            detail=link.detail,
            own_phone=(self.own_phone or None) if not link.reason.is_refusal else None,
            own_lid=(self._own_lid or None) if not link.reason.is_refusal else None,
            refused_phone=self._refused_phone if link.reason.is_refusal else None,
            qr=link.qr,
            qr_expires_at=expires_at,
            qr_attempt=link.qr_attempt if waiting else None,
            qr_attempts=machine.QRS_A_ROUND if waiting else None,
            pairing_code=pairing.code if pairing else None,
            pairing_phone=pairing.phone_number if pairing else None,
            pairing_expires_at=pairing.expires_at if pairing else None,
            ban_ends_at=link.deadline if link.state is SessionState.BANNED else None,
        )

    async def _next_event(self) -> Event:
        deadline = self._link.deadline
        if deadline is None:
            return await self._events.get()
        wait = (deadline - self._clock.now()).total_seconds()
        try:
            return await asyncio.wait_for(self._events.get(), max(wait, 0))
        except TimeoutError:
            return Elapsed()

    async def _learn(self, event: Event) -> Event:
        """The event as the machine is told of it."""
        match event:
            case Paired(own_phone=phone):
                self.own_phone = phone or self.own_phone
                self._own_lid = self._device = ""
                await self._belong_to("", Position.HELD)
            case Connected():
                return self._recognise(event)
            case Accepted() if self._device:
                # Durable first: a worker that comes after a crash in between asks once more.
                await self._belong_to(self._device, Position.OPEN)
            case Refused():
                self._refused_phone = self.own_phone
                await self._belong_to("", Position.SHUT)
            case KeepAliveTimedOut(last_success=last_success):
                self._last_keepalive = last_success
            case _:
                pass
        return event

    def _recognise(self, event: Connected) -> Event:
        self.own_phone = event.own_phone or self.own_phone
        self._own_lid = event.own_lid or self._own_lid
        self._device = event.device
        if event.device and event.device == self._accepted:
            return event
        self._gate.move(Position.HELD)
        return StrangerConnected()

    async def _belong_to(self, device: str, position: Position) -> None:
        if position is not Position.OPEN:
            self._gate.move(position)
        if device != self._accepted:
            await self._keep_accepted(device)
            self._accepted = device
        self._gate.move(position)

    def _publish(self, before: Link) -> None:
        link = self._link
        if link.state is SessionState.CONNECTED and self._gate.position is Position.OPEN:
            self.connected.set()
        else:
            self.connected.clear()
        if link == before:
            return
        if (link.state, link.reason) != (before.state, before.reason):
            log.info(
                "session.changed",
                state=link.state,
                reason=link.reason,
                who_must_act=link.reason.actor,
                detail=link.detail,
            )
        elif link.qr != before.qr:
            log.info("qr.shown", attempt=link.qr_attempt, of=machine.QRS_A_ROUND)
        elif link.pairing != before.pairing and link.pairing is not None and link.pairing.code:
            log.info("pairing_code.shown", phone_number=link.pairing.phone_number)
        self._on_change()

    async def _do(self, action: Action) -> None:
        if action is Action.KEEP or self._stopped:
            return
        if action is Action.PAIR:
            assert self._link.pairing is not None, "nobody asked"
            self._client.request_pairing_code(self._link.pairing.phone_number)
            return
        if action is Action.RELINK:
            await self._wait_until_forgotten()
        if action is Action.EXPEL:
            self._not_expelling.clear()
            await self._log_out()
            self._not_expelling.set()
        await self._client.stop_round()
        if action in {Action.RELINK, Action.EXPEL}:
            await self._forget()
        if action not in {Action.STOP, Action.EXPEL}:
            await self._connect()

    async def _forget(self) -> None:
        if self._gate.position is Position.HELD:  # it went before anybody said whose it was
            await self._belong_to("", Position.SHUT)
        await self._let_settle()
        await asyncio.to_thread(self._volume.forget_session)
        self.own_phone = self._own_lid = self._device = ""
        self._on_change()

    async def _let_settle(self) -> None:
        """What was handed over is durable, or let go, before the session is gone by which a worker
        after a kill would tell whose it was.
        """
        try:
            async with asyncio.timeout(FORGET_PATIENCE.total_seconds()):
                await self._settled()
        except TimeoutError:
            log.warning("inbox.unsettled")

    async def _log_out(self) -> None:
        for _ in range(LOG_OUT_TRIES):
            if self._stopped:
                return  # the worker that comes next asks again, and is refused again
            try:
                async with asyncio.timeout(LOG_OUT_PATIENCE.total_seconds()):
                    problem = await self._client.log_out()
            except TimeoutError:
                problem = "no answer in time"
            if not problem:
                log.info("phone.logged_out", phone_number=self._refused_phone)
                return
            log.warning("phone.not_logged_out", problem=problem)
            await asyncio.sleep(LOG_OUT_AGAIN.total_seconds())

    async def _connect(self) -> None:
        obstacle = await self._client.find_obstacle()
        if obstacle:
            self.handle(NoWay(obstacle))
        elif not self._stopped:
            self._client.start_round()

    async def _wait_until_forgotten(self) -> None:
        patience = FORGET_PATIENCE
        while patience > timedelta(0) and await self._client.has_session():
            await asyncio.sleep(FORGET_POLL.total_seconds())
            patience -= FORGET_POLL
