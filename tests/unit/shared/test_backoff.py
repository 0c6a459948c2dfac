"""Backoff: grows, is bounded, and spreads a fleet."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.backoff import Backoff

BACKOFF = Backoff(first=timedelta(seconds=1), ceiling=timedelta(seconds=300))


def test_without_spread_the_wait_doubles_up_to_the_ceiling() -> None:
    waits = [BACKOFF.delay(attempt, random=lambda: 0.5).total_seconds() for attempt in range(1, 11)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]


@given(st.integers(min_value=-5, max_value=10**9), st.floats(0, 1, exclude_max=True))
def test_every_wait_is_within_its_bounds(attempt: int, random: float) -> None:
    wait = BACKOFF.delay(attempt, random=lambda: random)
    tick = timedelta(microseconds=1)
    assert BACKOFF.first * 0.75 - tick <= wait <= BACKOFF.ceiling * 1.25 + tick
