"""The form of a new tenant, made into the body that the API takes, and judged as that is. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from controlplane.api.bodies import find_problems
from controlplane.dashboard.problems import Wrong, to_wrong
from shared.enums import Language, Weekday
from shared.phone import to_phone
from shared.structs.tenants import CreateTenantInput, OpeningHours

QUIET_PARTS = ("begins", "ends", "time_zone")
# Most businesses here are in it, or an hour beside it.
_ZONE = "Africa/Dar_es_Salaam"


class WrongFormError(Exception):
    def __init__(self, wrong: Wrong) -> None:
        super().__init__(", ".join(wrong))
        self.wrong = wrong


def blank_form() -> dict[str, str]:
    form = dict.fromkeys(("name", "phone_number", "template_type", "business_name"), "")
    form["language"] = Language.SW.value
    form |= {f"quiet_hours.{part}": "" for part in QUIET_PARTS}
    form |= {f"{edge}_{day}": "" for day in Weekday for edge in ("opens", "closes")}
    return form | {"quiet_hours.time_zone": _ZONE}


def read_tenant(form: Mapping[str, str]) -> CreateTenantInput:
    """Raises WrongFormError that names every field at fault."""
    body: dict[str, Any] = {
        "name": form.get("name", "").strip(),
        "phone_number": to_phone(form.get("phone_number", "")),
        "template_type": form.get("template_type", ""),
        "language": form.get("language", ""),
    }
    if business_name := form.get("business_name", "").strip():
        body["business_name"] = business_name
    quiet = {part: form.get(f"quiet_hours.{part}", "").strip() for part in QUIET_PARTS}
    if quiet["begins"] or quiet["ends"]:
        body["quiet_hours"] = quiet
    hours, wrong = _read_hours(form)
    wrong |= to_wrong(find_problems(body, CreateTenantInput))
    if wrong:
        raise WrongFormError(wrong)
    return msgspec.convert({**body, "hours": hours}, CreateTenantInput)


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
