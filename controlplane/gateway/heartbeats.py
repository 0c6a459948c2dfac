"""Heartbeats of the whole fleet, written in one statement a tick."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
import structlog

from shared.clock import Clock
from shared.enums import SkipReason
from shared.errors import TransientError
from shared.ids import TenantId
from shared.structs.fleet import HeartbeatRecord
from shared.wire.frames import Heartbeat

log = structlog.get_logger(__name__)

# A tenth of the shortest sensible heartbeat: what a reader sees is never staler by more.
TICK = timedelta(seconds=1)
MAX_COUNT = 2**53  # beyond it readers of JSON begin to round
Write = Callable[[list[HeartbeatRecord]], Awaitable[None]]


class HeartbeatCollector:
    """Keeps the newest heartbeat per tenant between two ticks."""

    def __init__(self, write: Write, *, clock: Clock, tick: timedelta = TICK) -> None:
        self._write = write
        self._clock = clock
        self._tick = tick
        self._newest: dict[TenantId, HeartbeatRecord] = {}

    def collect(self, tenant_id: TenantId, epoch: int, heartbeat: Heartbeat) -> None:
        now = self._clock.now()
        self._newest[tenant_id] = HeartbeatRecord(
            tenant_id=tenant_id,
            epoch=epoch,
            at=now,
            outbox_depth=heartbeat.outbox_depth,
            memory_bytes=heartbeat.memory_bytes,
            keepalive_at=_ago(now, heartbeat.keepalive_age),
            last_inbound_at=_ago(now, heartbeat.inbound_age),
            session=heartbeat.session,
            skipped_json=_to_json(heartbeat.skipped),
        )

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._tick.total_seconds())
            await self.flush()

    async def flush(self) -> None:
        """Writes what was collected; what is not taken now goes with the next tick."""
        batch, self._newest = self._newest, {}
        if not batch:
            return
        try:
            await self._write(list(batch.values()))
        except TransientError as error:
            log.warning("heartbeats.delayed", count=len(batch), error=str(error))
            self._newest = batch | self._newest


def _to_json(skipped: dict[str, int]) -> str:
    """Only reasons that are known here, and counts that a row can hold."""
    known = {reason: skipped[reason] for reason in SkipReason if reason in skipped}
    return msgspec.json.encode({name: min(n, MAX_COUNT) for name, n in known.items()}).decode()


def _ago(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now - timedelta(seconds=seconds)
