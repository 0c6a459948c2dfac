"""A phone's faults at work: the script, and how far it has got.

Kept in memory alone: a restart is the way out of every script, and what a script held back is
in the mailbox, which does outlast it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import TypeVar

from sandbox.bell import Bell
from sandbox.faults.script import NO_FAULTS, FaultScript, Pick

ItemT = TypeVar("ItemT")


class Faults:
    """One phone's. What streams hold stays the same object when the script changes."""

    def __init__(self) -> None:
        self.changed = Bell()
        self.set(NO_FAULTS)

    def set(self, script: FaultScript) -> None:
        """Begins to count anew."""
        self.script = script
        self._random = Random(script.seed)  # noqa: S311  reproducible, not secret
        self._counts: Counter[str] = Counter()
        self._deliveries = 0
        self.changed.ring()

    @property
    def is_calm(self) -> bool:
        return self.script is NO_FAULTS

    @property
    def counts(self) -> dict[str, int]:
        """How often each fault that picks was put to the question."""
        return dict(self._counts)

    def strikes(self, name: str, pick: Pick) -> bool:
        """Whether the next one of its kind is struck; counts it."""
        self._counts[name] += 1
        self.changed.ring()
        n = self._counts[name]
        by_chance = pick.chance > 0 and self._random.random() < pick.chance
        return n in pick.nth or (pick.every is not None and n % pick.every == 0) or by_chance

    def delay(self) -> timedelta:
        script = self.script
        jitter = self._random.uniform(0, script.jitter) if script.jitter else 0
        return timedelta(seconds=script.delay + jitter)

    def shuffled(self, items: Sequence[ItemT]) -> list[ItemT]:
        order = list(items)
        if self.script.reorder_window > 1:
            self._random.shuffle(order)
        return order

    def is_last_before_reset(self) -> bool:
        """Counts a delivery."""
        self._deliveries += 1
        return self._deliveries == self.script.reset_after

    async def until_open(self, is_over: Callable[[], bool]) -> None:
        """Waits while the connection is half open, or until it is over."""
        await self.changed.until(lambda: not self.script.half_open or is_over(), within=None)


class FaultBook:
    def __init__(self) -> None:
        self._by_number: dict[str, Faults] = {}

    def of(self, number: str) -> Faults:
        return self._by_number.setdefault(number, Faults())
