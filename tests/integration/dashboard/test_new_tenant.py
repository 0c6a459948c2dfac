"""A tenant that an operator enters: what the API refuses is refused at its field."""

import re

import pytest

from shared.enums import CallerKind
from shared.stores import tenants
from shared.structs.tenants import OpeningHours, QuietHours
from shared.tables import Tenant
from tests.fakes.businesses import business
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import EMAIL

FORM = "/dashboard/new-tenant"
GOOD = {
    "name": "Duka la Asha",
    "phone_number": "00255 712 345 678",
    "template_type": "ECOMMERCE",
    "language": "EN",
    "time_zone": "Africa/Nairobi",
}


async def all_tenants():
    return [await tenants.get(row["id"]) for row in await Tenant.select(Tenant.id)]


async def test_a_filled_in_form_makes_a_tenant_and_leads_to_it(browser):
    await browser.go(FORM)
    more = {
        "business_name": "Asha",
        "opens_MON": "08:00",
        "closes_MON": "17:30",
        "quiet_hours.begins": "21:00",
        "quiet_hours.ends": "07:00",
    }
    answer = await browser.send(FORM, **GOOD, **more)
    [tenant] = await all_tenants()
    assert answer.url.path == f"/dashboard/tenants/{tenant.id}"
    assert (tenant.name, tenant.phone_number) == ("Duka la Asha", "+255712345678")
    assert tenant.config.business_name == "Asha"
    assert tenant.config.hours == {"MON": OpeningHours(opens="08:00", closes="17:30")}
    assert tenant.config.quiet_hours == QuietHours(
        begins="21:00", ends="07:00", time_zone="Africa/Nairobi"
    )
    assert tenant.worker.desired_state == "STOPPED"
    [entry] = await list_newest(limit=1)
    assert (entry.kind, entry.who, entry.action) == (CallerKind.OPERATOR, EMAIL, "tenant.created")


async def test_what_may_stay_empty_may_stay_empty(browser):
    await browser.go(FORM)
    await browser.send(FORM, **GOOD)
    [tenant] = await all_tenants()
    assert (tenant.config.business_name, tenant.config.hours) == ("Duka la Asha", {})
    assert tenant.config.quiet_hours is None


@pytest.mark.parametrize(
    ("values", "field", "complaint"),
    [
        pytest.param({"name": " "}, "name", "Must not be empty.", id="no name"),
        pytest.param({"name": "x" * 201}, "name", "Must be at most 200", id="an endless name"),
        pytest.param({"name": "a\nb"}, "name", "control characters", id="a name of two lines"),
        pytest.param({"phone_number": "0712 345 678"}, "phone_number", "E.164", id="no country"),
        pytest.param({"phone_number": "+2557"}, "phone_number", "E.164", id="a short number"),
        pytest.param({"template_type": ""}, "template_type", "Is required.", id="no kind"),
        pytest.param({"template_type": "X"}, "template_type", "known values", id="no such kind"),
        pytest.param({"language": "DE"}, "language", "known values", id="a language not spoken"),
        pytest.param({"business_name": "\0"}, "business_name", "control", id="a nul"),
        pytest.param({"opens_TUE": "08:00"}, "opens_TUE", "time of day", id="a day never closed"),
        pytest.param(
            {"opens_SUN": "25:00", "closes_SUN": "26:00"}, "opens_SUN", "time of day", id="no time"
        ),
        pytest.param(
            {
                "quiet_hours.begins": "21:00",
                "quiet_hours.ends": "21:00",
                "time_zone": "Africa/Nairobi",
            },
            "quiet_hours.ends",
            "Must not be when",
            id="quiet for no time",
        ),
        pytest.param(
            {
                "time_zone": "Africa/Nowhere",
                "quiet_hours.begins": "21:00",
                "quiet_hours.ends": "7:00",
            },
            "quiet_hours.ends",
            "time of day",
            id="no time to be quiet until",
        ),
        pytest.param(
            {"opens_MON": "08:00", "closes_MON": "08:00"},
            "opens_MON",
            "Must",
            id="never open",
        ),
        pytest.param(
            {"time_zone": "Africa/Nowhere"},
            "time_zone",
            "Is not a time zone",
            id="a zone that is none",
        ),
        pytest.param(
            {"quiet_hours.begins": "21:00"},
            "quiet_hours.ends",
            "time of day",
            id="quiet for ever",
        ),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_nothing_is_made(
    browser, values, field, complaint
):
    await browser.go(FORM)
    answer = await browser.send(FORM, **(GOOD | values))
    assert answer.status_code == 422
    said = re.search(rf'<p class="wrong" id="{re.escape(field)}-more">([^<]*)</p>', answer.text)
    assert said, answer.text
    assert complaint in said[1]
    assert answer.text.count('class="wrong"') == 1
    assert await all_tenants() == []


async def test_every_fault_is_told_at_once(browser):
    await browser.go(FORM)
    answer = await browser.send(FORM, name="", phone_number="1", opens_MON="x", time_zone="UTC")
    assert answer.text.count('class="wrong"') == 5


async def test_a_number_of_another_tenant_is_told_at_its_field(browser):
    taken = await tenants.create(business())
    await browser.go(FORM)
    answer = await browser.send(FORM, **(GOOD | {"phone_number": taken.phone_number}))
    assert answer.status_code == 422
    assert "Belongs to another tenant." in answer.text


async def test_what_was_typed_is_still_there_and_is_text(browser):
    await browser.go(FORM)
    answer = await browser.send(FORM, **(GOOD | {"name": '"><script>', "language": "x"}))
    assert 'value="&#34;&gt;&lt;script&gt;"' in answer.text
    assert "<script>" not in answer.text
