"""Removes what is over: sessions, links, counts."""

import asyncio
from datetime import timedelta

import structlog

from shared.clock import Clock
from shared.errors import TransientError
from shared.stores import attempts, browser_sessions, mail_proofs

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)


async def sweep_for_ever(clock: Clock) -> None:
    while True:
        try:
            await sweep(clock)
        except TransientError as error:
            log.warning("sweep.postponed", error=str(error))
        await asyncio.sleep(EVERY.total_seconds())


async def sweep(clock: Clock) -> None:
    """No guard: what is over the portal's role may have removed, and does not see."""
    now = clock.now()
    await browser_sessions.sweep(now=now)
    await mail_proofs.sweep(now=now)
    await attempts.sweep(now=now)
