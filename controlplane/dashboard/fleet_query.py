"""What the address of the fleet's page asks for. Pure.

An address that a person has mended by hand is no error: what is not understood is left out.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from shared.enums import (
    Actor,
    DesiredState,
    SessionState,
    SortOrder,
    TenantSort,
    TenantStatus,
    WorkerStatus,
)
from shared.structs.tenants import TenantFilter

MAX_SEARCH = 100
DAY, WEEK, QUARTER = 24, 7 * 24, 90 * 24
SPANS = (DAY, WEEK, QUARTER)
# What a person orders by in order to see the most of it first.
_MOST_FIRST = {
    TenantSort.MEMORY,
    TenantSort.LAST_INBOUND,
    TenantSort.OUTBOX,
    TenantSort.RESTARTS,
    TenantSort.CHANGED,
}
EnumT = TypeVar("EnumT", bound=StrEnum)


class FleetQuery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """span: of the plot, in hours."""

    search: str = ""
    status: TenantStatus | None = None
    worker: WorkerStatus | None = None
    session: SessionState | None = None
    desired: DesiredState | None = None
    actor: Actor | None = None
    sort: TenantSort = TenantSort.NAME
    order: SortOrder = SortOrder.ASC
    span: int = DAY
    cursor: str | None = None

    @property
    def chosen(self) -> TenantFilter:
        return TenantFilter(
            search=self.search or None,
            status=self.status,
            worker=self.worker,
            session=self.session,
            desired=self.desired,
            actor=self.actor,
        )

    @property
    def is_narrowed(self) -> bool:
        return self.chosen != TenantFilter()

    @property
    def kept(self) -> dict[str, str]:
        """For a link to the next part: all but the place in the list."""
        whole: dict[str, str] = msgspec.to_builtins(msgspec.structs.replace(self, cursor=None))
        return whole

    def address(self, path: str, **changes: object) -> str:
        """The page with these values in place of those; on its first part, unless that is given."""
        values = msgspec.structs.replace(self, **{"cursor": None, **changes})
        given = msgspec.to_builtins(values)
        return f"{path}?{urlencode(given)}" if given else path

    def ordered_by(self, sort: TenantSort) -> "FleetQuery":
        """What a click on the column's name asks for: it, and once more the other way round."""
        order = SortOrder.DESC if sort in _MOST_FIRST else SortOrder.ASC
        if self.sort is sort:
            order = SortOrder.ASC if self.order is SortOrder.DESC else SortOrder.DESC
        return msgspec.structs.replace(self, sort=sort, order=order)


def read_query(given: Mapping[str, str]) -> FleetQuery:
    search = "".join(c for c in given.get("search", "") if c.isprintable()).strip()
    span = given.get("span", "")
    return FleetQuery(
        search=search[:MAX_SEARCH],
        status=_read(TenantStatus, given, "status"),
        worker=_read(WorkerStatus, given, "worker"),
        session=_read(SessionState, given, "session"),
        desired=_read(DesiredState, given, "desired"),
        actor=_read(Actor, given, "actor"),
        sort=_read(TenantSort, given, "sort") or TenantSort.NAME,
        order=_read(SortOrder, given, "order") or SortOrder.ASC,
        span=int(span) if span in {str(each) for each in SPANS} else DAY,
        cursor=given.get("cursor") or None,
    )


def _read(kind: type[EnumT], given: Mapping[str, str], name: str) -> EnumT | None:
    value = given.get(name, "")
    return kind(value) if value in kind.__members__.values() else None
