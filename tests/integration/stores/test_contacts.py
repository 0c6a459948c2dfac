"""Contacts on a real PostgreSQL: one row a person, whoever commits at the same moment."""

import asyncio
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.db.engine import transaction
from shared.errors import NotFoundError
from shared.ids import TenantId, new_tenant_id
from shared.stores import contacts, messages, tenants
from shared.structs.contacts import Sighting
from tests.fakes.businesses import NOW, business, message

pytestmark = pytest.mark.usefixtures("database")

PHONE, LID = "+255712000001", "71@lid"


def seen(phone=None, lid=None, *, minutes=0, name=""):
    at = NOW + timedelta(minutes=minutes)
    return Sighting(
        phone=phone,
        lid=lid,
        first_at=at,
        last_at=at,
        push_name=name,
        named_at=at if name else None,
    )


async def people_of(tenant_id: TenantId) -> set[tuple[str | None, str | None]]:
    page = await contacts.list_page(tenant_id, limit=500)
    return {(item.phone, item.lid) for item in page.items}


async def test_two_halves_become_one_row_when_one_sighting_names_both(tenant_id):
    await contacts.record(tenant_id, [seen(PHONE, minutes=5), seen(lid=LID, name="Asha")])
    assert await people_of(tenant_id) == {(PHONE, None), (None, LID)}
    await contacts.record(tenant_id, [seen(PHONE, LID, minutes=9)])
    [contact] = (await contacts.list_page(tenant_id, limit=10)).items
    assert (contact.phone, contact.lid, contact.push_name) == (PHONE, LID, "Asha")
    assert contact.first_seen_at == NOW
    assert contact.last_seen_at == NOW + timedelta(minutes=9)


async def test_numbers_that_change_hands_in_one_batch_break_no_index(tenant_id):
    await contacts.record(tenant_id, [seen("+1", "1@lid"), seen("+2", "2@lid")])
    await contacts.record(tenant_id, [seen("+2", "1@lid"), seen("+1", "2@lid")])
    assert await people_of(tenant_id) == {("+2", "1@lid"), ("+1", "2@lid")}


async def test_one_tenants_contacts_are_not_anothers(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    await contacts.record(tenant_id, [seen(PHONE, LID)])
    await contacts.record(other, [seen(PHONE)])
    assert await people_of(tenant_id) == {(PHONE, LID)}
    assert await people_of(other) == {(PHONE, None)}


async def test_commits_at_the_same_moment_make_one_row_a_person(tenant_id):
    whole = [seen(f"+25571200{n:04}", f"{n}@lid") for n in range(40)]
    phones = [seen(each.phone, minutes=2) for each in whole]
    lids = [seen(lid=each.lid, minutes=2) for each in whole]
    batches = [whole, phones, lids, whole[::-1], lids[::-1], phones[::-1]]
    await asyncio.gather(*(contacts.record(tenant_id, batch) for batch in batches))
    assert await people_of(tenant_id) == {(each.phone, each.lid) for each in whole}


WHO = st.tuples(st.integers(0, 3), st.sampled_from(["phone", "lid", "both"]))
BUSINESSES = count(100)


def sighting_of(who: int, halves: str) -> Sighting:
    return seen(
        f"+25571200000{who}" if halves != "lid" else None,
        f"{who}@lid" if halves != "phone" else None,
    )


# Each example has a tenant of its own in the one database.
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(WHO, min_size=1, max_size=4), min_size=2, max_size=6))
async def test_commits_beside_each_other_end_in_the_same_contacts_as_one_after_another(batches):
    beside, alone = [
        TenantId((await tenants.create(business(next(BUSINESSES)))).id) for _ in range(2)
    ]
    seen_in = [[sighting_of(*each) for each in batch] for batch in batches]
    await asyncio.gather(*(contacts.record(beside, batch) for batch in seen_in))
    for batch in seen_in:
        await contacts.record(alone, batch)
    assert await people_of(beside) == await people_of(alone)


async def test_a_transaction_that_is_undone_leaves_no_contact(tenant_id):
    async def fail_after_a_contact():
        async with transaction():
            await contacts.record(tenant_id, [seen(PHONE, LID)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_a_contact()
    assert await people_of(tenant_id) == set()


async def test_contacts_of_a_tenant_that_is_gone_are_refused():
    with pytest.raises(NotFoundError):
        await contacts.record(new_tenant_id(), [seen(PHONE)])


async def test_what_postgres_cannot_hold_does_not_stop_a_batch(tenant_id):
    await contacts.record(tenant_id, [seen(lid="x" * 20_000 + "@lid", name="a\0b")])
    [contact] = (await contacts.list_page(tenant_id, limit=10)).items
    assert contact.push_name == "a\ufffdb"


async def test_pages_hold_everybody_once_newest_first(tenant_id):
    await contacts.record(tenant_id, [seen(f"+2557120000{n:02}", minutes=n) for n in range(5)])
    found, cursor = [], None
    for _ in range(3):
        page = await contacts.list_page(tenant_id, limit=2, cursor=cursor)
        found += [item.phone[-1] for item in page.items]
        cursor = page.next_cursor
    assert (found, cursor) == (["4", "3", "2", "1", "0"], None)


@pytest.mark.parametrize(
    ("digits", "found"),
    [
        pytest.param("712000", {PHONE}, id="in the middle of a phone"),
        pytest.param("71", {PHONE, None}, id="a phone and a LID"),
        pytest.param("999", set(), id="nobody"),
        pytest.param("%", set(), id="no pattern"),
    ],
)
async def test_contacts_are_found_by_digits(tenant_id, digits, found):
    await contacts.record(tenant_id, [seen(PHONE), seen(lid=LID), seen("+4930123456")])
    page = await contacts.list_page(tenant_id, limit=10, digits=digits)
    assert {item.phone for item in page.items} == found


async def test_a_row_of_a_lid_shows_the_phone_once_it_is_learned(tenant_id):
    logged = message("a", from_number=LID, contact_lid=LID)
    await messages.append_messages(tenant_id, [logged])
    await contacts.record(tenant_id, [seen(lid=LID)])
    assert (await messages.list_page(tenant_id, limit=1)).items[0].from_number == LID
    await contacts.record(tenant_id, [seen(PHONE, LID)])
    row = (await messages.list_page(tenant_id, limit=1)).items[0]
    assert (row.from_number, row.contact_lid) == (PHONE, LID)
    assert row.to_number == logged.to_number


async def test_another_tenants_contact_lends_no_phone(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    await messages.append_messages(tenant_id, [message("a", from_number=LID, contact_lid=LID)])
    await contacts.record(other, [seen(PHONE, LID)])
    assert (await messages.list_page(tenant_id, limit=1)).items[0].from_number == LID
