"""Hands queued messages to the workers that are connected.

The rows are the queue: a dispatcher keeps nothing but the wish to look. It is woken when
something was queued, cancelled or settled, when its worker connects, and by a sweep.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from controlplane.containment import contained, tell_contained
from controlplane.gateway.connection import Connection
from shared.backoff import Backoff
from shared.clock import Clock
from shared.enums import OutboundState
from shared.errors import TransientError
from shared.ids import TenantId
from shared.stores import outbound_work
from shared.structs.content import type_of
from shared.structs.outbound import Handover, NotSent
from shared.wire.events import Party
from shared.wire.frames import CancelSend, Send

log = structlog.get_logger(__name__)

# Enough to keep a paced worker busy; few enough that cancelling and expiry mostly happen here.
MAX_UNSETTLED = 32
# How late a message with a time may go out, and an expired one be shown as such.
SWEEP = timedelta(seconds=1)
# Early receipts are looked through this rarely: they are kept for days.
FORGET_EVERY = timedelta(hours=1)
_TOO_OLD = "This tenant's worker is too old to send this kind of message: restart it."
_TAKEN_BY_NEWER = "A newer worker took this message; the one that runs now does not know its kind."
_AGAIN = Backoff(first=timedelta(seconds=1), ceiling=timedelta(seconds=15))


class Dispatcher:
    def __init__(self, *, clock: Clock, sweep: timedelta = SWEEP) -> None:
        self._clock = clock
        self._sweep = sweep
        # For a moment a tenant has two connections: one that is being replaced, and its successor.
        self._wishes: dict[TenantId, list[asyncio.Event]] = {}

    def wake(self, tenant_id: TenantId) -> None:
        """There may be something to hand over; of no effect while no worker is connected."""
        for wish in self._wishes.get(tenant_id, ()):
            wish.set()

    async def serve(self, connection: Connection) -> None:
        """Until cancelled; cuts the connection if it ends in any other way."""
        wish = asyncio.Event()
        wish.set()
        wishes = self._wishes.setdefault(connection.tenant_id, [])
        wishes.append(wish)
        try:
            while True:
                await wish.wait()
                wish.clear()
                await self._hand_over(connection)
        except Exception as error:  # noqa: BLE001  told below
            connection.abort()  # a worker that is never handed anything must not look served
            await tell_contained("dispatch", error, connection.tenant_id, is_private=True)
        finally:
            wishes.remove(wish)
            if not wishes:
                del self._wishes[connection.tenant_id]

    async def run(self) -> None:
        """The sweep: for what becomes due, or too late, by time alone."""
        forget_at = self._clock.now()
        while True:
            with suppress(TransientError):  # the next sweep sees the same and more
                async with contained("sweep of queued messages"):
                    await self.sweep()
                    if self._clock.now() >= forget_at:
                        forget_at = self._clock.now() + FORGET_EVERY
                        await outbound_work.forget_early_receipts()
            await asyncio.sleep(self._sweep.total_seconds())

    async def sweep(self) -> None:
        now = self._clock.now()
        expired = await outbound_work.expire(now=now)
        if expired:
            log.info("outbound.expired", count=expired)
        if self._wishes:
            for tenant_id in await outbound_work.list_due(list(self._wishes), now=now):
                self.wake(tenant_id)

    async def _hand_over(self, connection: Connection) -> None:
        claimed = await self._claim_patiently(connection)
        for each in claimed:
            await connection.send(_to_frame(each))
        if claimed:
            log.info("outbound.handed_over", tenant_id=connection.tenant_id, count=len(claimed))

    async def _claim_patiently(self, connection: Connection) -> list[Handover]:
        failures = 0
        while True:
            try:
                return await self._claim(connection)
            except TransientError as error:
                failures += 1
                log.warning("outbound.delayed", tenant_id=connection.tenant_id, error=str(error))
                await asyncio.sleep(_AGAIN.delay(failures).total_seconds())

    async def _claim(self, connection: Connection) -> list[Handover]:
        """What this connection's worker can send; the rest is settled, and makes room for more."""
        claimed = await outbound_work.claim(
            connection.tenant_id,
            epoch=connection.epoch,
            now=self._clock.now(),
            limit=MAX_UNSETTLED,
        )
        strange = [each for each in claimed if not _is_for(each, connection)]
        if not strange:
            return claimed
        await outbound_work.settle(
            connection.tenant_id, sent=[], not_sent=[_to_refusal(each) for each in strange]
        )
        log.warning("outbound.refused", tenant_id=connection.tenant_id, count=len(strange))
        self.wake(connection.tenant_id)
        return [each for each in claimed if each not in strange]


def _is_for(claimed: Handover, connection: Connection) -> bool:
    return claimed.withdrawn or type_of(claimed.content) in connection.can_send


def _to_refusal(claimed: Handover) -> NotSent:
    """Of what an older worker does not understand: it would not even say so."""
    if claimed.taken:  # by a newer one, which may have sent it
        return NotSent(id=claimed.id, state=OutboundState.UNCERTAIN, reason=_TAKEN_BY_NEWER)
    return NotSent(id=claimed.id, state=OutboundState.FAILED, reason=_TOO_OLD)


def _to_frame(claimed: Handover) -> Send | CancelSend:
    if claimed.withdrawn:
        return CancelSend(id=str(claimed.id))
    return Send(
        id=str(claimed.id),
        to=_to_party(claimed.to),
        content=claimed.content,
        expires_at=claimed.expires_at,
        taken=claimed.taken,
    )


def _to_party(name: str) -> Party:
    """Members also answer people of whom no more than the LID is known."""
    return Party(lid=name) if name.endswith("@lid") else Party(phone=name)
