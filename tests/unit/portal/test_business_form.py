"""What people type about their business."""

import pytest

from portal.business_form import blank_form, read_business
from shared.enums import Language, TemplateType, Weekday
from shared.phone import to_phone
from shared.structs.tenants import OpeningHours
from shared.web.fields import FormError

FILLED = blank_form(Language.SW) | {
    "name": " Duka la Asha ",
    "phone": "+255 712 345-678",
    "template": "ECOMMERCE",
}


def wrong_in(**changes: str) -> dict[str, str]:
    with pytest.raises(FormError) as caught:
        read_business(FILLED | changes)
    return caught.value.wrong


def test_a_form_that_is_filled_in_becomes_a_tenant():
    given = read_business(FILLED)
    assert (given.name, given.phone_number) == ("Duka la Asha", "+255712345678")
    assert (given.template_type, given.language) == (TemplateType.ECOMMERCE, Language.SW)
    assert given.hours[Weekday.SAT] == OpeningHours(opens="08:00", closes="18:00")
    assert Weekday.SUN not in given.hours


@pytest.mark.parametrize("text", ["00255 712 345 678", "+255.712.345.678", "(+255) 712/345678"])
def test_a_number_is_read_as_people_write_it(text):
    assert to_phone(text) == "+255712345678"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "Account blocked, go to evil.example"}, "name"),
        ({"name": "www.evil.example"}, "name"),
        ({"name": "Piga +255 712 345 678"}, "name"),
        ({"name": "\u202e\u200b"}, "name"),
        ({"phone": "0712345678"}, "phone"),
        ({"phone": "+255"}, "phone"),
        ({"phone": "call me"}, "phone"),
        ({"template": "BANK"}, "template"),
        ({"language": "FR"}, "language"),
        ({"opens_MON": ""}, "opens_MON"),
        ({"opens_MON": "8"}, "opens_MON"),
        ({"closes_TUE": "24:00"}, "opens_TUE"),
        ({"opens_WED": "18:00"}, "opens_WED"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(changes, field):
    assert wrong_in(**changes).keys() == {field}


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(FormError) as caught:
        read_business({})
    assert caught.value.wrong.keys() == {"name", "phone", "template", "language"}
