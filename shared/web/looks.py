"""What open pages of one business share: fifty that were told the same ask the database once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import timedelta
from typing import Any, TypeVar

from shared.ids import TenantId

SeenT = TypeVar("SeenT")
# Enough for pages that were told in the same moment; whatever shows the time of day stays true.
SHARED_FOR = timedelta(seconds=1)


class Looks:
    def __init__(self, *, shared_for: timedelta = SHARED_FOR) -> None:
        self._shared_for = shared_for.total_seconds()
        self._seen: dict[TenantId, dict[Hashable, asyncio.Future[Any]]] = {}

    async def see(
        self, tenant_id: TenantId, what: Hashable, look: Callable[[], Awaitable[SeenT]]
    ) -> SeenT:
        """What `look` gives; also what it gave to somebody else a moment ago, unless `forget`
        was called since.

        what: names what is looked at, with all that it depends on. Raises what `look` does.
        """
        looks = self._seen.setdefault(tenant_id, {})
        while (running := looks.get(what)) is not None:
            try:
                seen: SeenT = await asyncio.shield(running)
            except asyncio.CancelledError:
                if not running.cancelled():
                    raise
            else:
                return seen
        loop = asyncio.get_running_loop()
        looks[what] = mine = loop.create_future()
        try:
            seen = await look()
        except BaseException:
            # The others look for themselves: this one may just have gone away.
            _drop(looks, what, mine)
            mine.cancel()
            raise
        mine.set_result(seen)
        loop.call_later(self._shared_for, _drop, looks, what, mine)
        return seen

    def forget(self, tenant_id: TenantId) -> None:
        """What was seen until now, and what is being looked at, may be of before a change."""
        self._seen.pop(tenant_id, None)


def _drop(
    looks: dict[Hashable, asyncio.Future[Any]], what: Hashable, mine: asyncio.Future[Any]
) -> None:
    if looks.get(what) is mine:
        del looks[what]
