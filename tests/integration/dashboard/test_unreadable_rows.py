"""A tenant whose rows cannot be read has its pages, which say so; the others have theirs."""

import pytest

from shared.ids import TenantId
from shared.stores import tenants
from tests.fakes.businesses import business
from tests.fakes.unreadable import plant
from tests.integration.portal.conftest import PASSWORD

NOTE = "cannot be read"
PAGES = ("", "/incidents", "/messages", "/log", "/keys", "/members", "/limits")


@pytest.mark.parametrize(
    "wrong",
    [
        ("tenant_configs", "language", "'<b>XX'"),
        ("tenant_configs", "hours_json", "'[1, 2]'"),
        ("whatsapp_sessions", "state", "'ASLEEP'"),
        ("worker_processes", "desired_state", "'PERHAPS'"),
    ],
    ids=" ".join,
)
async def test_its_pages_and_the_fleets_are_shown(browser, tenant_id, database_url, wrong):
    neighbour = TenantId((await tenants.create(business(2))).id)
    await plant(database_url, *wrong, f"tenant = '{tenant_id}'")
    fleet = await browser.go("/dashboard")
    assert (fleet.status_code, fleet.text.count(NOTE)) == (200, 1)
    assert "Duka 2" in fleet.text
    for page in PAGES:
        shown = await browser.go(f"/dashboard/tenants/{tenant_id}{page}")
        assert shown.status_code == 200, page
        assert "<b>XX" not in shown.text
    own = await browser.go(f"/dashboard/tenants/{tenant_id}")
    assert NOTE in own.text
    assert wrong[1] in own.text
    assert NOTE not in (await browser.go(f"/dashboard/tenants/{neighbour}")).text


async def test_a_request_and_a_member_that_cannot_be_read_are_in_nobodys_way(
    browser, tenant_id, database_url
):
    await plant(database_url, "tenant_configs", "language", "'XX'", f"tenant = '{tenant_id}'")
    assert (await browser.go("/dashboard/requests")).status_code == 200
    await browser.go(f"/dashboard/tenants/{tenant_id}/members")
    made = await browser.send(
        f"/dashboard/tenants/{tenant_id}/members",
        email="asha@x.de",
        role="STAFF",
        language="EN",
        current=PASSWORD,
    )
    assert made.status_code == 200, made.text
    await plant(database_url, "users", "language", "'XX'", "email = 'asha@x.de'")
    shown = await browser.go(f"/dashboard/tenants/{tenant_id}/members")
    assert shown.status_code == 200
