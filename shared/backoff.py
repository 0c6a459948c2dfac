"""How long to wait before the next attempt."""

from collections.abc import Callable
from datetime import timedelta
from random import random

import msgspec


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Exponential waits between `first` and `ceiling`, each spread by ±`spread` (0 to 1)."""

    first: timedelta
    ceiling: timedelta
    factor: float = 2.0
    spread: float = 0.25

    def delay(self, attempt: int, *, random: Callable[[], float] = random) -> timedelta:
        """The wait before attempt number `attempt` + 1, where `attempt` ≥ 1 have failed.

        `random` gives a number in [0, 1); many workers of one fleet must not wake together.
        """
        seconds = self.first.total_seconds()
        # Attempt 10,000 must not overflow: no wait of use is beyond 2^62 times the first.
        for _ in range(min(max(attempt - 1, 0), 62)):
            seconds = min(seconds * self.factor, self.ceiling.total_seconds())
        return timedelta(seconds=seconds * (1 + self.spread * (2 * random() - 1)))
