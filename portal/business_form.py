"""The description of a business as a form, and back. Pure."""

from collections.abc import Mapping

import msgspec

from portal.hours_form import hours_to_form, read_hours
from shared.enums import Language, TemplateType, Weekday
from shared.errors import InvalidInputError
from shared.names import LONGEST, clean_name, holds_link
from shared.phone import parse_phone, to_phone
from shared.structs.tenants import CreateTenantInput, OpeningHours
from shared.structs.text import Name
from shared.web.fields import FormError

OPENS, CLOSES = "08:00", "18:00"


def blank_form(language: Language) -> dict[str, str]:
    """Six days a week, from eight to six: most need to change little."""
    form = {"name": "", "phone": "", "template": "", "language": language.value}
    usual = OpeningHours(opens=OPENS, closes=CLOSES)
    return form | hours_to_form({day: usual for day in Weekday if day is not Weekday.SUN})


def read_name(form: Mapping[str, str], wrong: dict[str, str]) -> str:
    """Notes what is wrong with it in `wrong`. It gets into mails of ours, to anybody."""
    given = form.get("name", "")
    name = clean_name(given)
    try:
        msgspec.convert(given.strip(), Name)
        msgspec.convert(name, Name)
    except msgspec.ValidationError:
        wrong["name"] = "business.name_wrong"
        return name
    if len(name) > LONGEST:
        wrong["name"] = "business.name_long"
    elif holds_link(name):
        wrong["name"] = "business.name_link"
    return name


def read_business(form: Mapping[str, str]) -> CreateTenantInput:
    """Raises FormError that names every field at fault."""
    wrong: dict[str, str] = {}
    name = read_name(form, wrong)
    phone = to_phone(form.get("phone", ""))
    try:
        parse_phone("phone", phone)
    except InvalidInputError:
        wrong["phone"] = "business.phone_wrong"
    if form.get("template") not in TemplateType.__members__:
        wrong["template"] = "business.template_wrong"
    if form.get("language") not in Language.__members__:
        wrong["language"] = "business.language_wrong"
    hours = read_hours(form, wrong)
    if wrong:
        raise FormError(wrong)
    return CreateTenantInput(
        name=name,
        phone_number=phone,
        template_type=TemplateType(form["template"]),
        language=Language(form["language"]),
        hours=hours,
    )
