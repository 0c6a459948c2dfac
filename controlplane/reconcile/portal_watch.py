"""Keeps the portal's role from holding up the database, whatever its process became."""

import asyncio
from datetime import timedelta

import structlog

from shared.errors import PermanentError, TransientError
from shared.stores import backends

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=10)
# Twice what the role's own timeouts let a statement or a pause between two take.
LONGEST = timedelta(seconds=60)


async def watch_portal(*, look_every: timedelta = LOOK_EVERY, longest: timedelta = LONGEST) -> None:
    """Until cancelled, or until it turns out that the database does not let us."""
    while True:
        try:
            ended = await backends.end_stuck(longer_than=longest)
            if ended:
                log.error("portal.ended_transactions", count=ended, longest=str(longest))
        except TransientError as error:
            log.warning("portal.unwatched", error=str(error))
        except PermanentError as error:
            log.warning("portal.unwatched", error=str(error))
            return
        await asyncio.sleep(look_every.total_seconds())
