"""When a part that ended is started again: at once, then ever later. Pure."""

from datetime import datetime, timedelta

import msgspec

from shared.backoff import Backoff

# The first end is repaired at once; a part that ends again and again is not what a restart cures.
AGAIN = Backoff(first=timedelta(seconds=1), ceiling=timedelta(minutes=1))
# A life of this length ends a streak.
SETTLED = timedelta(minutes=1)


class Vigil(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one part. ends: in a row. alive_since: None while it is down.

    due: when it is to be started again, while it is down.
    """

    ends: int = 0
    alive_since: datetime | None = None
    due: datetime | None = None


def look(vigil: Vigil, *, is_alive: bool, now: datetime) -> Vigil:
    """One look at the part."""
    if not is_alive:
        return vigil if vigil.due is not None else fail(vigil, now=now)
    since = vigil.alive_since or now
    return Vigil(ends=0 if now - since >= SETTLED else vigil.ends, alive_since=since)


def fail(vigil: Vigil, *, now: datetime) -> Vigil:
    """It ended, or could not be started."""
    wait = AGAIN.delay(vigil.ends) if vigil.ends else timedelta(0)
    return Vigil(ends=vigil.ends + 1, due=now + wait)


def is_due(vigil: Vigil, *, now: datetime) -> bool:
    return vigil.due is not None and now >= vigil.due
