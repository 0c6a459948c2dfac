"""Who may sign in to the portal for a tenant, as operators say."""

import re
from uuid import uuid4

import pytest

from shared.enums import CallerKind
from shared.stores import members, tenants
from tests.fakes.businesses import business
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import EMAIL
from tests.integration.portal.conftest import PASSWORD

GOOD = {"email": "asha@example.com", "role": "OWNER", "language": "EN", "current": PASSWORD}


@pytest.fixture
def path(tenant_id) -> str:
    return f"/dashboard/tenants/{tenant_id}/members"


async def test_a_member_is_added_without_a_password_and_removed(browser, tenant_id, path):
    assert "Nobody may sign in" in (await browser.go(path)).text
    assert "asha@example.com" in (await browser.send(path, **GOOD)).text
    member, kept = await members.find_by_email("asha@example.com")
    assert (member.tenant_id, member.role, member.language, kept) == (
        *(tenant_id, "OWNER", "EN"),
        None,
    )
    [entry] = await list_newest(limit=1)
    assert (entry.kind, entry.who, entry.action) == (CallerKind.OPERATOR, EMAIL, "member.added")
    await browser.send(f"{path}/{member.id}/remove")
    assert await members.list_team(tenant_id) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "asha"}, "email"),
        ({"email": EMAIL.upper()}, "email"),
        ({"role": "ADMIN"}, "role"),
        ({"language": "DE"}, "language"),
        ({"current": ""}, "current"),
        ({"current": "other good words"}, "current"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(browser, tenant_id, path, values, field):
    await browser.go(path)
    answer = await browser.send(path, **(GOOD | values))
    assert answer.status_code == 422
    assert re.findall(r'class="wrong" id="([a-z]+)-more"', answer.text) == [field]
    assert await members.list_team(tenant_id) == []


async def test_a_member_of_another_tenant_is_not_found(browser, tenant_id, path):
    other = (await tenants.create(business(2))).id
    await browser.go(path)
    await browser.send(path, **GOOD)
    hidden = browser.hidden(path)
    [member] = await members.list_team(tenant_id)
    for wrong in (f"/dashboard/tenants/{other}/members/{member.id}", f"{path}/{uuid4()}"):
        assert (await browser.post(f"{wrong}/remove", **hidden)).status_code == 404
    unknown = f"/dashboard/tenants/{uuid4()}/members"
    assert (await browser.go(unknown)).status_code == 404
    assert (await browser.post(unknown, **hidden, **GOOD)).status_code == 404
    assert await members.list_team(tenant_id) == [member]
