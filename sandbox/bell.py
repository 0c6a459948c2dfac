"""Waiting for something to become true, without asking again and again."""

import asyncio
from collections.abc import Callable
from datetime import timedelta


class Bell:
    """Rung whenever something changed; whoever waits looks again."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def ring(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, is_true: Callable[[], bool], *, within: timedelta | None) -> bool:
        """Whether `is_true` became so within the time given; None waits for ever."""
        try:
            async with asyncio.timeout(None if within is None else within.total_seconds()):
                while not is_true():
                    await self._changed.wait()
        except TimeoutError:
            return is_true()
        return True
