"""Opening hours, quiet hours and holidays as a form, and back. Pure."""

from collections.abc import Mapping
from datetime import date

import msgspec

from shared.configuration import LONGEST_HOLIDAY
from shared.enums import Weekday
from shared.structs.tenants import Holiday, OpeningHours, QuietHours, TenantConfig
from shared.structs.text import Label, TimeOfDay

# Empty rows below those that are filled in: enough for a sitting, few on a phone.
SPARE_ROWS = 2
MAX_HOLIDAYS = 60


def hours_to_form(hours: Mapping[Weekday, OpeningHours]) -> dict[str, str]:
    form = {}
    for day in Weekday:
        of_day = hours.get(day)
        form[f"opens_{day}"] = of_day.opens if of_day else ""
        form[f"closes_{day}"] = of_day.closes if of_day else ""
    return form


def quiet_to_form(quiet: QuietHours | None) -> dict[str, str]:
    return {
        "quiet_begins": quiet.begins if quiet else "",
        "quiet_ends": quiet.ends if quiet else "",
    }


def read_quiet(
    form: Mapping[str, str], config: TenantConfig, wrong: dict[str, str]
) -> QuietHours | None:
    """In the time of the business, but where they are as they were. Two empty times are none."""
    times = {edge: _read_time(form, f"quiet_{edge}") for edge in ("begins", "ends")}
    if not any(times.values()):
        return None
    if config.quiet_hours is not None and quiet_to_form(config.quiet_hours) == {
        f"quiet_{edge}": text for edge, text in times.items()
    }:
        return config.quiet_hours
    for edge, text in times.items():
        try:
            msgspec.convert(text, TimeOfDay)
        except msgspec.ValidationError:
            wrong[f"quiet_{edge}"] = "quiet.time_wrong"
    if times["begins"] == times["ends"]:
        wrong.setdefault("quiet_ends", "quiet.same")
    return QuietHours(**times, time_zone=config.time_zone)


def read_hours(form: Mapping[str, str], wrong: dict[str, str]) -> dict[Weekday, OpeningHours]:
    hours = {}
    for day in Weekday:
        opens, closes = (_read_time(form, f"{edge}_{day}") for edge in ("opens", "closes"))
        if not opens and not closes:
            continue
        try:
            hours[day] = msgspec.convert({"opens": opens, "closes": closes}, OpeningHours)
        except msgspec.ValidationError:
            wrong[f"opens_{day}"] = "business.hours_wrong"
            continue
        if opens == closes:
            wrong[f"opens_{day}"] = "business.hours_order"
    return hours


def holidays_to_form(holidays: list[Holiday]) -> dict[str, str]:
    form = {}
    for row, holiday in enumerate(holidays):
        form[f"holiday_{row}"] = holiday.name
        form[f"first_{row}"] = holiday.first.isoformat()
        form[f"last_{row}"] = holiday.last.isoformat()
    return form


def list_rows(form: Mapping[str, str]) -> list[int]:
    """Which rows of holidays to show: those with something in them, and some more."""
    filled = [row for row in range(MAX_HOLIDAYS) if any(_row(form, row))]
    count = (max(filled) + 1 if filled else 0) + SPARE_ROWS
    return list(range(min(count, MAX_HOLIDAYS)))


def read_holidays(form: Mapping[str, str], wrong: dict[str, str]) -> list[Holiday]:
    """In order. A row of nothing is none; one day needs no last."""
    holidays = []
    for row in range(MAX_HOLIDAYS):
        name, first, last = _row(form, row)
        if not (name or first or last):
            continue
        key = f"holiday_{row}"
        try:
            msgspec.convert(name, Label)
            begins, ends = date.fromisoformat(first), date.fromisoformat(last or first)
        except msgspec.ValidationError:
            wrong[key] = "hours.holiday_name_wrong"
        except ValueError:
            wrong[key] = "hours.holiday_date_wrong"
        else:
            holidays.append(Holiday(name=name, first=begins, last=ends))
            if ends < begins:
                wrong[key] = "hours.holiday_order"
            elif ends - begins >= LONGEST_HOLIDAY:
                wrong[key] = "hours.holiday_long"
    return sorted(holidays, key=lambda each: (each.first, each.last))


def _read_time(form: Mapping[str, str], name: str) -> str:
    # Some browsers send seconds.
    return form.get(name, "").strip()[:5]


def _row(form: Mapping[str, str], row: int) -> tuple[str, str, str]:
    name, first, last = (
        form.get(f"{part}_{row}", "").strip() for part in ("holiday", "first", "last")
    )
    return name, first, last
