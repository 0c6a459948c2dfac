"""The fleet over time, in as many points as a plot has room for."""

import math
from datetime import timedelta

from shared.clock import Clock
from shared.stores import fleet_samples
from shared.structs.fleet_counts import FleetHistory

# A point every other pixel or so of a plot on a desk.
MAX_POINTS = 300


async def show_history(*, hours: int, clock: Clock) -> FleetHistory:
    until = clock.now()
    since = until - timedelta(hours=hours)
    step = timedelta(minutes=math.ceil(hours * 60 / MAX_POINTS))
    items = await fleet_samples.list_samples(since=since, until=until, step=step)
    return FleetHistory(since=since, until=until, step=step, items=items)
