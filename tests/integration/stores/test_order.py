"""The order of rows is that in which they were written, whatever clocks and ids say.

Between any two writes the clock is set back by an hour, and the ids say nothing of the order.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from shared.db.guard import member_transaction, new_link_transaction, show_session
from shared.enums import (
    CallerKind,
    Language,
    ProofPurpose,
    RefusalOutcome,
    SecurityKind,
    SecuritySite,
    SetupStatus,
    UserRole,
)
from shared.ids import TenantId
from shared.stores import (
    api_keys,
    audit,
    contacts,
    fleet,
    incidents,
    mail_proofs,
    members,
    messages,
    operators,
    outbound,
    portal_events,
    refused_events,
    security_events,
    setup_requests,
    tenant_lists,
    tenants,
)
from shared.stores.refused_events import Refusal
from shared.stores.secrets import hash_secret
from shared.structs.contacts import Sighting
from shared.structs.content import TextContent
from shared.structs.keys import AuditEntry
from shared.structs.members import Offer
from shared.structs.outbound import NewOutbound
from shared.structs.pages import Page
from shared.structs.security import SecurityCount
from shared.tables import WorkerIncident, WorkerProcess
from tests.fakes.businesses import NOW, business, message
from tests.fakes.tickets import begin_session
from tests.fakes.unruly_clock import set_clock_back

ROWS = 6
HASH = "$argon2id$"
Read = Callable[..., Awaitable[Page[Any]]]


async def read_pages(read: Read, label: Callable[[Any], str], *, limit: int = 2) -> list[str]:
    found, cursor = [], None
    while True:
        page = await read(limit=limit, cursor=cursor)
        found += [label(item) for item in page.items]
        if (cursor := page.next_cursor) is None:
            return found


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """write: one row that is called by its number. read: a page; label: the number of an item."""

    table: str
    at: str = "created_at"
    has_free_ids: bool = True
    write: Callable[[TenantId, int], Awaitable[object]]
    read: Callable[[TenantId], Read]
    label: Callable[[Any], str]
    is_newest_first: bool = True


async def write_log(tenant_id: TenantId, number: int) -> None:
    await messages.append_messages(tenant_id, [message(str(number))])


async def queue(tenant_id: TenantId, number: int) -> None:
    await outbound.enqueue(
        tenant_id,
        [NewOutbound(to="+255754000001", content=TextContent(text=str(number)))],
        fingerprint="f",
        key=None,
        now=NOW,
    )


async def see(tenant_id: TenantId, number: int) -> None:
    phone = f"+2557540000{number:02}"
    await contacts.record(tenant_id, [Sighting(phone=phone, lid=None, first_at=NOW, last_at=NOW)])


async def leave_trace(tenant_id: TenantId, number: int) -> None:
    kind = CallerKind.KEY
    await audit.record(
        AuditEntry(kind=kind, who=str(number), action="a", address="", tenant_id=tenant_id)
    )


async def crash(tenant_id: TenantId, number: int) -> None:
    incident = WorkerIncident(tenant=tenant_id, kind="CRASH", detail=str(number), at=NOW)
    await WorkerIncident.insert(incident)


async def tell_event(tenant_id: TenantId, number: int) -> None:
    await portal_events.record(tenant_id, str(number), {})


async def count_attempt(_: TenantId, number: int) -> None:
    counted = SecurityCount(
        site=SecuritySite.API,
        kind=SecurityKind.KEY_UNKNOWN,
        source=str(number),
        subject="",
        times=1,
    )
    await security_events.add([counted], now=NOW)


async def ask_for_setup(tenant_id: TenantId, number: int) -> None:
    request = await setup_requests.create(tenant_id, note=str(number))
    await setup_requests.decide(request.id, SetupStatus.REJECTED, note="", now=NOW)


async def make_key(tenant_id: TenantId, number: int) -> None:
    await api_keys.create(str(number), scopes=[], tenant_id=tenant_id)


async def make_operators_key(_: TenantId, number: int) -> None:
    await api_keys.create(str(number), scopes=[])


async def add_member(tenant_id: TenantId, number: int) -> None:
    offer = Offer(tenant_id=tenant_id, role=UserRole.OWNER)
    await members.create_invited(f"{number}@x", offer, password_hash=None, language=Language.EN)


async def add_operator(_: TenantId, number: int) -> None:
    await operators.create(f"{number}@x", password_hash=HASH)


async def invite(tenant_id: TenantId, number: int) -> None:
    inviter = await members.create_invited(
        f"{uuid4()}@x",
        Offer(tenant_id=tenant_id, role=UserRole.OWNER),
        password_hash=None,
        language=Language.EN,
    )
    offer = Offer(tenant_id=tenant_id, role=UserRole.STAFF)
    await mail_proofs.invite(f"{number}", f"{number}@x", offer, inviter=inviter, now=NOW)


async def add_tenant(_: TenantId, number: int) -> None:
    await tenants.create(business(number + 10, name=str(number)))


def whole(read: Callable[[TenantId], Awaitable[list[Any]]], tenant_id: TenantId) -> Read:
    """A list without pages, as its only page."""

    async def read_it(**_: object) -> Page[Any]:
        return Page(items=await read(tenant_id))

    return read_it


CASES = {
    "message log": Case(
        table="message_logs",
        write=write_log,
        read=lambda tenant_id: partial(messages.list_page, tenant_id),
        label=lambda item: item.wa_message_id,
    ),
    "queued": Case(
        table="outbound_messages",
        write=queue,
        read=lambda tenant_id: partial(outbound.list_page, tenant_id),
        label=lambda item: item.text,
    ),
    "contacts first seen in one second": Case(
        table="contacts",
        at="last_seen_at",
        write=see,
        read=lambda tenant_id: partial(contacts.list_page, tenant_id),
        label=lambda item: str(int(item.phone[-2:])),
    ),
    "audit": Case(
        table="admin_audit_logs",
        at="at",
        write=leave_trace,
        read=lambda _: audit.list_page,
        label=lambda item: item.who,
    ),
    "audit of a tenant": Case(
        table="admin_audit_logs",
        at="at",
        write=leave_trace,
        read=lambda tenant_id: partial(audit.list_page, tenant_id=tenant_id),
        label=lambda item: item.who,
    ),
    "incidents": Case(
        table="worker_incidents",
        at="at",
        write=crash,
        read=lambda tenant_id: partial(incidents.list_page, tenant_id),
        label=lambda item: item.detail,
    ),
    "portal events": Case(
        table="portal_event_logs",
        write=tell_event,
        read=lambda tenant_id: partial(portal_events.list_page, tenant_id),
        label=lambda item: item.event_type,
    ),
    "security events": Case(
        table="security_events",
        at="minute",
        write=count_attempt,
        read=lambda _: security_events.list_page,
        label=lambda item: item.source,
    ),
    "setup requests": Case(
        table="setup_requests",
        write=ask_for_setup,
        read=lambda _: setup_requests.list_page,
        label=lambda item: item.note,
    ),
    "keys of all tenants": Case(
        table="api_keys",
        write=make_key,
        read=lambda _: api_keys.list_of_tenants,
        label=lambda item: item.name,
    ),
    "keys of a tenant": Case(
        table="api_keys",
        write=make_key,
        read=lambda tenant_id: whole(partial(api_keys.list_of_tenant, limit=99), tenant_id),
        label=lambda item: item.name,
        is_newest_first=False,
    ),
    "keys of operators": Case(
        table="api_keys",
        write=make_operators_key,
        read=lambda tenant_id: whole(lambda _: api_keys.list_of_operators(limit=99), tenant_id),
        label=lambda item: item.name,
        is_newest_first=False,
    ),
    "team": Case(
        table="users",
        has_free_ids=False,
        write=add_member,
        read=partial(whole, members.list_team),
        label=lambda item: item.email.removesuffix("@x"),
        is_newest_first=False,
    ),
    "operators": Case(
        table="users",
        has_free_ids=False,
        write=add_operator,
        read=partial(whole, lambda _: operators.list_all()),
        label=lambda item: item.email.removesuffix("@x"),
        is_newest_first=False,
    ),
    "invitations": Case(
        table="mail_proofs",
        write=invite,
        read=partial(whole, partial(mail_proofs.list_invitations, now=NOW)),
        label=lambda item: item.email.removesuffix("@x"),
        is_newest_first=False,
    ),
    "tenants": Case(
        table="tenants",
        has_free_ids=False,
        write=add_tenant,
        read=lambda _: tenant_lists.list_page,
        label=lambda item: item.name.removeprefix("Duka "),
        is_newest_first=False,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_list_is_in_the_order_of_writing(tenant_id, database_url, case):
    for number in range(2, ROWS):
        await case.write(tenant_id, number)
        await set_clock_back(database_url, case.table, at=case.at, with_ids=case.has_free_ids)
    found = await read_pages(case.read(tenant_id), case.label)
    expected = [str(number) for number in range(2, ROWS)]
    first = [] if case.table != "tenants" else ["1"]  # the one that every test has
    assert found == (expected[::-1] if case.is_newest_first else first + expected)


PAGED = {name: case for name, case in CASES.items() if case.is_newest_first}


@pytest.mark.parametrize("case", PAGED.values(), ids=PAGED)
async def test_a_page_holds_what_it_held_whatever_is_written_meanwhile(
    tenant_id, database_url, case
):
    for number in range(ROWS):
        await case.write(tenant_id, number)
    read, found, cursor = case.read(tenant_id), [], None
    for later in range(ROWS):
        page = await read(limit=2, cursor=cursor)
        found += [case.label(item) for item in page.items]
        if (cursor := page.next_cursor) is None:
            break
        await case.write(tenant_id, ROWS + later)
        await set_clock_back(database_url, case.table, at=case.at, with_ids=False)
    assert found == [str(number) for number in reversed(range(ROWS))]


async def test_the_newest_request_is_the_one_that_was_made_last(tenant_id, database_url):
    for number in range(3):
        await ask_for_setup(tenant_id, number)
        await set_clock_back(database_url, "setup_requests", at="created_at")
    newest = await setup_requests.find_newest(tenant_id)
    assert newest is not None
    assert newest.note == "2"


async def test_what_is_judged_are_the_newest_ends_of_containers(tenant_id, database_url):
    await WorkerProcess.update({"generation": 1}).where(WorkerProcess.tenant == tenant_id)
    for number in range(4):
        await WorkerIncident.insert(
            WorkerIncident(
                tenant=tenant_id,
                kind="CRASH",
                detail=str(number),
                generation=1,
                container_id=f"c{number}",
                finished_at=NOW + timedelta(seconds=number),
            )
        )
        await set_clock_back(database_url, "worker_incidents", at="at")
    found = (await fleet.list_incidents([tenant_id], newest=2))[tenant_id]
    assert {each.detail for each in found} == {"3", "2"}


async def test_of_too_many_incidents_the_first_go(tenant_id, database_url, monkeypatch):
    monkeypatch.setattr(incidents, "KEPT", 2)
    for number in range(4):
        await crash(tenant_id, number)
        await set_clock_back(database_url, "worker_incidents", at="at")
    await incidents.trim()
    page = await incidents.list_page(tenant_id, limit=9)
    assert [item.detail for item in page.items] == ["3", "2"]


async def test_a_contact_keeps_its_place_when_its_other_name_is_learned(tenant_id):
    for number in range(4):
        await see(tenant_id, number)
    before = await read_pages(partial(contacts.list_page, tenant_id), lambda item: item.phone)
    page = await contacts.list_page(tenant_id, limit=2)
    learned = Sighting(phone=page.items[0].phone, lid="7@lid", first_at=NOW, last_at=NOW)
    moved = Sighting(phone=before[3], lid="8@lid", first_at=NOW, last_at=NOW)
    await contacts.record(tenant_id, [learned, moved])
    after = await read_pages(partial(contacts.list_page, tenant_id), lambda item: item.phone)
    assert after == before
    rest = await contacts.list_page(tenant_id, limit=9, cursor=page.next_cursor)
    assert [item.phone for item in page.items + rest.items] == before


async def test_the_portals_role_writes_in_the_same_order(tenant_id, database, database_url):
    """It may number no row itself, and needs no more than to add one."""
    from shared.db.engine import bind, open_database
    from tests.integration.db.test_portal_role import as_portal

    owner = await members.create_invited(
        "asha@x", Offer(tenant_id=tenant_id, role=UserRole.OWNER), password_hash=HASH,
        language=Language.EN,
    )  # fmt: skip
    token = await begin_session(database_url, tenant_id=tenant_id, member_id=owner)
    try:
        async with open_database(as_portal(database_url), min_size=1, max_size=1):
            for number in range(3):
                show_session(token)
                async with member_transaction(owner, tenant_id=tenant_id):
                    await queue(tenant_id, number)
                    await tell_event(tenant_id, number)
                async with new_link_transaction(str(number)):
                    await mail_proofs.create(
                        hash_secret(str(number)),
                        ProofPurpose.SIGN_UP,
                        "b@x",
                        member_id=None,
                        now=NOW,
                    )
    finally:
        bind(database)
    for table in ("outbound_messages", "portal_event_logs"):
        await set_clock_back(database_url, table, at="created_at")
    await queue(tenant_id, 3)
    assert [item.text for item in (await outbound.list_page(tenant_id, limit=9)).items] == [
        *("3", "2", "1", "0"),
    ]
    told = (await portal_events.list_page(tenant_id, limit=9)).items
    assert [each.event_type for each in told] == ["2", "1", "0"]


async def test_of_too_many_refused_events_the_first_go(tenant_id, database_url, monkeypatch):
    monkeypatch.setattr(refused_events, "KEPT", 5)

    def refuse(*numbers: int) -> list[Refusal]:
        return [
            Refusal(outcome=RefusalOutcome.KEPT, problem=str(number), payload=bytes([number]))
            for number in numbers
        ]

    await refused_events.keep(tenant_id, refuse(0, 1, 2, 3), now=NOW)
    await set_clock_back(database_url, "refused_events", at="at")
    await refused_events.keep(tenant_id, refuse(4, 5, 6), now=NOW)
    await set_clock_back(database_url, "refused_events", at="at")
    kept = await refused_events.list_newest(tenant_id, limit=9)
    assert [each.problem for each in kept] == ["6", "5", "4", "3", "2"]
