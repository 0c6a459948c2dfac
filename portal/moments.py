"""Instants as people of one place and language say them. Pure, but for the zone's own file."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.enums import Language
from shared.structs.tenants import DEFAULT_ZONE
from shared.zones import find_zone

# Short, as they are written in both.
_MONTHS = {
    Language.EN: ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    Language.SW: ("Jan", "Feb", "Mac", "Apr", "Mei", "Jun",
                  "Jul", "Ago", "Sep", "Okt", "Nov", "Des"),
}  # fmt: skip
# As they are said within a sentence, by how many days ago they are.
_NEAR = {
    Language.EN: {1: "yesterday", -1: "tomorrow"},
    Language.SW: {1: "jana", -1: "kesho"},
}
_WEEKDAYS = {
    Language.EN: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    Language.SW: ("Jtt", "Jnn", "Jtn", "Alh", "Ijm", "Jms", "Jpl"),
}
_DAYS = {
    Language.EN: ("Today", "Yesterday"),
    Language.SW: ("Leo", "Jana"),
}


@lru_cache(maxsize=64)
def load_zone(name: str) -> ZoneInfo:
    """Reads a file, once."""
    return find_zone(name) or ZoneInfo(DEFAULT_ZONE)


def start_of_day(now: datetime, zone: tzinfo, *, days: int = 0) -> datetime:
    """The midnight that began today, or the day so many days later, in UTC."""
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def to_clock(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def to_day(at: datetime, *, now: datetime, zone: tzinfo, language: Language) -> str:
    """`Today`, `Yesterday`, `24 Nov`, `24 Nov 2025`."""
    day, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    ago = (today - day) // timedelta(days=1)
    if ago in {0, 1}:
        return _DAYS[language][ago]
    return _to_date(day, today, language)


def to_moment(at: datetime, *, now: datetime, zone: tzinfo, language: Language) -> str:
    """For a list: the time of today, else the day."""
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return to_clock(at, zone)
    return to_day(at, now=now, zone=zone, language=language)


def to_point(at: datetime, *, now: datetime, zone: tzinfo, language: Language) -> str:
    """Within a sentence: `09:12`, `yesterday 09:12`, `24 Nov, 09:12`."""
    day, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    clock, ago = to_clock(at, zone), (today - day) // timedelta(days=1)
    if ago == 0:
        return clock
    near = _NEAR[language].get(ago)
    return f"{near} {clock}" if near else f"{_to_date(day, today, language)}, {clock}"


def to_weekday(day: date, language: Language) -> str:
    return _WEEKDAYS[language][day.weekday()]


def to_date(day: date, language: Language) -> str:
    """Below a plot: `24 Nov`."""
    return _to_date(day, day, language)


def to_span(span: timedelta) -> str:
    """As short as it may be: `< 1 s`, `1.4 s`, `12 s`, `3 min`, `2 h`.

    No less than a second: WhatsApp tells by the second when a message was sent.
    """
    seconds = span.total_seconds()
    if seconds < 1:
        return "< 1 s"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def _to_date(day: date, today: date, language: Language) -> str:
    short = f"{day.day} {_MONTHS[language][day.month - 1]}"
    return short if day.year == today.year else f"{short} {day.year}"
