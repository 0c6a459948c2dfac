"""Arguments that several handlers take."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIFormat, OpenAPIType, Schema
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from controlplane.media.fetching import Fetching
from controlplane.media.files import MediaFiles
from controlplane.media.remote import OpenUrl
from controlplane.services.acting import (
    Caller,
    Configure,
    Disconnect,
    Dispatch,
    Instruct,
    ListAlarms,
    Wake,
)
from controlplane.services.request_rate import RequestRate
from controlplane.services.worker_logs import WorkerLogs
from shared.clock import Clock
from shared.enums import (
    Actor,
    DesiredState,
    Direction,
    OutboundState,
    SessionState,
    SetupStatus,
    SortOrder,
    TenantSort,
    TenantStatus,
    WorkerStatus,
)
from shared.structs.text import NUMBER_PART_PATTERN, ONE_LINE_FILLED, VISIBLE_ASCII
from shared.web.passwords import Passwords

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_LINES = 1000
MAX_HOURS = 90 * 24

Acting = NamedDependency[Caller]
Waking = NamedDependency[Wake]
Disconnecting = NamedDependency[Disconnect]
Instructing = NamedDependency[Instruct]
Configuring = NamedDependency[Configure]
Dispatching = NamedDependency[Dispatch]
Alarming = NamedDependency[ListAlarms]
Filing = NamedDependency[MediaFiles]
Bringing = NamedDependency[Fetching]
FromUrls = NamedDependency[OpenUrl]
LogKeeping = NamedDependency[WorkerLogs]
Timing = NamedDependency[Clock]
CountingRequests = NamedDependency[RequestRate]
Hashing = NamedDependency[Passwords]
TenantPath = Annotated[UUID, PathParameter(description="The tenant's id.")]
MessagePath = Annotated[UUID, PathParameter(description="The queued message's id.")]
LogPath = Annotated[UUID, PathParameter(description="The logged message's id.")]
KeyPath = Annotated[UUID, PathParameter(description="The API key's id.")]
OperatorPath = Annotated[UUID, PathParameter(description="The operator's id.")]
MemberPath = Annotated[UUID, PathParameter(description="The member's id.")]
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
    QueryParameter(
        description="ISO 8601 with an offset (`2026-11-23T08:00:00Z`), or seconds since 1970.",
        schema_extra={
            "one_of": [
                Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME),
                Schema(type=OpenAPIType.INTEGER),
            ]
        },
    ),
]

DirectionFilter = Annotated[
    Direction | None, QueryParameter(description="Only what came in, or only what went out.")
]
NumberFilter = Annotated[
    str | None,
    QueryParameter(
        pattern=NUMBER_PART_PATTERN,
        description="Only contacts whose phone or LID has these digits in a row.",
    ),
]
TenantSearch = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=100,
        pattern=ONE_LINE_FILLED,
        description="Only tenants with this in a name, or with these digits in their number.",
    ),
]
TenantStatusFilter = Annotated[
    TenantStatus | None, QueryParameter(name="status", description="Only tenants of this status.")
]
WorkerFilter = Annotated[
    WorkerStatus | None,
    QueryParameter(name="worker", description="Only tenants whose worker does this."),
]
SessionFilter = Annotated[
    SessionState | None,
    QueryParameter(name="session", description="Only tenants whose phone link is so."),
]
DesiredFilter = Annotated[
    DesiredState | None,
    QueryParameter(name="desired", description="Only tenants whose worker is asked to be so."),
]
ActorFilter = Annotated[
    Actor | None,
    QueryParameter(name="who_must_act", description="Only tenants for which they must act."),
]
Sort = Annotated[
    TenantSort, QueryParameter(description="What to order by; what is not known is least.")
]
Order = Annotated[SortOrder, QueryParameter(description="Least first, or last.")]
Lines = Annotated[
    int, QueryParameter(ge=1, le=MAX_LINES, description="How many of the last lines at most.")
]
Hours = Annotated[
    int, QueryParameter(ge=1, le=MAX_HOURS, description="How far back; 90 days at most.")
]
StatusFilter = Annotated[
    SetupStatus | None, QueryParameter(description="Only requests of this status.")
]
# Named here, for `state` is Litestar's own word for an argument.
OutboundFilter = Annotated[
    OutboundState | None, QueryParameter(name="state", description="Only messages of this state.")
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=VISIBLE_ASCII,
        description=(
            "Your name for this request: sent again with the same body it queues nothing and is "
            "answered as the first time; with another body it is refused."
        ),
    ),
]
