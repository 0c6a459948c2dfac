"""The fleet over time as a picture, and as a sentence for who does not see it. Pure."""

from datetime import datetime, timedelta

import msgspec

from shared.enums import TenantStatus
from shared.structs.fleet_counts import FleetHistory
from shared.web.plots import Plot, Series, draw_areas

# From the ground up: what runs well is the ground, what is wrong stands out on top of it.
LAYERS = (
    (TenantStatus.ACTIVE, "good"),
    (TenantStatus.STARTING, "brand"),
    (TenantStatus.QR_PENDING, "warn"),
    (TenantStatus.ERROR, "bad"),
    (TenantStatus.PAUSED, "soft"),
    (TenantStatus.NEW, "faint"),
)
MARKS = 4
# Two samples further apart than this many steps: nobody counted in between.
_GAP = 3


class HistoryPlot(msgspec.Struct, frozen=True, kw_only=True):
    """fewest, most: how many tenants were served, of all that were counted."""

    plot: Plot
    fewest: int
    most: int


def draw_history(history: FleetHistory) -> HistoryPlot | None:
    """None where nobody has counted yet."""
    if not history.items:
        return None
    length = history.until - history.since
    active = [sample.status.get(TenantStatus.ACTIVE, 0) for sample in history.items]
    plot = draw_areas(
        [
            Series(
                name=status,
                tone=tone,
                values=[sample.status.get(status, 0) for sample in history.items],
            )
            for status, tone in LAYERS
        ],
        places=[(sample.at - history.since) / length for sample in history.items],
        gap=max(_GAP * history.step, timedelta(minutes=5)) / length,
        marks=_marks(history.since, history.until),
    )
    return HistoryPlot(plot=plot, fewest=min(active), most=max(active))


def _marks(since: datetime, until: datetime) -> list[str]:
    form = "%H:%M" if until - since <= timedelta(days=1) else "%d %b"
    steps = [since + (until - since) * place / MARKS for place in range(MARKS + 1)]
    return [f"{at:{form}}" for at in steps]
