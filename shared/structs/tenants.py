"""Tenants as the API and the stores speak of them."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import (
    Actor,
    DesiredState,
    Language,
    SessionReason,
    SessionState,
    SkipReason,
    TemplateType,
    TenantStatus,
    Weekday,
    WorkerStatus,
)
from shared.structs.text import Name, PhoneNumber, TimeOfDay, ZoneName


class OpeningHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Local times of one day, `HH:MM`."""

    opens: TimeOfDay
    closes: TimeOfDay


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When queued messages wait, in local time: from an evening to a morning where `begins` is
    the later one. time_zone: by its IANA name.
    """

    begins: TimeOfDay
    ends: TimeOfDay
    time_zone: ZoneName


class TenantConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant's worker is told.

    hours: a day that is missing is closed; none at all, and the bot makes no statement.
    """

    template_type: TemplateType
    business_name: str
    language: Language
    hours: dict[Weekday, OpeningHours] = {}
    quiet_hours: QuietHours | None = None


class CreateTenantInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`phone_number` is E.164. `business_name` is `name` unless given."""

    name: Name
    phone_number: PhoneNumber
    template_type: TemplateType
    language: Language
    business_name: Name | None = None
    hours: dict[Weekday, OpeningHours] = {}
    quiet_hours: QuietHours | None = None


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """detail: more than `reason` says, for a person; empty when there is no more."""

    state: SessionState
    reason: SessionReason
    who_must_act: Actor
    detail: str = ""
    last_seen_at: datetime | None = None


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """outbox_depth: events of the worker that wait for the control plane.

    skipped: what arrived and was no message for the bot (groups, status posts and the like),
    counted since the tenant's volume was made.
    """

    desired_state: DesiredState
    status: WorkerStatus
    container_name: str | None = None
    container_id: str | None = None
    image: str | None = None
    last_heartbeat_at: datetime | None = None
    last_error: str | None = None
    restarts: int = 0
    outbox_depth: int | None = None
    skipped: dict[SkipReason, int] = {}


class TenantWithRelations(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    phone_number: str
    status: TenantStatus
    config: TenantConfig
    session: SessionView
    worker: WorkerView
    created_at: datetime


class RemovalView(msgspec.Struct, frozen=True, kw_only=True):
    """Container, volume and rows go in the background; the tenant is not found from now on."""

    id: UUID
    removal_requested_at: datetime


class RevocationView(msgspec.Struct, frozen=True, kw_only=True):
    """`revoked` is false when the worker had no good token."""

    revoked: bool
