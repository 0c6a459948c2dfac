"""Whether a business is open, and when it opens again: in its own time. Pure."""

from datetime import date, datetime, time, timedelta

import msgspec

from shared.enums import Weekday
from shared.structs.tenants import Holiday, TenantConfig

_DAY = timedelta(days=1)
# As far as anybody looks ahead; a holiday is at most a year long.
_HORIZON = 370
_WEEKDAYS = tuple(Weekday)


class Closure(msgspec.Struct, frozen=True, kw_only=True):
    """opens_at: local, without a zone; None where no such day is in sight. holiday: of today."""

    opens_at: datetime | None
    holiday: Holiday | None


def find_closure(config: TenantConfig, at: datetime) -> Closure | None:
    """at: in the zone of the business. None while it is open.

    Without hours every day is open but the holidays.
    """
    now, today = at.replace(tzinfo=None), at.date()
    # What began yesterday may last past midnight, also into a holiday.
    for day in (today - _DAY, today):
        span = _find_span(config, day)
        if span is not None and span[0] <= now < span[1]:
            return None
    days = (today + timedelta(days=ahead) for ahead in range(_HORIZON))
    spans = (_find_span(config, day) for day in days)
    return Closure(
        opens_at=next((span[0] for span in spans if span is not None and span[0] > now), None),
        holiday=find_holiday(config, today),
    )


def find_holiday(config: TenantConfig, day: date) -> Holiday | None:
    return next((each for each in config.holidays if each.first <= day <= each.last), None)


def list_holidays(config: TenantConfig, *, after: date, days: int) -> list[Holiday]:
    """Those that are on, or begin within as many days."""
    until = after + timedelta(days=days)
    near = (each for each in config.holidays if each.last >= after and each.first <= until)
    return sorted(near, key=lambda each: each.first)


def _find_span(config: TenantConfig, day: date) -> tuple[datetime, datetime] | None:
    """From opening to closing of what begins on this day."""
    if find_holiday(config, day) is not None:
        return None
    begins = datetime.combine(day, time())
    if not config.hours:
        return begins, begins + _DAY
    hours = config.hours.get(_WEEKDAYS[day.weekday()])
    if hours is None:
        return None
    opens, closes = (
        datetime.combine(day, time.fromisoformat(edge)) for edge in (hours.opens, hours.closes)
    )
    return opens, closes if closes > opens else closes + _DAY
