"""Waiting for a thing itself, with an end."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

PAUSE = timedelta(milliseconds=100)
FoundT = TypeVar("FoundT")


def wait_for(
    find: Callable[[], FoundT | None], *, within: timedelta, pause: timedelta = PAUSE
) -> FoundT | None:
    """The first answer of `find` that is not None, or None when the time is over."""
    deadline = time.monotonic() + within.total_seconds()
    while True:
        found = find()
        if found is not None or time.monotonic() >= deadline:
            return found
        time.sleep(pause.total_seconds())  # noqa: TID251  a command line with no event loop
