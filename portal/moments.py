"""Instants as people of one place and language say them. Pure, but for the zone's own file."""

from datetime import date, datetime, timedelta, tzinfo
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
_DAYS = {
    Language.EN: ("Today", "Yesterday"),
    Language.SW: ("Leo", "Jana"),
}


@lru_cache(maxsize=64)
def load_zone(name: str) -> ZoneInfo:
    """Reads a file, once."""
    return find_zone(name) or ZoneInfo(DEFAULT_ZONE)


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


def _to_date(day: date, today: date, language: Language) -> str:
    short = f"{day.day} {_MONTHS[language][day.month - 1]}"
    return short if day.year == today.year else f"{short} {day.year}"
