"""The form of a new tenant, made into the body that the API takes, and judged as that is. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from controlplane.api.bodies import find_problems
from controlplane.dashboard.problems import Wrong, to_wrong
from shared.enums import Language, Weekday
from shared.phone import to_phone
from shared.structs.tenants import DEFAULT_ZONE, CreateTenantInput, OpeningHours

QUIET_PARTS = ("begins", "ends")


class WrongFormError(Exception):
    def __init__(self, wrong: Wrong) -> None:
        super().__init__(", ".join(wrong))
        self.wrong = wrong


def blank_form() -> dict[str, str]:
    form = dict.fromkeys(("name", "phone_number", "template_type", "business_name"), "")
    form["language"] = Language.SW.value
    form |= {f"quiet_hours.{part}": "" for part in QUIET_PARTS}
    form |= {f"{edge}_{day}": "" for day in Weekday for edge in ("opens", "closes")}
    return form | {"time_zone": DEFAULT_ZONE}


def read_tenant(form: Mapping[str, str]) -> CreateTenantInput:
    """Raises WrongFormError that names every field at fault."""
    body: dict[str, Any] = {
        "name": form.get("name", "").strip(),
        "phone_number": to_phone(form.get("phone_number", "")),
        "time_zone": form.get("time_zone", "").strip(),
    }
    body |= {choice: form[choice] for choice in ("template_type", "language") if form.get(choice)}
    if business_name := form.get("business_name", "").strip():
        body["business_name"] = business_name
    quiet = {part: form.get(f"quiet_hours.{part}", "").strip() for part in QUIET_PARTS}
    if any(quiet.values()):
        body["quiet_hours"] = {**quiet, "time_zone": body["time_zone"]}
    hours, wrong = _read_hours(form)
    wrong |= to_fields(to_wrong(find_problems(body, CreateTenantInput)))
    if wrong:
        raise WrongFormError(wrong)
    return msgspec.convert({**body, "hours": hours}, CreateTenantInput)


def to_fields(wrong: Wrong) -> Wrong:
    """By the form's fields: a day's hours are told at its first, and there is one time zone."""
    fields: Wrong = {}
    for place, sentence in wrong.items():
        if place.startswith("hours."):
            place = f"opens_{place.split('.')[1]}"  # noqa: PLW2901  the same place, in the form
        fields[place.replace("quiet_hours.time_zone", "time_zone")] = sentence
    return fields


def _read_hours(form: Mapping[str, str]) -> tuple[dict[str, dict[str, str]], Wrong]:
    """A day without times is closed. What is wrong is told at the day's first field."""
    hours: dict[str, dict[str, str]] = {}
    wrong: Wrong = {}
    for day in Weekday:
        times = {edge: form.get(f"{edge}_{day}", "").strip() for edge in ("opens", "closes")}
        if not any(times.values()):
            continue
        hours[day.value] = times
        for sentence in to_wrong(find_problems(times, OpeningHours)).values():
            wrong[f"opens_{day}"] = sentence
    return hours, wrong
