"""Reads a tenant's rows: whole, or as far as they can be read."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

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
    WhenClosed,
    WorkerStatus,
)
from shared.errors import UnreadableRowError
from shared.status import derive_actor, derive_status
from shared.stores.rows import UNREADABLE, describe, say_unreadable, to_uuid
from shared.structs.tenants import (
    BotTexts,
    Holiday,
    OpeningHours,
    QuietHours,
    SessionView,
    TenantConfig,
    TenantWithRelations,
    WorkerView,
)

EnumT = TypeVar("EnumT", bound=StrEnum)
ValueT = TypeVar("ValueT")
_HOURS = msgspec.json.Decoder(dict[Weekday, OpeningHours])
_HOLIDAYS = msgspec.json.Decoder(list[Holiday])
_TEXTS = msgspec.json.Decoder(BotTexts)
_NO_TEXTS = BotTexts()

# In the order of `to_columns`.
CONFIG_COLUMNS = (
    *("template_type", "business_name", "language", "hours_json", "quiet_hours_json"),
    *("time_zone", "holidays_json", "when_closed", "texts_json"),
)
SELECT_CONFIG = ", ".join(f"c.{column}" for column in CONFIG_COLUMNS)

# What `to_tenant` reads.
SELECT_TENANTS = f"""
    SELECT t.id, t.name, t.phone_number, t.created_at, t.seq,
           {SELECT_CONFIG},
           s.state, s.reason, s.detail, s.last_seen_at, s.ban_ends_at, s.state_changed_at,
           s.refused_phone,
           w.desired_state, w.generation, w.status, w.container_name, w.container_id, w.image,
           w.started_at, w.next_attempt_at, w.last_heartbeat_at, w.keepalive_at,
           w.last_inbound_at, w.memory_bytes, w.last_error, w.restarts, w.outbox_depth,
           w.skipped_json
      FROM tenants t
      JOIN tenant_configs c ON c.tenant = t.id
      JOIN whatsapp_sessions s ON s.tenant = t.id
      JOIN worker_processes w ON w.tenant = t.id
     WHERE t.removal_requested_at IS NULL
"""


def _among(column: str, words: type[StrEnum]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"l.{column} IN ({listed})"


# Whether a row of SELECT_TENANTS, as `l`, can be read: for lists and counts that choose by it, so
# that they agree with what `to_tenant` makes of each. What this version's enums say, and for JSON
# the database's own functions, which a newer version may have taught more.
READABLE = " AND ".join(
    (
        _among("template_type", TemplateType),
        _among("language", Language),
        _among("when_closed", WhenClosed),
        _among("state", SessionState),
        _among("reason", SessionReason),
        _among("desired_state", DesiredState),
        _among("status", WorkerStatus),
        "flowhq_is_hours(l.hours_json)",
        "flowhq_is_holidays(l.holidays_json)",
        "flowhq_is_texts(l.texts_json)",
        "(l.quiet_hours_json IS NULL OR flowhq_is_quiet_hours(l.quiet_hours_json))",
    )
)


class States(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's states, and what is derived from them."""

    desired: DesiredState
    worker: WorkerStatus
    session: SessionState
    reason: SessionReason
    word: TenantStatus
    actor: Actor


class _Lenient:
    """Reads a row column by column: what cannot be read is noted, and something stands for it."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.problems: list[str] = []

    def word(self, column: str, kind: type[EnumT], *, instead: EnumT) -> EnumT:
        return self.read(column, kind, instead=instead)

    def read(self, column: str, parse: Callable[[Any], ValueT], *, instead: ValueT) -> ValueT:
        try:
            return parse(self.row[column])
        except UNREADABLE as error:
            self.problems.append(f"{column}: {describe(error)}")
            return instead


def to_tenant(row: dict[str, Any]) -> TenantWithRelations:
    """Also of a row that cannot be read whole: then it is an ERROR that operators must mend."""
    of = _Lenient(row)
    config = _to_config(of)
    states = _to_states(of, is_readable=not of.problems)
    unreadable = "; ".join(of.problems)
    if unreadable:
        say_unreadable(f"tenant {row['id']} cannot be read: {unreadable}")
    return TenantWithRelations(
        id=to_uuid(row["id"]),
        name=row["name"],
        phone_number=row["phone_number"],
        status=states.word,
        who_must_act=states.actor,
        unreadable=unreadable,
        config=config,
        session=SessionView(
            state=states.session,
            reason=states.reason,
            who_must_act=states.reason.actor,
            detail=row["detail"],
            changed_at=row["state_changed_at"],
            last_seen_at=row["last_seen_at"],
            ban_ends_at=row["ban_ends_at"] if states.session is SessionState.BANNED else None,
            refused_phone=row["refused_phone"] if states.reason.is_refusal else None,
        ),
        worker=WorkerView(
            desired_state=states.desired,
            status=states.worker,
            container_name=row["container_name"],
            container_id=row["container_id"],
            image=row["image"],
            started_at=row["started_at"],
            next_attempt_at=row["next_attempt_at"],
            last_heartbeat_at=row["last_heartbeat_at"],
            keepalive_at=row["keepalive_at"],
            last_inbound_at=row["last_inbound_at"],
            memory_bytes=row["memory_bytes"],
            last_error=row["last_error"],
            restarts=row["restarts"],
            outbox_depth=row["outbox_depth"],
            skipped=_to_skipped(row["skipped_json"]),
        ),
        created_at=row["created_at"],
    )


def read_states(row: dict[str, Any], *, is_readable: bool) -> States:
    """is_readable: whether the rest of the tenant's rows is."""
    return _to_states(_Lenient(row), is_readable=is_readable)


def _to_states(of: _Lenient, *, is_readable: bool) -> States:
    desired = of.word("desired_state", DesiredState, instead=DesiredState.STOPPED)
    worker = of.word("status", WorkerStatus, instead=WorkerStatus.ERROR)
    session = of.word("state", SessionState, instead=SessionState.DISCONNECTED)
    reason = of.word("reason", SessionReason, instead=SessionReason.NOT_STARTED)
    is_well = is_readable and not of.problems
    word = derive_status(
        desired=desired, generation=of.row["generation"], worker=worker, session=session
    )
    actor = derive_actor(desired=desired, worker=worker, reason=reason)
    return States(
        desired=desired,
        worker=worker,
        session=session,
        reason=reason,
        word=word if is_well else TenantStatus.ERROR,
        actor=actor if is_well else Actor.OPERATOR,
    )


def _to_skipped(text: str) -> dict[SkipReason, int]:
    """Of reasons that this version knows: it is a count for people, and nothing follows from it."""
    try:
        counts = msgspec.json.decode(text, type=dict[str, int])
    except msgspec.DecodeError:
        return {}
    return {reason: counts[reason] for reason in SkipReason if reason in counts}


def read_config(row: dict[str, Any]) -> TenantConfig:
    """Raises UnreadableRowError: what is told to a bot is what stands there, or nothing."""
    of = _Lenient(row)
    config = _to_config(of)
    if of.problems:
        problem = f"config of tenant {row['tenant']} cannot be read: {'; '.join(of.problems)}"
        raise UnreadableRowError(problem)
    return config


def _to_config(of: _Lenient) -> TenantConfig:
    return TenantConfig(
        template_type=of.word("template_type", TemplateType, instead=TemplateType.SUPPORT),
        business_name=of.row["business_name"],
        language=of.word("language", Language, instead=Language.SW),
        hours=of.read("hours_json", _HOURS.decode, instead={}),
        quiet_hours=of.read("quiet_hours_json", _quiet_from_json, instead=None),
        time_zone=of.row["time_zone"],
        holidays=of.read("holidays_json", _HOLIDAYS.decode, instead=[]),
        when_closed=of.word("when_closed", WhenClosed, instead=WhenClosed.MENU),
        texts=of.read("texts_json", _TEXTS.decode, instead=_NO_TEXTS),
    )


def _quiet_from_json(json: str | None) -> QuietHours | None:
    return None if json is None else msgspec.json.decode(json, type=QuietHours)
