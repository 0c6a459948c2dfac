"""How many tenants were how, minute by minute; older than a week, hour by hour."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared.stores.rows import read_each
from shared.structs.fleet_counts import FleetCounts, FleetSample
from shared.tables import FleetSample as Row

EACH_MINUTE_FOR = timedelta(days=7)
EACH_HOUR_FOR = timedelta(days=90)


class _Counts(msgspec.Struct, frozen=True):
    status: dict[str, int]
    worker: dict[str, int]
    session: dict[str, int]


async def record(counts: FleetCounts) -> bool:
    """One a minute, whoever counts: False when this minute has one."""
    kept = _Counts(
        status={kind: n for kind, n in counts.status.items() if n},
        worker={kind: n for kind, n in counts.worker.items() if n},
        session={kind: n for kind, n in counts.session.items() if n},
    )
    rows = await Row.raw(
        "INSERT INTO fleet_samples (at, counts_json) VALUES (date_trunc('minute', {}::timestamptz),"
        " {}::jsonb) ON CONFLICT DO NOTHING RETURNING at",
        counts.at,
        msgspec.json.encode(kept).decode(),
    )
    return bool(rows)


async def list_samples(*, since: datetime, until: datetime, step: timedelta) -> list[FleetSample]:
    """Oldest first, the last of each step."""
    rows = await Row.raw(
        "SELECT DISTINCT ON (step) at, counts_json FROM ("
        " SELECT at, counts_json, date_bin({}::interval, at, 'epoch'::timestamptz) AS step"
        " FROM fleet_samples WHERE at > {} AND at <= {}) s ORDER BY step, at DESC",
        step,
        since,
        until,
    )
    return read_each(rows, _to_sample, of="fleet sample")


async def thin(*, now: datetime) -> None:
    """Of each hour of more than a week ago only the first is kept, and none for ever."""
    await Row.raw(
        "DELETE FROM fleet_samples s WHERE at < {} OR (at < {} AND EXISTS ("
        "SELECT 1 FROM fleet_samples e WHERE e.at < s.at AND e.at >= date_trunc('hour', s.at)))",
        now - EACH_HOUR_FOR,
        now - EACH_MINUTE_FOR,
    )


def _to_sample(row: dict[str, Any]) -> FleetSample:
    counts = msgspec.json.decode(row["counts_json"], type=dict[str, Any])
    return msgspec.convert({"at": row["at"], **counts}, FleetSample)
