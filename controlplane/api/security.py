"""`/admin/security`: what was tried against the platform, counted by the minute."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.params import QueryParameter

from controlplane.api.parameters import DEFAULT_LIMIT, Cursor, Hours, Limit, Since, Timing
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from shared.enums import SecurityKind, SecuritySite
from shared.instants import to_instant
from shared.stores import security_events
from shared.structs.pages import Page
from shared.structs.security import SecurityEventView, SecurityTotals

KindFilter = Annotated[SecurityKind | None, QueryParameter(description="Only of this kind.")]
SiteFilter = Annotated[
    SecuritySite | None, QueryParameter(description="Only what was tried there.")
]
SourceFilter = Annotated[
    str | None,
    QueryParameter(
        max_length=64,
        description="Only from this network: an IPv4 address, the /64 of an IPv6 one, or `others`.",
    ),
]
TenantFilter = Annotated[UUID | None, QueryParameter(description="Only what concerns this tenant.")]
A_DAY = 24


@get(
    "/events",
    summary="How often what was tried, newest first: one item a minute, place, kind and network",
    responses=documented(),
    opt=needs(Right.LOOK),
)
async def list_events(
    *,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    kind: KindFilter = None,
    site: SiteFilter = None,
    source: SourceFilter = None,
    tenant_id: TenantFilter = None,
    since: Since = None,
) -> Page[SecurityEventView]:
    return await security_events.list_page(
        limit=limit,
        cursor=cursor,
        kind=kind,
        site=site,
        source=source,
        tenant_id=tenant_id,
        since=to_instant("since", since),
    )


@get(
    "/totals",
    summary="How often each kind within the last hours",
    responses=documented(),
    opt=needs(Right.LOOK),
)
async def show_totals(clock: Timing, hours: Hours = A_DAY) -> SecurityTotals:
    since = clock.now() - timedelta(hours=hours)
    return SecurityTotals(since=since, totals=await security_events.total(since=since))


security_router = Router(
    "/security", route_handlers=[list_events, show_totals], tags=["Security events"]
)
