"""Counts the fleet once a minute, for plots, and lets go of what is old."""

import asyncio
from datetime import timedelta

import structlog

from controlplane.containment import contained
from shared.clock import Clock
from shared.errors import TransientError
from shared.stores import attempts, fleet_samples, incidents, operator_sessions, tenant_lists

log = structlog.get_logger(__name__)

MINUTE = timedelta(minutes=1)
# Rows are let go of this seldom: each time, all of them are looked through.
SWEEP_EVERY = 60


async def sample_for_ever(*, leading: asyncio.Event, clock: Clock) -> None:
    """leading: only the control plane that acts counts; two would count the same."""
    minutes = 0
    while True:
        await leading.wait()
        try:
            async with contained("fleet samples"):
                await fleet_samples.record(await tenant_lists.count_tenants(now=clock.now()))
            if minutes % SWEEP_EVERY == 0:
                async with contained("sweep of old rows"):
                    await fleet_samples.thin(now=clock.now())
                    await incidents.trim()
                    await operator_sessions.sweep(now=clock.now())
                    await attempts.sweep(now=clock.now())
            minutes += 1
        except TransientError as error:
            log.warning("fleet.uncounted", error=str(error))
        await asyncio.sleep(_until_next_minute(clock).total_seconds())


def _until_next_minute(clock: Clock) -> timedelta:
    now = clock.now()
    return now.replace(second=0, microsecond=0) + MINUTE - now
