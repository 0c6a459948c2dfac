"""`GET /admin/tenants/{id}/contacts`."""

from datetime import timedelta

import pytest

from shared.ids import TenantId
from shared.stores import contacts, tenants
from shared.structs.contacts import Sighting
from tests.fakes.businesses import NOW, business


def seen(number: int) -> Sighting:
    at = NOW + timedelta(minutes=number)
    return Sighting(
        phone=f"+25571200000{number}",
        lid=f"{number}900@lid" if number % 2 else None,
        first_at=at,
        last_at=at,
        push_name="Asha" if number == 1 else "",
        named_at=at if number == 1 else None,
    )


@pytest.fixture
async def path(api, tenant_id) -> str:  # noqa: ARG001  the stores are bound
    await contacts.record(tenant_id, [seen(number) for number in range(1, 5)])
    other = TenantId((await tenants.create(business(2))).id)
    await contacts.record(other, [seen(9)])
    return f"/admin/tenants/{tenant_id}/contacts"


async def test_contacts_are_newest_first_in_pages(api, path):
    first = (await api.client.get(path, params={"limit": 3})).json()
    rest = (await api.client.get(path, params={"cursor": first["next_cursor"]})).json()
    found = first["items"] + rest["items"]
    assert [item["phone"][-1] for item in found] == ["4", "3", "2", "1"]
    assert found[-1].pop("id")
    assert found[-1] == {
        "phone": "+255712000001",
        "lid": "1900@lid",
        "push_name": "Asha",
        "first_seen_at": "2026-11-23T08:01:00Z",
        "last_seen_at": "2026-11-23T08:01:00Z",
    }
    assert (found[0]["lid"], found[0]["push_name"]) == (None, None)


@pytest.mark.parametrize(
    ("number", "found"),
    [
        pytest.param("+255712000003", ["3"], id="a phone"),
        pytest.param("0712 000 003", ["3"], id="as one dials it at home"),
        pytest.param("1900@lid", ["1"], id="a LID"),
        pytest.param("712", ["4", "3", "2", "1"], id="part of all"),
        pytest.param("+255712000009", [], id="another tenant's"),
    ],
)
async def test_contacts_are_searched_by_number(api, path, number, found):
    page = (await api.client.get(path, params={"number": number})).json()
    assert [item["phone"][-1] for item in page["items"]] == found


@pytest.mark.parametrize("number", ["", "7", "%%", "abc", "1" * 40, "12\n"])
async def test_what_is_no_part_of_a_number_is_refused_by_name(api, path, number):
    answer = await api.client.get(path, params={"number": number})
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == "number"
    assert error["message"] == "must be part of a phone number or LID: at least two digits"
