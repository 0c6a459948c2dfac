"""Events with a value out of bounds, made into events that are within them. Pure.

An event is repeated until it is acknowledged, so one that is refused for good would keep all that
come after it. What a customer can cause (a text of any length, an id of 10 kB, a date of the year
1) is therefore mended, field by field. Only what has no known kind, or lacks what its kind cannot
be without, is unusable; the gateway keeps that as it came and acknowledges it (ADR 12).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, TypeVar, cast

import msgspec

from shared.bounds import CLOCKS_DIFFER, EARLIEST, LONGEST_SILENCE, MAX_EVENTS, Sequence
from shared.wire.events import Event, MessageSent
from shared.wire.fitting import DECODE_ERRORS, Fitting, UnfitError, list_structs, to_problem

_encoder = msgspec.msgpack.Encoder()
_strict: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)
EventT = TypeVar("EventT", bound=Event)
_KINDS = list_structs(Event)


class Mended(msgspec.Struct, frozen=True):
    """notes: what was changed, by field, without a word of what it said."""

    event: Event
    notes: tuple[str, ...] = ()


class Unusable(msgspec.Struct, frozen=True):
    problem: str


class Unread(msgspec.Struct, frozen=True, array_like=True):
    """An event of a frame that was refused as a whole."""

    seq: Sequence
    event: msgspec.Raw


class _UnreadEvents(msgspec.Struct, frozen=True, tag="events"):
    events: Annotated[list[Unread], msgspec.Meta(max_length=MAX_EVENTS)]


class _Kind(msgspec.Struct, frozen=True):
    type: str


_unread = msgspec.msgpack.Decoder(_UnreadEvents)


def find_unread(data: bytes) -> list[Unread] | None:
    """The events of a frame that could not be decoded as a whole; None when it is no such frame."""
    try:
        return _unread.decode(data).events
    except DECODE_ERRORS:
        return None


def are_dated(events: Iterable[Event], *, now: datetime) -> bool:
    """Whether all their instants are possible."""
    latest, latest_end = now + CLOCKS_DIFFER, now + LONGEST_SILENCE
    return all(
        EARLIEST <= event.at <= latest
        and (
            not isinstance(event, MessageSent)
            or event.bot_waits_until is None
            or EARLIEST <= event.bot_waits_until <= latest_end
        )
        for event in events
    )


def read_strictly(payload: bytes) -> Event | None:
    """One event, as MessagePack; None when anything but its instants is out of bounds."""
    try:
        return _strict.decode(payload)
    except DECODE_ERRORS:
        return None


def fit(event: EventT, *, now: datetime) -> tuple[EventT, tuple[str, ...]]:
    """An event of our own that every gateway takes, and what was changed about it."""
    payload = _encoder.encode(event)
    if read_strictly(payload) is not None and are_dated([event], now=now):
        return event, ()
    mended = mend(payload, now=now)
    assert isinstance(mended, Mended), "we made it: it has all that its kind needs"
    return cast("EventT", mended.event), mended.notes


def mend(payload: bytes, *, now: datetime) -> Mended | Unusable:
    """payload: one event, as MessagePack."""
    try:
        info = _KINDS.get(msgspec.msgpack.decode(payload, type=_Kind).type)
        if info is None:
            return Unusable("Its kind is not known")
        fitting = Fitting(payload, now)
        event = fitting.fit(info)
        # Whatever was overlooked is unusable, rather than a surprise further on.
        _strict.decode(_encoder.encode(event))
    except DECODE_ERRORS as error:
        return Unusable(to_problem(error))
    except UnfitError as error:
        return Unusable(str(error))
    return Mended(cast("Event", event), tuple(fitting.notes))
