"""Arguments that several handlers take."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter

from controlplane.services.acting import Caller, Disconnect, Instruct, Wake
from shared.clock import Clock
from shared.enums import Direction, SetupStatus
from shared.errors import InvalidInputError

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

Acting = NamedDependency[Caller]
Waking = NamedDependency[Wake]
Disconnecting = NamedDependency[Disconnect]
Instructing = NamedDependency[Instruct]
Timing = NamedDependency[Clock]
TenantPath = Annotated[UUID, PathParameter(description="The tenant's id.")]
RequestPath = Annotated[UUID, PathParameter(description="The setup request's id.")]
Limit = Annotated[
    int, QueryParameter(ge=1, le=MAX_LIMIT, description="How many items a page has at most.")
]
Cursor = Annotated[
    str | None,
    QueryParameter(description="`next_cursor` of the page before; absent for the first."),
]
Since = Annotated[
    datetime | None,
    QueryParameter(description="ISO 8601 with an offset (`2026-11-23T08:00:00Z`)."),
]

DirectionFilter = Annotated[
    Direction | None, QueryParameter(description="Only what came in, or only what went out.")
]
StatusFilter = Annotated[
    SetupStatus | None, QueryParameter(description="Only requests of this status.")
]


def to_instant(field: str, at: datetime | None) -> datetime | None:
    """`at` in UTC; a time without an offset would be a guess. Raises InvalidInputError."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise InvalidInputError(field, "must have an offset, like 2026-11-23T08:00:00Z")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInputError(field, "is outside the calendar") from error
