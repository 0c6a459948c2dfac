"""Says the same thing seldom: at once the first time, and then with how often it was since."""

from collections.abc import Hashable
from datetime import timedelta
from time import monotonic

# Whoever can make up keys must not fill memory with them.
MAX_KEYS = 10_000


class Seldom:
    """`every`: of each key, at most one in that time is to be said."""

    def __init__(self, every: timedelta) -> None:
        self._every = every.total_seconds()
        self._said: dict[Hashable, tuple[float, int]] = {}

    def count(self, key: Hashable) -> int | None:
        """How many there were since the last that was said, this one included, when it is to be
        said now; None when it is only counted.
        """
        now = monotonic()
        said_at, since = self._said.get(key, (float("-inf"), 0))
        if now - said_at < self._every:
            self._said[key] = (said_at, since + 1)
            return None
        if len(self._said) >= MAX_KEYS:
            self._said.clear()
        self._said[key] = (now, 0)
        return since + 1
