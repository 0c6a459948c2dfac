"""Opening hours and holidays as a form, and back. Pure."""

from collections.abc import Mapping
from datetime import date

import msgspec

from shared.configuration import LONGEST_HOLIDAY
from shared.enums import Weekday
from shared.structs.tenants import Holiday, OpeningHours
from shared.structs.text import Label

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


def read_hours(form: Mapping[str, str], wrong: dict[str, str]) -> dict[Weekday, OpeningHours]:
    hours = {}
    for day in Weekday:
        # Some browsers send seconds.
        opens, closes = (form.get(f"{edge}_{day}", "").strip()[:5] for edge in ("opens", "closes"))
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


def _row(form: Mapping[str, str], row: int) -> tuple[str, str, str]:
    name, first, last = (
        form.get(f"{part}_{row}", "").strip() for part in ("holiday", "first", "last")
    )
    return name, first, last
