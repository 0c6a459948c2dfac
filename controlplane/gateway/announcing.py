"""Tells open pages that messages were committed, once for all that come together.

Not in the commits themselves: PostgreSQL lets those that notify through one after another, and
a fleet's commits would queue for it.
"""

import asyncio
from datetime import timedelta

import structlog

from controlplane.containment import contained
from shared.errors import TransientError
from shared.ids import TenantId
from shared.stores.announcements import announce

log = structlog.get_logger(__name__)

# A page that is a tenth of a second late is at once for a person.
PACE = timedelta(milliseconds=100)
AGAIN = timedelta(seconds=1)


class Announcer:
    def __init__(self, *, pace: timedelta = PACE) -> None:
        self._pace = pace
        self._changed: set[TenantId] = set()
        self._news = asyncio.Event()

    def add(self, tenant_id: TenantId) -> None:
        self._changed.add(tenant_id)
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            told, self._changed = self._changed, set()
            try:
                async with contained("announcements"):
                    await announce(told)
            except TransientError as error:
                log.warning("announcements.postponed", error=str(error))
                self._changed |= told
                self._news.set()
                await asyncio.sleep(AGAIN.total_seconds())
            await asyncio.sleep(self._pace.total_seconds())
