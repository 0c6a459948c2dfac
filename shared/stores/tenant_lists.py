"""All tenants at a glance: found, ordered, counted. Without those whose removal was requested."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any

import asyncpg

from shared.enums import (
    Actor,
    DesiredState,
    SessionReason,
    SessionState,
    SortOrder,
    TenantSort,
    TenantStatus,
    WorkerStatus,
)
from shared.status import derive_actor, derive_status
from shared.stores.cursors import SortCursor, not_a_cursor, parse_sort_cursor, to_page
from shared.stores.rows import to_uuid
from shared.stores.tenant_rows import READABLE, SELECT_TENANTS, read_states, to_tenant
from shared.stores.text import to_storable
from shared.structs.fleet_counts import FleetCounts
from shared.structs.pages import Page
from shared.structs.tenants import TenantFilter, TenantWithRelations
from shared.tables import Tenant

_EVERYBODY = TenantFilter()
_MAX_BIGINT = 2**63 - 1
# What each order compares, which is never null, and the type that its text is read back as.
_ORDERS = {
    TenantSort.CREATED: ("l.seq", "bigint"),
    TenantSort.NAME: ("lower(l.name)", "text"),
    TenantSort.SESSION: ("l.state", "text"),
    TenantSort.WORKER: ("l.status", "text"),
    TenantSort.IMAGE: ("COALESCE(l.image, '')", "text"),
    TenantSort.STARTED: ("COALESCE(l.started_at, '-infinity')", "timestamptz"),
    TenantSort.MEMORY: ("COALESCE(l.memory_bytes, -1)", "bigint"),
    TenantSort.LAST_INBOUND: ("COALESCE(l.last_inbound_at, '-infinity')", "timestamptz"),
    TenantSort.OUTBOX: ("COALESCE(l.outbox_depth, -1)", "integer"),
    TenantSort.RESTARTS: ("l.restarts", "integer"),
    TenantSort.CHANGED: ("l.state_changed_at", "timestamptz"),
}
# What stands for the states of a tenant whose rows cannot be read: it is an ERROR of operators.
_UNREADABLE = "UNREADABLE"
# The states from which a tenant's one word is derived, as one text.
_STATES = (
    f"CASE WHEN {READABLE} THEN concat_ws(' ', l.desired_state, LEAST(l.generation, 1), l.status,"
    f" l.state) ELSE '{_UNREADABLE}' END"
)
# And those from which it is derived who must act.
_ACTING = (
    f"CASE WHEN {READABLE} THEN concat_ws(' ', l.desired_state, l.status, l.reason)"
    f" ELSE '{_UNREADABLE}' END"
)


async def list_page(
    *,
    limit: int,
    cursor: str | None = None,
    chosen: TenantFilter = _EVERYBODY,
    sort: TenantSort = TenantSort.CREATED,
    order: SortOrder = SortOrder.ASC,
) -> Page[TenantWithRelations]:
    """Oldest first, unless asked otherwise. A tenant that moves in the order between two pages
    may be missed, or come twice.
    """
    name = f"tenants:{sort}:{order}"
    after = parse_sort_cursor(cursor, of=name)
    expression, kind = _ORDERS[sort]
    conditions, values = _to_conditions(chosen)
    if after is not None:
        # Of a tenant that is gone: all that are equal to it come once more, and none is missed.
        direction, gone = (">", 0) if order is SortOrder.ASC else ("<", _MAX_BIGINT)
        seq = f"COALESCE((SELECT seq FROM tenants WHERE id = {{}}), {gone})"
        conditions.append(f"({expression}, l.seq) {direction} ({{}}::text::{kind}, {seq})")
        values += [after.value, after.id]
    rows = await _select(
        f"SELECT l.*, ({expression})::text AS place FROM ({SELECT_TENANTS}) l"
        f" WHERE {' AND '.join(conditions)}"
        f" ORDER BY {expression} {order}, l.seq {order} LIMIT {{}}",
        *values,
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=to_tenant,
        cursor=lambda row: SortCursor(name, row["place"], to_uuid(row["id"])),
    )


async def count_tenants(*, now: datetime) -> FleetCounts:
    rows = await Tenant.raw(
        f"SELECT {READABLE} AS is_readable,"
        " desired_state, LEAST(generation, 1) AS generation, status, state, reason,"
        " count(*) AS tenants, sum(restarts) AS restarts,"
        " COALESCE(sum(memory_bytes) FILTER (WHERE status = 'RUNNING'), 0) AS memory_bytes,"
        " COALESCE(sum(outbox_depth), 0) AS outbox_depth"
        f" FROM ({SELECT_TENANTS}) l GROUP BY 1, 2, 3, 4, 5, 6"
    )
    return _to_counts(rows, now)


def list_causes(status: TenantStatus) -> list[str]:
    """Every combination of the three states that `status` is derived from."""
    return [
        f"{desired} {generation} {worker} {session}"
        for desired, generation, worker, session in product(
            DesiredState, (0, 1), WorkerStatus, SessionState
        )
        if status
        is derive_status(desired=desired, generation=generation, worker=worker, session=session)
    ]


def list_plights(actor: Actor) -> list[str]:
    """Every combination of states in which `actor` must act."""
    return [
        f"{desired} {worker} {reason}"
        for desired, worker, reason in product(DesiredState, WorkerStatus, SessionReason)
        if actor is derive_actor(desired=desired, worker=worker, reason=reason)
    ]


def _to_conditions(chosen: TenantFilter) -> tuple[list[str], list[Any]]:
    conditions, values = ["true"], list[Any]()
    if chosen.status is not None:
        conditions.append(f"{_STATES} = ANY({{}}::text[])")
        broken = [_UNREADABLE] if chosen.status is TenantStatus.ERROR else []
        values.append(list_causes(chosen.status) + broken)
    if chosen.actor is not None:
        conditions.append(f"{_ACTING} = ANY({{}}::text[])")
        broken = [_UNREADABLE] if chosen.actor is Actor.OPERATOR else []
        values.append(list_plights(chosen.actor) + broken)
    for column, value in (
        ("status", chosen.worker),
        ("state", chosen.session),
        ("desired_state", chosen.desired),
    ):
        if value is not None:
            conditions.append(f"l.{column} = {{}}")
            values.append(value.value)
    if chosen.search is not None:
        # No pattern: what a person types has no wildcards.
        conditions.append(
            "(position(lower({}::text) IN lower(l.name)) > 0"
            " OR position(lower({}::text) IN lower(l.business_name)) > 0"
            " OR ({} <> '' AND position({}::text IN l.phone_number) > 0))"
        )
        words, digits = to_storable(chosen.search), _to_digits(chosen.search)
        values += [words, words, digits, digits]
    return conditions, values


def _to_digits(search: str) -> str:
    """Of a number as people write it, with blanks and a plus; nothing of any other text."""
    digits = search.replace(" ", "").removeprefix("+")
    return digits if digits.isascii() and digits.isdecimal() else ""


async def _select(query: str, *values: Any) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = await Tenant.raw(query, *values)
    except asyncpg.DataError as error:
        # Only the cursor holds a value whose type the database alone knows.
        raise not_a_cursor() from error
    return rows


def _to_counts(rows: Sequence[dict[str, Any]], now: datetime) -> FleetCounts:
    status = dict.fromkeys(TenantStatus, 0)
    worker = dict.fromkeys(WorkerStatus, 0)
    session = dict.fromkeys(SessionState, 0)
    desired = dict.fromkeys(DesiredState, 0)
    actors = dict.fromkeys(Actor, 0)
    for row in rows:
        of = read_states(row, is_readable=row["is_readable"])
        status[of.word] += row["tenants"]
        worker[of.worker] += row["tenants"]
        session[of.session] += row["tenants"]
        desired[of.desired] += row["tenants"]
        actors[of.actor] += row["tenants"]
    return FleetCounts(
        at=now,
        tenants=sum(status.values()),
        status=status,
        worker=worker,
        session=session,
        desired=desired,
        who_must_act=actors,
        restarts=sum(int(row["restarts"]) for row in rows),
        memory_bytes=sum(int(row["memory_bytes"]) for row in rows),
        outbox_depth=sum(int(row["outbox_depth"]) for row in rows),
    )
