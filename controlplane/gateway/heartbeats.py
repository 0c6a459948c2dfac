"""Heartbeats of the whole fleet, written in one statement a tick."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import msgspec
import structlog

from controlplane.containment import contained, tell_contained
from controlplane.disk_reports import DiskReports
from shared.bounds import MAX_EXACT, to_past
from shared.clock import Clock
from shared.enums import SkipReason
from shared.errors import FlowHQError, TransientError
from shared.ids import TenantId
from shared.structs.fleet import HeartbeatRecord
from shared.wire.frames import Heartbeat

log = structlog.get_logger(__name__)

# A tenth of the shortest sensible heartbeat: what a reader sees is never staler by more.
TICK = timedelta(seconds=1)
# A statement that fails for more tenants than this at once fails for a mistake of ours, and is not
# tried again for each of the others.
MOST_BAD = 16
Write = Callable[[list[HeartbeatRecord]], Awaitable[None]]


class HeartbeatCollector:
    """Keeps the newest heartbeat per tenant between two ticks."""

    def __init__(
        self,
        write: Write,
        *,
        clock: Clock,
        tick: timedelta = TICK,
    ) -> None:
        self.disk = DiskReports()
        self._write = write
        self._clock = clock
        self._tick = tick
        self._newest: dict[TenantId, HeartbeatRecord] = {}

    def collect(self, tenant_id: TenantId, epoch: int, heartbeat: Heartbeat) -> None:
        now = self._clock.now()
        self.disk.report(tenant_id, heartbeat.disk_bytes)
        self._newest[tenant_id] = HeartbeatRecord(
            tenant_id=tenant_id,
            epoch=epoch,
            at=now,
            outbox_depth=heartbeat.outbox_depth,
            memory_bytes=heartbeat.memory_bytes,
            keepalive_at=to_past(now, heartbeat.keepalive_age),
            last_inbound_at=to_past(now, heartbeat.inbound_age),
            session=heartbeat.session,
            skipped_json=_to_json(heartbeat.skipped),
        )

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._tick.total_seconds())
            async with contained("heartbeats"):
                await self.flush()

    async def flush(self) -> None:
        """Writes what was collected; what is not taken now goes with the next tick."""
        batch, self._newest = self._newest, {}
        if not batch:
            return
        try:
            await self._write_halves(list(batch.values()), _Patience())
        except TransientError as error:
            log.warning("heartbeats.delayed", count=len(batch), error=str(error))
            self._newest = batch | self._newest

    async def _write_halves(
        self, records: Sequence[HeartbeatRecord], patience: "_Patience"
    ) -> None:
        """All in one statement; where that fails, its halves, down to the one it fails for."""
        try:
            await self._write(list(records))
        except FlowHQError:
            raise
        except Exception as error:
            if len(records) == 1:
                patience.bad += 1
                await tell_contained("heartbeat", error, records[0].tenant_id)
                return
            if patience.bad >= MOST_BAD:
                log.error("heartbeats.dropped", count=len(records), exc_info=error)  # noqa: TRY400  it is told with it
                return
            middle = len(records) // 2
            await self._write_halves(records[:middle], patience)
            await self._write_halves(records[middle:], patience)


class _Patience:
    """How many of a batch could not be written."""

    def __init__(self) -> None:
        self.bad = 0


def _to_json(skipped: dict[str, int]) -> str:
    """Only reasons that are known here, and counts that readers of JSON keep exactly."""
    known = {reason: skipped[reason] for reason in SkipReason if reason in skipped}
    return msgspec.json.encode({name: min(n, MAX_EXACT) for name, n in known.items()}).decode()
