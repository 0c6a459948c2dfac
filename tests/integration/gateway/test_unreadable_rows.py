"""No task of the gateway ends because of a row: its tenant waits, and the others are served."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest
from websockets.exceptions import ConnectionClosed

from controlplane.gateway.config_watch import ConfigWatch, serve_config_watch
from controlplane.gateway.link_orders import LinkOrders
from shared.clock import SystemClock
from shared.enums import LinkWish, OutboundState, SessionReason, SessionState
from shared.errors import UnreadableRowError
from shared.stores import link_requests, outbound, sessions, takeovers
from shared.structs.content import TextContent
from shared.structs.outbound import NewOutbound
from shared.structs.takeovers import ChatTaken
from shared.tasks import TaskGroup
from shared.wire.frames import Config, Send, SessionReport, Welcome
from tests.fakes.unreadable import plant
from tests.integration.db.test_portal_role import as_portal
from tests.integration.gateway.test_config_watch import change, told
from tests.integration.gateway.test_link_orders import Workers
from tests.integration.gateway.test_listener import _next, _tenant, bench, tenant, tenant_files

__all__ = ["bench", "tenant", "tenant_files"]
SOON = 10


@pytest.fixture
async def neighbour(tenant):  # noqa: ARG001  the second of two
    return await _tenant("Salon", "+255754000002")


async def test_a_configuration_that_cannot_be_read_is_told_to_nobody(
    bench, tenant, neighbour, database_url
):
    watch = ConfigWatch(bench.gateway.connections)
    async with (
        TaskGroup() as tasks,
        bench.worker(tenant[1]) as ours,
        bench.worker(neighbour[1]) as theirs,
    ):
        for socket in (ours, theirs):
            assert isinstance(await _next(socket), Welcome)
        task = tasks.supervise("watch", serve_config_watch(database_url, watch))
        for socket in (ours, theirs):
            assert isinstance(await told(socket), Config)  # as the listener begins
        await plant(database_url, "tenant_configs", "language", "'XX'", f"tenant = '{tenant[0]}'")
        await change(neighbour[0], business_name="Salon Mpya")
        assert (await told(theirs)).config.business_name == "Salon Mpya"
        assert not task.done()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_next(ours), 0.2)
        await plant(database_url, "tenant_configs", "language", "'EN'", f"tenant = '{tenant[0]}'")
        assert (await told(ours)).config.language == "EN"


async def test_a_worker_is_not_let_in_until_its_configuration_can_be_read(
    bench, tenant, neighbour, database_url
):
    where = f"tenant = '{tenant[0]}'"
    await plant(database_url, "tenant_configs", "hours_json", "'[1, 2]'", where)
    async with bench.worker(tenant[1]) as ours:
        with pytest.raises(ConnectionClosed) as closed:
            await _next(ours)
    assert closed.value.rcvd.code == 1013, "it may try again, and is not told to end"
    async with bench.worker(neighbour[1]) as theirs:
        assert isinstance(await _next(theirs), Welcome)
    await plant(database_url, "tenant_configs", "hours_json", "'{}'", where)
    async with bench.worker(tenant[1]) as ours:
        assert isinstance(await _next(ours), Welcome)


async def test_a_wish_without_a_word_for_it_is_in_nobodys_way(tenant, neighbour, database_url):
    clock, workers = SystemClock(), Workers(tenant[0], neighbour[0])
    report = SessionReport(state=SessionState.QR_EXPIRED, reason=SessionReason.QR_ROUND_OVER)
    for each in (tenant[0], neighbour[0]):
        await sessions.record_session(each, report, clock.now())
        await link_requests.ask(each, LinkWish.QR_ROUND, now=clock.now())
    await plant(database_url, "link_requests", "wish", "'EVIL'", f"tenant = '{tenant[0]}'")
    await LinkOrders(workers.instruct, reconcile=workers.woken.append, clock=clock).run_once()
    assert [each[0] for each in workers.commands] == [neighbour[0]]


async def test_a_message_that_cannot_be_read_fails_and_the_others_are_sent(
    bench, tenant, database_url
):
    messages = [NewOutbound(to="+255712000001", content=TextContent(text=word)) for word in "abc"]
    accepted = await outbound.enqueue(
        tenant[0], messages, fingerprint="", key=None, now=SystemClock().now()
    )
    ids = [each.id for each in accepted]
    where = f"id = '{ids[1]}'"
    await plant(database_url, "outbound_messages", "content_json", """'{"type": "song"}'""", where)
    async with bench.worker(tenant[1]) as socket, asyncio.timeout(SOON):
        assert isinstance(await _next(socket), Welcome)
        sent = [await _next(socket), await _next(socket)]
    assert [each.id for each in sent if isinstance(each, Send)] == [str(ids[0]), str(ids[2])]
    with pytest.raises(UnreadableRowError):
        await outbound.get(tenant[0], ids[1])
    await plant(
        database_url, "outbound_messages", "content_json", '\'{"type": "text", "text": ""}\'', where
    )
    settled = await outbound.get(tenant[0], ids[1])
    assert settled.state is OutboundState.FAILED
    assert settled.reason


async def test_words_of_any_time_about_no_chat_or_any_break_no_bound_of_their_row(tenant):
    """What a worker's clock tells; the batch that it comes in is committed."""
    first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in (1, 9999))
    words = [
        ChatTaken(chat=chat, until=until, changed_at=at)
        for chat, until, at in (("", last, last), ("x" * 900, first, last), ("1@lid", last, first))
    ]
    await takeovers.record(tenant[0], words)
    kept = await takeovers.find(tenant[0], ["1@lid"])
    assert (kept.changed_at.year, kept.until.year) == (2000, 2200)


async def test_a_flood_of_hints_asks_the_database_a_few_times(bench, tenant, database_url):
    """As the portal's role may send it, about every tenant there is and is not."""
    told_times = 0

    class Counting(ConfigWatch):
        async def tell(self, tenant_id):
            nonlocal told_times
            told_times += 1
            await super().tell(tenant_id)

    watch = Counting(bench.gateway.connections)
    async with TaskGroup() as tasks, bench.worker(tenant[1]) as ours:
        assert isinstance(await _next(ours), Welcome)
        task = tasks.supervise("watch", serve_config_watch(database_url, watch))
        assert isinstance(await told(ours), Config)
        told_times = 0
        portal = await asyncpg.connect(as_portal(database_url))
        for _ in range(50):
            await portal.execute("SELECT pg_notify('flowhq_config', $1)", str(tenant[0]))
            await portal.execute("SELECT pg_notify('flowhq_config', gen_random_uuid()::text)")
            await asyncio.sleep(0.01)
        await portal.close()
        assert 1 <= told_times <= 12
        assert watch._due <= {tenant[0]}
        assert not task.done()
