"""The way to a client: what is sent takes its time, and nothing overtakes."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from sandbox.bell import Bell


class Line:
    """Stanzas under way. Without a delay they leave at once, in the caller's own step."""

    def __init__(self) -> None:
        self._under_way: deque[tuple[float, Callable[[], None]]] = deque()
        self._changed = Bell()

    def put(self, send: Callable[[], None], *, delay: timedelta) -> None:
        if not delay and not self._under_way:
            send()
            return
        due = asyncio.get_running_loop().time() + delay.total_seconds()
        if self._under_way:
            due = max(due, self._under_way[-1][0])
        self._under_way.append((due, send))
        self._changed.ring()

    async def run(self) -> None:
        """Sends each when its time has come, until cancelled."""
        while True:
            await self._changed.until(lambda: bool(self._under_way), within=None)
            due, send = self._under_way[0]
            await asyncio.sleep(max(0, due - asyncio.get_running_loop().time()))
            send()
            self._under_way.popleft()
