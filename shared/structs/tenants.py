"""Tenants as the API and the stores speak of them."""

from datetime import date, datetime
from typing import Annotated
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
    Topic,
    Weekday,
    WhenClosed,
    WorkerStatus,
)
from shared.structs.limits import LimitsInput
from shared.structs.text import BotText, Label, Name, PhoneNumber, TimeOfDay, ZoneName

# Where most of the first tenants are.
DEFAULT_ZONE = "Africa/Dar_es_Salaam"


class OpeningHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Local times of one day, `HH:MM`; past midnight where `closes` is the earlier one."""

    opens: TimeOfDay
    closes: TimeOfDay


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When queued messages wait, in local time: from an evening to a morning where `begins` is
    the later one. time_zone: by its IANA name.
    """

    begins: TimeOfDay
    ends: TimeOfDay
    time_zone: ZoneName


class Holiday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Closed from the first day to the last, both included."""

    name: Label
    first: date
    last: date


Holidays = Annotated[list[Holiday], msgspec.Meta(max_length=60)]


class BotTexts(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A business's own words; what is not there, the bot says in ours.

    greeting: `{business}` is its name. closed: `{opens}` is when it opens again.
    titles: of the menu's entries. answers: to topics that ask nothing back.
    """

    greeting: BotText | None = None
    closed: BotText | None = None
    titles: dict[Topic, Label] = {}
    answers: dict[Topic, BotText] = {}


class TenantConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant's worker is told.

    hours: a day that is missing is closed; none at all, and the bot makes no statement.
    time_zone: by its IANA name; in it are the hours, and the days of the holidays.
    """

    template_type: TemplateType
    business_name: str
    language: Language
    hours: dict[Weekday, OpeningHours] = {}
    quiet_hours: QuietHours | None = None
    time_zone: str = DEFAULT_ZONE
    holidays: list[Holiday] = []
    when_closed: WhenClosed = WhenClosed.MENU
    texts: BotTexts = msgspec.field(default_factory=BotTexts)


class TenantConfigInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it: what is left out is as for a new tenant."""

    template_type: TemplateType
    business_name: Name
    language: Language
    hours: dict[Weekday, OpeningHours] = {}
    quiet_hours: QuietHours | None = None
    time_zone: ZoneName = DEFAULT_ZONE
    holidays: Holidays = []
    when_closed: WhenClosed = WhenClosed.MENU
    texts: BotTexts = msgspec.field(default_factory=BotTexts)


class CreateTenantInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`phone_number` is E.164. `business_name` is `name` unless given."""

    name: Name
    phone_number: PhoneNumber
    template_type: TemplateType
    language: Language
    business_name: Name | None = None
    hours: dict[Weekday, OpeningHours] = {}
    quiet_hours: QuietHours | None = None
    time_zone: ZoneName = DEFAULT_ZONE
    holidays: Holidays = []
    when_closed: WhenClosed = WhenClosed.MENU
    texts: BotTexts = msgspec.field(default_factory=BotTexts)

    def to_config(self) -> TenantConfig:
        return TenantConfig(
            template_type=self.template_type,
            business_name=self.business_name or self.name,
            language=self.language,
            hours=self.hours,
            quiet_hours=self.quiet_hours,
            time_zone=self.time_zone,
            holidays=self.holidays,
            when_closed=self.when_closed,
            texts=self.texts,
        )


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """detail: more than `reason` says, for a person; empty when there is no more.

    changed_at: when it became as it is. last_seen_at: when it was last known to be CONNECTED.
    ban_ends_at: while it is BANNED. refused_phone: of the phone that was linked and logged out
    again, while the reason is WRONG_PHONE (the tenant's own is its `phone_number`) or PHONE_TAKEN.
    """

    state: SessionState
    reason: SessionReason
    who_must_act: Actor
    detail: str = ""
    changed_at: datetime | None = None
    last_seen_at: datetime | None = None
    ban_ends_at: datetime | None = None
    refused_phone: str | None = None


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """outbox_depth: events of the worker that wait for the control plane.

    started_at: when the container's run began, while it runs. next_attempt_at: when a worker that
    ended is started again. keepalive_at, last_inbound_at: when WhatsApp last answered, and when
    somebody last wrote, as its heartbeats told.

    skipped: what arrived and was no message for the bot (groups, status posts and the like),
    counted since the tenant's volume was made.
    """

    desired_state: DesiredState
    status: WorkerStatus
    container_name: str | None = None
    container_id: str | None = None
    image: str | None = None
    started_at: datetime | None = None
    next_attempt_at: datetime | None = None
    last_heartbeat_at: datetime | None = None
    keepalive_at: datetime | None = None
    last_inbound_at: datetime | None = None
    memory_bytes: int | None = None
    last_error: str | None = None
    restarts: int = 0
    outbox_depth: int | None = None
    skipped: dict[SkipReason, int] = {}


class TenantWithRelations(msgspec.Struct, frozen=True, kw_only=True):
    """who_must_act: for the tenant to be served, as the fleet is counted; the session's own is for
    its link to get better, whatever is asked of the worker.

    unreadable: which of its columns hold what this version has no word for; empty where all is
    well. Defaults are shown in their place, the tenant is an ERROR, and an operator must act.
    """

    id: UUID
    name: str
    phone_number: str
    status: TenantStatus
    who_must_act: Actor
    unreadable: str = ""
    config: TenantConfig
    session: SessionView
    worker: WorkerView
    created_at: datetime


class TenantFilter(msgspec.Struct, frozen=True, kw_only=True):
    """search: in the names, or digits of the phone number. What is None is no condition."""

    status: TenantStatus | None = None
    worker: WorkerStatus | None = None
    session: SessionState | None = None
    desired: DesiredState | None = None
    actor: Actor | None = None
    search: str | None = None


class UpdateTenantInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is.

    phone_number: E.164. Another than before unlinks the phone that is linked: one with the new
    number has to be linked then.
    """

    phone_number: PhoneNumber | None = None
    limits: LimitsInput = LimitsInput()


class RemovalView(msgspec.Struct, frozen=True, kw_only=True):
    """Container, volume and rows go in the background; the tenant is not found from now on."""

    id: UUID
    removal_requested_at: datetime


class RevocationView(msgspec.Struct, frozen=True, kw_only=True):
    """`revoked` is false when the worker had no good token."""

    revoked: bool
