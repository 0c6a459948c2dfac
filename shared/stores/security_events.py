"""Security events: a row a minute, site, kind, source and subject, however often it happened."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from shared.db.engine import transaction
from shared.enums import SecurityKind, SecuritySite
from shared.ids import TenantId
from shared.stores.cursors import Cursor, parse_cursor, seq_of, to_page
from shared.stores.rows import to_uuid
from shared.stores.text import to_storable
from shared.structs.pages import Page
from shared.structs.security import SecurityCount, SecurityEventView, SecurityTotal
from shared.tables import SecurityEvent

_LIST = "security-events"
# Long enough to see that something began weeks ago; and an end for whoever makes rows on purpose.
KEPT, MOST_ROWS = timedelta(days=30), 50_000


async def add(counts: Iterable[SecurityCount], *, now: datetime) -> None:
    """As the control plane, of the minute of `now`."""
    minute = now.replace(second=0, microsecond=0)
    rows = [
        (minute, each.site, each.kind, to_storable(each.source), each.subject, each.times)
        for each in counts
    ]
    if not rows:
        return
    await SecurityEvent.raw(
        "INSERT INTO security_events AS e (minute, site, kind, source, subject, times, id)"
        " SELECT *, gen_random_uuid() FROM unnest({}::timestamptz[], {}::text[], {}::text[],"
        " {}::text[], {}::text[], {}::bigint[])"
        " ON CONFLICT (minute, site, kind, source, subject)"
        " DO UPDATE SET times = e.times + excluded.times",
        *(list(column) for column in zip(*rows, strict=True)),
    )


async def add_as_portal(counts: Iterable[SecurityCount]) -> None:
    """Without a guard: the portal's role may count, and not look."""
    async with transaction():
        for each in counts:
            await SecurityEvent.raw(
                "SELECT flowhq_note_security({}, {}, {}, {})",
                each.kind.value,
                to_storable(each.source),
                each.subject,
                each.times,
            )


async def note_foreign(wanted: UUID, *, source: str) -> None:
    """Within a guard of the portal: counts it where `wanted` is an id of another tenant."""
    await SecurityEvent.raw("SELECT flowhq_note_foreign({}, {})", wanted, to_storable(source))


async def list_page(
    *,
    limit: int,
    cursor: str | None = None,
    kind: SecurityKind | None = None,
    site: SecuritySite | None = None,
    source: str | None = None,
    tenant_id: UUID | None = None,
    since: datetime | None = None,
) -> Page[SecurityEventView]:
    """Newest first, by when each was first counted in its minute."""
    after = parse_cursor(cursor, of=_LIST)
    seq, place = ("", []) if after is None else seq_of(after, "security_events", at="minute")
    wanted: list[tuple[str, list[Any]]] = [
        ("kind = {}", [kind.value] if kind else []),
        ("site = {}", [site.value] if site else []),
        ("source = {}", [to_storable(source)] if source is not None else []),
        ("subject = {}", [str(tenant_id)] if tenant_id else []),
        ("minute >= {}", [since] if since else []),
        (f"seq < {seq}", place),
    ]
    conditions = [condition for condition, values in wanted if values]
    rows = await SecurityEvent.raw(
        "SELECT id, minute, site, kind, source, subject, times FROM security_events"
        + (" WHERE " + " AND ".join(conditions) if conditions else "")
        + " ORDER BY seq DESC LIMIT {}",
        *(value for _, values in wanted for value in values),
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=_to_view,
        cursor=lambda row: Cursor(_LIST, row["minute"], to_uuid(row["id"])),
    )


async def total(*, since: datetime) -> list[SecurityTotal]:
    """By kind, most frequent first."""
    rows = await SecurityEvent.raw(
        "SELECT kind, sum(times)::bigint AS times, count(DISTINCT source) AS sources,"
        " max(minute) AS last_at FROM security_events WHERE minute >= {}"
        " GROUP BY kind ORDER BY sum(times) DESC, kind",
        since,
    )
    return [
        SecurityTotal(
            kind=SecurityKind(row["kind"]),
            times=row["times"],
            sources=row["sources"],
            last_at=row["last_at"],
        )
        for row in rows
    ]


async def sweep(*, now: datetime) -> None:
    """What is old, and of more rows than may be the oldest."""
    await SecurityEvent.raw("DELETE FROM security_events WHERE minute < {}", now - KEPT)
    await SecurityEvent.raw(
        "DELETE FROM security_events WHERE minute <= (SELECT minute FROM security_events"
        " ORDER BY minute DESC, id DESC OFFSET {} LIMIT 1)",
        MOST_ROWS,
    )


def to_subject(tenant_id: TenantId | None) -> str:
    return "" if tenant_id is None else str(tenant_id)


def _to_view(row: dict[str, Any]) -> SecurityEventView:
    return SecurityEventView(
        id=to_uuid(row["id"]),
        minute=row["minute"],
        site=SecuritySite(row["site"]),
        kind=SecurityKind(row["kind"]),
        source=row["source"],
        tenant_id=_to_tenant(row["subject"]),
        times=row["times"],
    )


def _to_tenant(subject: str) -> UUID | None:
    """None for whatever a portal that was taken over may have written there."""
    try:
        return msgspec.convert(subject, UUID)
    except msgspec.ValidationError:
        return None
