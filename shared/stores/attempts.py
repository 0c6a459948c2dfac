"""How often something was tried: one row a bucket, a window that begins with the first try."""

from datetime import datetime, timedelta

from shared.stores.secrets import hash_secret
from shared.tables import AttemptCount


async def count(what: str, *, window: timedelta, now: datetime) -> tuple[int, datetime]:
    """Counts one more; how many those are in the window, and when that ends."""
    rows = await AttemptCount.raw(
        "INSERT INTO attempt_counts (bucket, tries, resets_at) VALUES ({}, 1, {})"
        " ON CONFLICT (bucket) DO UPDATE SET"
        " tries = CASE WHEN attempt_counts.resets_at <= {} THEN 1"
        " ELSE attempt_counts.tries + 1 END,"
        " resets_at = CASE WHEN attempt_counts.resets_at <= {} THEN excluded.resets_at"
        " ELSE attempt_counts.resets_at END RETURNING tries, resets_at",
        hash_secret(what),
        now + window,
        now,
        now,
    )
    return int(rows[0]["tries"]), rows[0]["resets_at"]


async def forget(what: str) -> None:
    await AttemptCount.raw("DELETE FROM attempt_counts WHERE bucket = {}", hash_secret(what))


async def sweep(*, now: datetime) -> None:
    await AttemptCount.raw("DELETE FROM attempt_counts WHERE resets_at < {}", now)
