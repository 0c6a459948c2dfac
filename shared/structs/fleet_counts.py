"""How many tenants there are of each kind, now and over time."""

from datetime import datetime, timedelta

import msgspec

from shared.enums import Actor, DesiredState, SessionState, TenantStatus, WorkerStatus


class FleetCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Every kind is named, also one that no tenant is of.

    who_must_act: for a tenant to be served. memory_bytes: of workers that run, as they told last.
    outbox_depth: events of all workers that wait for the control plane.
    """

    at: datetime
    tenants: int
    status: dict[TenantStatus, int]
    worker: dict[WorkerStatus, int]
    session: dict[SessionState, int]
    desired: dict[DesiredState, int]
    who_must_act: dict[Actor, int]
    restarts: int
    memory_bytes: int
    outbox_depth: int


class FleetSample(msgspec.Struct, frozen=True, kw_only=True):
    """The fleet at one full minute. Kinds that no tenant was of are left out."""

    at: datetime
    status: dict[TenantStatus, int]
    worker: dict[WorkerStatus, int]
    session: dict[SessionState, int]


class FleetHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Oldest first; of each `step` its last sample, and none where nobody counted."""

    since: datetime
    until: datetime
    step: timedelta
    items: list[FleetSample]
