"""The fleet over time."""

from piccolo.columns import JSONB, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class FleetSample(Table, tablename="fleet_samples"):
    """at: a full minute. counts_json: how many tenants were of which kind."""

    at = Timestamptz(primary_key=True, default=TimestamptzNow())
    counts_json = JSONB()
