"""What members ask for in the portal is done once, while they wait, for their own worker."""

import asyncio
from datetime import timedelta

import pytest

from controlplane.gateway.link_orders import LOOK_EVERY, LinkOrders, serve_link_orders
from shared.enums import LinkWish, SessionReason, SessionState
from shared.ids import TenantId
from shared.stores import accounts, link_requests, sessions, tenants
from shared.stores.accounts import Account
from shared.tasks import TaskGroup
from shared.wire.frames import LOG_OUT, NEW_QR_ROUND, PAIRING_CODE, Command, SessionReport
from tests.fakes.businesses import business
from tests.fakes.clocks import ManualClock


class Workers:
    """Those that are connected; commands: what each was told."""

    def __init__(self, *connected: TenantId) -> None:
        self.connected = connected
        self.woken: list[TenantId] = []
        self.commands: list[tuple[TenantId, str, str | None]] = []

    async def instruct(self, tenant_id: TenantId, command: Command) -> bool:
        if tenant_id not in self.connected:
            return False
        self.commands.append((tenant_id, command.kind, command.phone_number))
        return True


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def waiting(database, clock) -> list[TenantId]:  # noqa: ARG001  the stores are bound
    """Two tenants whose codes have run out."""
    report = SessionReport(state=SessionState.QR_EXPIRED, reason=SessionReason.QR_ROUND_OVER)
    made = [TenantId((await tenants.create(business(number))).id) for number in (1, 2)]
    for tenant_id in made:
        await sessions.record_session(tenant_id, report, clock.now())
    return made


async def test_each_wish_is_done_once_for_the_tenant_who_has_it(waiting, clock):
    workers, (ours, theirs) = Workers(*waiting), waiting
    await link_requests.ask(ours, LinkWish.QR_ROUND, now=clock.now())
    await link_requests.ask(ours, LinkWish.QR_ROUND, now=clock.now())
    await link_requests.ask(theirs, LinkWish.PAIRING_CODE, now=clock.now())
    orders = LinkOrders(workers.instruct, reconcile=workers.woken.append, clock=clock)
    await orders.run_once()
    await orders.run_once()
    assert sorted(workers.commands, key=lambda each: each[1]) == sorted(
        [(ours, NEW_QR_ROUND, None), (theirs, PAIRING_CODE, "+255712300002")],
        key=lambda each: each[1],
    )


async def test_a_wish_is_not_done_when_whoever_had_it_is_gone(waiting, clock):
    workers = Workers(*waiting)
    await link_requests.ask(waiting[0], LinkWish.QR_ROUND, now=clock.now())
    clock.advance(link_requests.LIFE + timedelta(seconds=1))
    await LinkOrders(workers.instruct, reconcile=workers.woken.append, clock=clock).run_once()
    assert workers.commands == []


async def test_a_wish_that_cannot_be_done_is_in_nobodys_way(waiting, clock):
    workers = Workers(waiting[1])  # the first one's worker is not connected
    for offset, tenant_id in enumerate(waiting):
        at = clock.now() + timedelta(milliseconds=offset)
        await link_requests.ask(tenant_id, LinkWish.QR_ROUND, now=at)
    await LinkOrders(workers.instruct, reconcile=workers.woken.append, clock=clock).run_once()
    assert [each[0] for each in workers.commands] == [waiting[1]]


async def test_a_wish_is_done_as_soon_as_it_is_written(waiting, clock, database_url):
    told: asyncio.Queue[TenantId] = asyncio.Queue()

    async def instruct(tenant_id: TenantId, command: Command) -> bool:  # noqa: ARG001  any will do
        told.put_nowait(tenant_id)
        return True

    async with TaskGroup() as tasks, asyncio.timeout(LOOK_EVERY.total_seconds() - 5):
        tasks.supervise(
            "orders", serve_link_orders(database_url, instruct, reconcile=print, clock=clock)
        )
        for tenant_id in waiting:
            await link_requests.ask(tenant_id, LinkWish.QR_ROUND, now=clock.now())
            assert await told.get() == tenant_id


async def test_a_number_that_an_owner_changed_unlinks_the_phone_that_is_linked(waiting, clock):
    workers, ours = Workers(*waiting), waiting[0]
    number = (await tenants.get(ours)).phone_number
    assert await accounts.claim(ours, Account(phone=number), now=clock.now()) is None
    await tenants.set_number(ours, "+255712399999")
    await link_requests.ask(ours, LinkWish.NEW_NUMBER, now=clock.now())
    await LinkOrders(workers.instruct, reconcile=workers.woken.append, clock=clock).run_once()
    assert await accounts.find(ours) is None
    assert (workers.commands, workers.woken) == ([(ours, LOG_OUT, None)], [ours])
    session = (await tenants.get(ours)).session
    assert (session.state, session.reason) == (SessionState.DISCONNECTED, SessionReason.NOT_STARTED)
