"""Whether a phone may serve a tenant: the gateway on a real PostgreSQL, with workers of sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from controlplane.services.acting import Caller
from controlplane.services.award_account import award_account
from shared import security
from shared.db.engine import transaction
from shared.enums import (
    Actor,
    IncidentKind,
    SecurityKind,
    SessionReason,
    SessionState,
    TenantStatus,
)
from shared.errors import ConflictError
from shared.ids import TenantId
from shared.stores import accounts, incidents, messages, tenants, workers
from shared.stores.accounts import Account
from shared.structs.accounts import AccountView
from shared.wire.frames import (
    LOG_OUT,
    Ack,
    Command,
    Events,
    Hello,
    Numbered,
    PhoneAccepted,
    PhoneRefused,
    Refused,
    SessionReport,
    encode,
)
from tests.fakes.clocks import ManualClock
from tests.integration.gateway.test_listener import (  # noqa: F401  fixtures
    NOW,
    Bench,
    _next,
    _received,
    _tenant,
    bench,
    tenant,
    tenant_files,
)

OURS, THEIRS, OTHER = "+255754000001", "+255754000002", "+255754000003"
LID = "683440944073283@lid"


def checking(phone: str = OURS, lid: str | None = LID) -> SessionReport:
    return SessionReport(
        state=SessionState.CONNECTING,
        reason=SessionReason.CHECKING_PHONE,
        own_phone=phone,
        own_lid=lid,
    )


def linked(phone: str = OURS, lid: str | None = LID) -> SessionReport:
    return SessionReport(
        state=SessionState.CONNECTED, reason=SessionReason.LINKED, own_phone=phone, own_lid=lid
    )


@asynccontextmanager
async def worker(
    bench: Bench,  # noqa: F811
    token: str,
    *,
    heeds_refusals: bool = True,
) -> AsyncIterator[ClientConnection]:
    async with connect(bench.url, proxy=None) as socket:
        hello = Hello(token=token, boot_id="b", image="i", heeds_refusals=heeds_refusals)
        await socket.send(encode(hello))
        await _next(socket)  # Welcome
        yield socket


async def ask(socket: ClientConnection, report: SessionReport) -> Any:
    await socket.send(encode(report))
    return await _next(socket)


@pytest.fixture
async def neighbour(tenant: tuple[TenantId, str]) -> tuple[TenantId, str]:  # noqa: ARG001, F811
    return await _tenant("Jirani", THEIRS)


async def test_the_tenants_own_phone_may_serve_and_its_account_is_the_tenants(bench, tenant):  # noqa: F811
    async with worker(bench, tenant[1]) as socket:
        assert await ask(socket, checking()) == PhoneAccepted(phone=OURS)
    assert await accounts.find(tenant[0]) == Account(phone=OURS, lid=LID)


async def test_a_phone_with_another_number_is_refused_and_both_are_named(bench, tenant):  # noqa: F811
    async with worker(bench, tenant[1]) as socket:
        refused = await ask(socket, checking(OTHER))
    assert isinstance(refused, PhoneRefused)
    assert (refused.phone, refused.reason) == (OTHER, "WRONG_PHONE")
    assert OURS in refused.detail
    shown = await tenants.get(tenant[0])
    session = shown.session
    assert (session.state, session.reason) == (SessionState.LOGGED_OUT, SessionReason.WRONG_PHONE)
    assert (session.who_must_act, session.refused_phone) == (Actor.TENANT, OTHER)
    [incident] = (await incidents.list_page(tenant[0], limit=5)).items
    assert (incident.kind, incident.reason) == (IncidentKind.LINK_LOST, SessionReason.WRONG_PHONE)
    [noted] = [each for each in security._ledger.take() if each.kind is SecurityKind.PHONE_REFUSED]
    assert noted.subject == str(tenant[0])
    assert await accounts.find(tenant[0]) is None


async def test_a_number_in_another_form_is_the_tenants_own(bench, database):  # noqa: ARG001, F811
    _, token = await _tenant("Tienda", "+525512345678")
    async with worker(bench, token) as socket:
        answer = await ask(socket, checking("+5215512345678"))
    assert answer == PhoneAccepted(phone="+5215512345678")


@pytest.mark.parametrize(
    ("theirs", "lid"),
    [
        pytest.param(THEIRS, LID, id="by its LID"),
        pytest.param("+5215512345678", None, id="by another form of its number"),
    ],
)
async def test_an_account_that_serves_one_tenant_serves_no_other(
    bench,  # noqa: F811
    database,  # noqa: ARG001
    theirs,
    lid,
):
    holder, first = await _tenant("Duka", "+525512345678" if lid is None else OURS)
    second_id, second = await _tenant("Jirani", theirs)
    own = (await tenants.get(holder)).phone_number
    async with worker(bench, first) as socket, worker(bench, second) as other:
        assert isinstance(await ask(socket, checking(own, lid)), PhoneAccepted)
        refused = await ask(other, checking(theirs, lid))
        assert isinstance(refused, PhoneRefused)
        assert refused.reason == "PHONE_TAKEN"
        # The neighbour is nobody's to know.
        assert not any(word in refused.detail for word in (str(holder), "Duka", own))
        assert isinstance(await ask(socket, checking(own, lid)), PhoneAccepted)
    shown = (await tenants.get(second_id)).session
    assert (shown.reason, shown.who_must_act) == (SessionReason.PHONE_TAKEN, Actor.OPERATOR)
    assert await accounts.find_holder(second_id, Account(phone=theirs, lid=lid)) == holder


async def test_a_worker_that_claims_anothers_number_changes_nothing_for_it(
    bench,  # noqa: F811
    tenant,  # noqa: F811
    neighbour,
):
    async with worker(bench, neighbour[1]) as liar, worker(bench, tenant[1]) as honest:
        assert (await ask(liar, linked(OURS))).reason == "WRONG_PHONE"
        assert await ask(honest, checking()) == PhoneAccepted(phone=OURS)
        assert (await ask(liar, linked(OURS))).reason == "WRONG_PHONE"
    assert (await tenants.get(neighbour[0])).session.state is SessionState.LOGGED_OUT


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        pytest.param(SessionState.LOGGED_OUT, SessionReason.DEVICE_REMOVED, id="logged out"),
        pytest.param(SessionState.QR_READY, SessionReason.WAITING_FOR_SCAN, id="a code is shown"),
    ],
)
async def test_an_account_is_free_once_its_phone_is_linked_no_more(bench, tenant, state, reason):  # noqa: F811
    async with worker(bench, tenant[1]) as socket:
        await ask(socket, checking())
        await socket.send(encode(SessionReport(state=state, reason=reason)))
        await socket.send(encode(Events(events=[Numbered(1, _received("m1"))])))
        assert isinstance(await _next(socket), Ack)  # after the report, in one order
    assert await accounts.find(tenant[0]) is None


async def test_a_reset_session_holds_no_account(bench, tenant):  # noqa: F811
    async with worker(bench, tenant[1]) as socket:
        await ask(socket, checking())
    await workers.reset_session(tenant[0])
    assert await accounts.find(tenant[0]) is None


async def test_a_link_that_is_lost_for_a_while_keeps_its_account(bench, tenant):  # noqa: F811
    lost = SessionReport(state=SessionState.DISCONNECTED, reason=SessionReason.CONNECTION_LOST)
    async with worker(bench, tenant[1]) as socket:
        await ask(socket, checking())
        await socket.send(encode(lost))
        assert isinstance(await ask(socket, checking(lid=None)), PhoneAccepted)
    assert await accounts.find(tenant[0]) == Account(phone=OURS, lid=LID)


async def test_a_worker_of_before_whose_phone_is_refused_is_ended(bench, tenant):  # noqa: F811
    async with worker(bench, tenant[1], heeds_refusals=False) as socket:
        assert isinstance(await ask(socket, linked(OTHER, None)), PhoneRefused)
        assert isinstance(await _next(socket), Refused)
        await socket.wait_closed()
    log = await messages.list_page(tenant[0], limit=5)
    assert log.items == []
    assert (await tenants.get(tenant[0])).status is not TenantStatus.ACTIVE


async def test_a_worker_that_is_linked_is_asked_about_whenever_it_connects(bench, tenant):  # noqa: F811
    for _ in range(2):
        async with worker(bench, tenant[1]) as socket:
            assert await ask(socket, linked()) == PhoneAccepted(phone=OURS)


async def test_a_claim_during_a_change_of_the_number_is_judged_by_the_new_one(tenant):  # noqa: F811
    async with asyncio.TaskGroup() as claims, transaction():
        await tenants.set_number(tenant[0], OTHER)
        # Outside of this transaction, which a task would otherwise join.
        claim = claims.create_task(
            accounts.claim(tenant[0], Account(phone=OURS), now=NOW), context=Context()
        )
        await asyncio.sleep(0.1)
        assert not claim.done()
        await workers.reset_session(tenant[0])
    refusal = claim.result()
    assert (refusal.reason, refusal.expected) == (SessionReason.WRONG_PHONE, OTHER)
    assert await accounts.find(tenant[0]) is None


@pytest.fixture
async def locked_out(bench, tenant, neighbour) -> tuple[TenantId, TenantId]:  # noqa: F811
    """A tenant whose account a neighbour's worker named before it did, and that neighbour."""
    async with worker(bench, neighbour[1]) as liar, worker(bench, tenant[1]) as honest:
        assert isinstance(await ask(liar, checking(THEIRS)), PhoneAccepted)
        assert (await ask(honest, checking())).reason == "PHONE_TAKEN"
    return tenant[0], neighbour[0]


async def award(tenant_id: TenantId) -> tuple[AccountView, list[TenantId]]:
    """And whose workers are to begin anew."""
    woken = list[TenantId]()

    async def instruct(tenant_id: TenantId, command: Command) -> bool:
        assert command.kind == LOG_OUT
        return tenant_id in woken

    caller = Caller(name="amina@example.com", address="192.0.2.7")
    view = await award_account(
        tenant_id, caller=caller, wake=woken.append, instruct=instruct, clock=ManualClock()
    )
    return view, woken


async def test_operators_see_whom_the_account_serves(locked_out):
    ours, theirs = locked_out
    refused = (await accounts.get_view(ours)).refused
    assert (refused.phone_number, refused.lid, refused.holder) == (OURS, LID, theirs)


async def test_a_lie_that_came_first_ends_by_an_operators_word(
    bench,  # noqa: F811
    tenant,  # noqa: F811
    neighbour,
    locked_out,
):
    ours, theirs = locked_out
    view, woken = await award(ours)
    assert (view.phone_number, woken) == (OURS, [theirs])
    assert await accounts.find(theirs) is None
    code = SessionReport(state=SessionState.QR_READY, reason=SessionReason.WAITING_FOR_SCAN)
    async with worker(bench, neighbour[1]) as liar, worker(bench, tenant[1]) as honest:
        await honest.send(encode(code))  # no phone is linked, and the account is kept all the same
        await honest.send(encode(Events(events=[Numbered(1, _received("m1"))])))
        await _next(honest)
        assert (await ask(liar, checking(THEIRS))).reason == "PHONE_TAKEN"
        assert isinstance(await ask(honest, checking()), PhoneAccepted)
    assert (await accounts.get_view(ours)).awarded_at is None


async def test_nothing_is_given_that_was_not_refused(bench, tenant):  # noqa: F811
    with pytest.raises(ConflictError):
        await award(tenant[0])
    async with worker(bench, tenant[1]) as socket:
        await ask(socket, checking(OTHER))
    with pytest.raises(ConflictError):
        await award(tenant[0])
