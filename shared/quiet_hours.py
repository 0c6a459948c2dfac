"""When nobody is to be disturbed: the hours of a place in which queued messages wait. Pure."""

from datetime import UTC, datetime, time, timedelta, tzinfo

import msgspec

from shared.structs.tenants import QuietHours


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """Local times; from an evening to a morning when `begins` is the later one. Never, when both
    are the same.
    """

    begins: time
    ends: time
    zone: tzinfo


def to_quiet(hours: QuietHours, zone: tzinfo) -> Quiet:
    """zone: the one that `hours` names."""
    return Quiet(
        begins=time.fromisoformat(hours.begins), ends=time.fromisoformat(hours.ends), zone=zone
    )


def find_end(quiet: Quiet | None, now: datetime) -> datetime | None:
    """When the quiet hours of `now` are over; None when there are none now."""
    if quiet is None or not _is_quiet(quiet, now):
        return None
    today = now.astimezone(quiet.zone).date()
    # Where clocks are changed, a local time may come twice, or not at all on one day.
    ends = (
        datetime.combine(today + timedelta(days=days), quiet.ends, quiet.zone).replace(fold=fold)
        for days in (0, 1, 2)
        for fold in (0, 1)
    )
    instants = (end.astimezone(UTC) for end in ends)
    return min(end for end in instants if end > now and not _is_quiet(quiet, end))


def _is_quiet(quiet: Quiet, instant: datetime) -> bool:
    at = instant.astimezone(quiet.zone).time()
    if quiet.begins <= quiet.ends:
        return quiet.begins <= at < quiet.ends
    return at >= quiet.begins or at < quiet.ends
