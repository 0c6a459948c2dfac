"""How often something was tried: one row a bucket, a window that begins with the first try.

A bucket is of a site (`portal`, `operators`): what the portal counts it counts apart, and its role
in the database reaches nothing else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shared.stores.secrets import hash_secret
from shared.tables import AttemptCount

# Half of a hash: enough that no two subjects share a bucket.
_HASH_LENGTH = 32


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """is_open: whether this try may be made. open_at: when the next one may."""

    is_open: bool
    open_at: datetime


def to_bucket(site: str, what: str) -> str:
    return f"{site}/{hash_secret(what)[:_HASH_LENGTH]}"


async def count(bucket: str, *, window: timedelta, now: datetime) -> tuple[int, datetime]:
    """Counts one more; how many those are in the window, and when that ends."""
    rows = await AttemptCount.raw(
        "INSERT INTO attempt_counts (bucket, tries, resets_at) VALUES ({}, 1, {})"
        " ON CONFLICT (bucket) DO UPDATE SET"
        " tries = CASE WHEN attempt_counts.resets_at <= {} THEN 1"
        " ELSE attempt_counts.tries + 1 END,"
        " resets_at = CASE WHEN attempt_counts.resets_at <= {} THEN excluded.resets_at"
        " ELSE attempt_counts.resets_at END RETURNING tries, resets_at",
        bucket,
        now + window,
        now,
        now,
    )
    return int(rows[0]["tries"]), rows[0]["resets_at"]


async def give_back(bucket: str, *, now: datetime) -> None:
    """One less: it was none of those that are counted."""
    await AttemptCount.raw(
        "UPDATE attempt_counts SET tries = tries - 1"
        " WHERE bucket = {} AND tries > 0 AND resets_at > {}",
        bucket,
        now,
    )


async def forget(bucket: str) -> None:
    await AttemptCount.raw("DELETE FROM attempt_counts WHERE bucket = {}", bucket)


async def come_through(
    bucket: str, *, waits: Sequence[timedelta], window: timedelta, now: datetime
) -> Passage:
    """One at a time, and after the n-th of a window only when `waits[n - 1]` is over (the last of
    them for all that follow). Only who comes through is counted: whoever knocks at a closed door
    does not keep it closed for longer.
    """
    seconds = [int(wait.total_seconds()) for wait in waits]
    rows = await AttemptCount.raw(
        "INSERT INTO attempt_counts AS a (bucket, tries, resets_at, open_at)"
        " VALUES ({}, 1, {}, {}) ON CONFLICT (bucket) DO UPDATE SET"
        " tries = CASE WHEN a.resets_at <= {} THEN 1 ELSE a.tries + 1 END,"
        " resets_at = CASE WHEN a.resets_at <= {} THEN excluded.resets_at ELSE a.resets_at END,"
        " open_at = CASE WHEN a.resets_at <= {} THEN excluded.open_at"
        " ELSE {}::timestamptz + make_interval(secs => ({}::int[])[least(a.tries + 1, {})]) END"
        " WHERE a.resets_at <= {} OR a.open_at IS NULL OR a.open_at <= {}"
        " RETURNING open_at",
        bucket,
        now + window,
        now + waits[0],
        now,
        now,
        now,
        now,
        seconds,
        len(seconds),
        now,
        now,
    )
    if rows:
        return Passage(is_open=True, open_at=rows[0]["open_at"])
    rows = await AttemptCount.raw(
        "SELECT open_at FROM attempt_counts WHERE bucket = {} AND open_at IS NOT NULL", bucket
    )
    # Forgotten at this very moment: whoever comes next finds it open.
    return Passage(is_open=False, open_at=rows[0]["open_at"] if rows else now)


async def reopen(bucket: str) -> None:
    """As before the last one came through."""
    await AttemptCount.raw(
        "UPDATE attempt_counts SET tries = greatest(0, tries - 1), open_at = NULL"
        " WHERE bucket = {}",
        bucket,
    )


async def sweep(*, now: datetime) -> None:
    await AttemptCount.raw("DELETE FROM attempt_counts WHERE resets_at < {}", now)
