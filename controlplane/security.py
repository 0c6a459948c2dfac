"""Security events are written down, and what is old is swept."""

import asyncio
from datetime import timedelta

import structlog

from shared import security
from shared.clock import Clock
from shared.errors import TransientError
from shared.security import Write
from shared.stores import attempts, audit, audit_chain, security_events
from shared.structs.security import SecurityCount
from shared.tasks import TaskGroup

log = structlog.get_logger(__name__)

SWEEP = timedelta(hours=1)


async def keep_security(clock: Clock) -> None:
    """Until cancelled; what is left then is for `write_rest`."""
    async with TaskGroup() as tasks:
        tasks.supervise("security events", security.keep_for_ever(_writing(clock)))
        tasks.supervise("security sweep", _sweep_for_ever(clock))
        await tasks.join()


async def write_rest(clock: Clock) -> None:
    try:
        await security.write_down(_writing(clock))
    except TransientError as error:
        log.warning("security.lost", error=str(error))


async def sweep(clock: Clock) -> None:
    now = clock.now()
    await security_events.sweep(now=now)
    await audit.sweep_hourly(now=now)
    # Kept elsewhere, it tells later whether what came last was removed (`audit verify --expect`).
    head = await audit_chain.find_head()
    log.info("audit.head", position=head.position, hash=head.hash)
    # Those of dashboard and API; the portal's own it sweeps as well.
    await attempts.sweep(now=now)


async def _sweep_for_ever(clock: Clock) -> None:
    while True:
        try:
            await sweep(clock)
        except TransientError as error:
            log.warning("sweep.postponed", error=str(error))
        await asyncio.sleep(SWEEP.total_seconds())


def _writing(clock: Clock) -> Write:
    async def write(counts: list[SecurityCount]) -> None:
        await security_events.add(counts, now=clock.now())

    return write
