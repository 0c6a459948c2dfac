"""Drives the phone link: feeds events to the machine and does what it says."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from random import random

import structlog

from shared.clock import Clock
from shared.enums import SessionState
from shared.wire.frames import SessionReport
from worker.session import machine
from worker.session.machine import (
    Action,
    Begin,
    Elapsed,
    Event,
    Link,
    NewQrRound,
    NoWay,
    PairingAsked,
)
from worker.session.volume import Volume
from worker.whatsapp.events import Connected, KeepAliveTimedOut, Paired
from worker.whatsapp.neonize_client import NeonizeClient

log = structlog.get_logger(__name__)

# The library deletes a session only after it has announced the log-out.
FORGET_PATIENCE = timedelta(seconds=5)
FORGET_POLL = timedelta(milliseconds=100)


class PhoneLink:
    """`on_change` is called, on the loop, after every change of the link's report."""

    def __init__(
        self,
        client: NeonizeClient,
        volume: Volume,
        clock: Clock,
        *,
        own_phone: str,
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

    async def run(self) -> None:
        self.handle(Begin())
        while not self._stopped:
            await self.step(await self._next_event())

    async def step(self, event: Event) -> None:
        self._learn(event)
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
            own_phone=self.own_phone or None,
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

    def _learn(self, event: Event) -> None:
        if isinstance(event, Connected | Paired) and event.own_phone:
            self.own_phone = event.own_phone
        if isinstance(event, KeepAliveTimedOut):
            self._last_keepalive = event.last_success

    def _publish(self, before: Link) -> None:
        link = self._link
        if link.state is SessionState.CONNECTED:
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
        await self._client.stop_round()
        if action is Action.RELINK:
            await asyncio.to_thread(self._volume.forget_session)
            self.own_phone = ""
        if action is not Action.STOP:
            await self._connect()

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
