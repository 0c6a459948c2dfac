"""Queued messages over a real socket and a real PostgreSQL: each moment at which a side can end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from controlplane.gateway.dispatch import MAX_UNSETTLED, Dispatcher
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.lending import Lending
from controlplane.gateway.listener import Gateway
from controlplane.media.files import MediaFiles
from controlplane.media.space import Limits
from shared.clock import SystemClock
from shared.db.engine import Database, transaction
from shared.enums import MessageKind, OutboundState, ReceiptKind
from shared.ids import TenantId
from shared.log import TenantFiles
from shared.stores import credentials, fleet, messages, outbound, outbound_work, tenants
from shared.structs.content import CONTENT_TYPES, Content, LocationContent, TextContent
from shared.structs.outbound import NewOutbound, OutboundView
from shared.tasks import TaskGroup
from shared.wire.events import (
    Event,
    MessageSent,
    Party,
    ReceiptReceived,
    SendExpired,
    SendFailed,
    SendUncertain,
)
from shared.wire.frames import (
    Ack,
    CancelSend,
    Events,
    FromGateway,
    Hello,
    Numbered,
    Rejected,
    Send,
    SendTaken,
    Welcome,
    decode_from_gateway,
    encode,
)
from tests.fakes.businesses import business
from tests.fakes.fleet import until

CUSTOMER = "+255712000001"
PATIENCE = 20
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Bench:
    """A control plane's gateway for one tenant; `worker` is one that is only a socket."""

    def __init__(
        self, gateway: Gateway, dispatcher: Dispatcher, tenant_id: TenantId, token: str
    ) -> None:
        self.gateway = gateway
        self.dispatcher = dispatcher
        self.tenant_id = tenant_id
        self.token = token

    @asynccontextmanager
    async def worker(self, can_send: tuple[str, ...] = CONTENT_TYPES) -> AsyncIterator["Worker"]:
        assert self.gateway._server is not None
        host, port = next(iter(self.gateway._server.sockets)).getsockname()[:2]
        async with connect(f"ws://{host}:{port}/worker", proxy=None) as socket:
            worker = Worker(socket)
            hello = Hello(token=self.token, boot_id="b", image="i", can_send=can_send)
            await worker.tell(hello)
            assert isinstance(await worker.hear(), Welcome)
            yield worker

    async def queue(self, *texts: str, dispatch: bool = True, **changes: Any) -> list[str]:
        contents = [TextContent(text=text) for text in texts]
        return await self.queue_content(*contents, dispatch=dispatch, **changes)

    async def queue_content(
        self, *contents: Content, dispatch: bool = True, **changes: Any
    ) -> list[str]:
        wanted = [NewOutbound(to=CUSTOMER, content=each, **changes) for each in contents]
        async with transaction():
            queued = await outbound.enqueue(
                self.tenant_id, wanted, fingerprint="f", key=None, now=SystemClock().now()
            )
        if dispatch:
            self.dispatcher.wake(self.tenant_id)
        return [str(each.id) for each in queued]

    async def show(self, message_id: str) -> OutboundView:
        return await outbound.get(self.tenant_id, UUID(message_id))

    async def until(self, message_id: str, state: OutboundState) -> OutboundView:
        async def look() -> OutboundView | None:
            shown = await self.show(message_id)
            return shown if shown.state is state else None

        found = await until(look, seconds=PATIENCE)
        assert found is not None
        return found

    async def logged(self) -> list[str]:
        page = await messages.list_page(self.tenant_id, limit=100)
        return [row.wa_message_id for row in page.items]


class Worker:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def tell(self, frame: Any) -> None:
        await self.socket.send(encode(frame))

    async def hear(self) -> FromGateway:
        async with asyncio.timeout(PATIENCE):
            data = await self.socket.recv()
        assert isinstance(data, bytes)
        return decode_from_gateway(data)

    async def hear_send(self) -> Send:
        frame = await self.hear()
        assert isinstance(frame, Send)
        return frame

    async def commit(self, seq: int, *events: Event) -> None:
        """Tells events and hears that they are committed; Sends in between are left aside."""
        await self.tell(Events(events=[Numbered(seq, event) for event in events]))
        while not isinstance(frame := await self.hear(), Ack):
            assert isinstance(frame, Send)

    async def is_cut_off(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self.hear()

    async def is_heard(self) -> None:
        """Returns when everything told before was taken: frames are taken in order."""
        await self.socket.send(b"\xc1")
        while not isinstance(frame := await self.hear(), Rejected):
            assert isinstance(frame, Send)


@pytest.fixture
def tenant_files(tmp_path: Path) -> Iterator[TenantFiles]:
    files = TenantFiles(tmp_path / "logs")
    yield files
    files.close()


@pytest.fixture
async def tenant(database: Database) -> tuple[TenantId, str]:  # noqa: ARG001  the stores are bound to it
    tenant_id = TenantId((await tenants.create(business())).id)
    return tenant_id, await credentials.issue(tenant_id, 1)


@asynccontextmanager
async def control_plane(
    tenant: tuple[TenantId, str],
    tenant_files: TenantFiles,
    *,
    sweep: timedelta = timedelta(milliseconds=50),
) -> AsyncIterator[Bench]:
    dispatcher = Dispatcher(clock=SystemClock(), sweep=sweep)
    gateway = Gateway(
        dispatcher=dispatcher,
        heartbeats=HeartbeatCollector(fleet.record_heartbeats, clock=SystemClock()),
        tenant_files=tenant_files,
        clock=SystemClock(),
        heartbeat_interval=timedelta(seconds=15),
        lending=Lending(MediaFiles(Path("unused"), Limits(), clock=SystemClock())),
    )
    async with TaskGroup() as tasks:
        tasks.supervise("gateway", gateway.serve("127.0.0.1", 0))
        tasks.supervise("dispatcher", dispatcher.run())
        await gateway.listening()
        yield Bench(gateway, dispatcher, *tenant)


@pytest.fixture
async def bench(tenant: tuple[TenantId, str], tenant_files: TenantFiles) -> AsyncIterator[Bench]:
    async with control_plane(tenant, tenant_files) as running:
        yield running


def sent(message_id: str, wa_message_id: str = "WA1") -> MessageSent:
    return MessageSent(
        wa_message_id=wa_message_id,
        kind=MessageKind.TEXT,
        contact=Party(phone=CUSTOMER),
        own_phone="+255754000001",
        text="Karibu",
        at=NOW,
        outbound_id=message_id,
    )


def receipt(kind: ReceiptKind, *ids: str) -> ReceiptReceived:
    return ReceiptReceived(
        kind=kind, wa_message_ids=list(ids), contact=Party(phone=CUSTOMER), at=NOW
    )


async def test_a_queued_message_is_handed_over_at_once_and_settled_with_its_log_row(
    bench: Bench,
) -> None:
    async with bench.worker() as worker:
        (message_id,) = await bench.queue("Karibu")
        assert await worker.hear_send() == Send(
            id=message_id, to=Party(phone=CUSTOMER), content=TextContent(text="Karibu")
        )
        await worker.tell(SendTaken(id=message_id))
        await worker.commit(1, sent(message_id))
        shown = await bench.show(message_id)
        assert (shown.state, shown.wa_message_id, shown.sent_at) == (
            OutboundState.SENT,
            "WA1",
            NOW,
        )
        assert await bench.logged() == ["WA1"]
        await worker.commit(2, receipt(ReceiptKind.DELIVERED, "WA1"))
        assert (await bench.show(message_id)).state is OutboundState.DELIVERED


PLACE = LocationContent(latitude=-6.8161, longitude=39.2803, name="Duka")


async def test_a_worker_is_handed_what_it_can_send_and_the_rest_fails_with_a_sentence(
    bench: Bench,
) -> None:
    (place,) = await bench.queue_content(PLACE)
    (text,) = await bench.queue("Karibu")
    async with bench.worker(can_send=("text",)) as worker:
        assert (await worker.hear_send()).id == text
        failed = await bench.until(place, OutboundState.FAILED)
        assert failed.reason is not None
        assert "too old" in failed.reason


async def test_what_a_newer_worker_took_is_uncertain_when_an_older_one_comes(bench: Bench) -> None:
    async with bench.worker() as worker:
        (place,) = await bench.queue_content(PLACE)
        assert (await worker.hear_send()).content == PLACE
        await worker.tell(SendTaken(id=place))
        await worker.is_heard()
    async with bench.worker(can_send=("text",)) as worker:
        await bench.until(place, OutboundState.UNCERTAIN)
        await worker.commit(1, sent(place))
        assert (await bench.show(place)).state is OutboundState.SENT


async def test_what_an_older_worker_does_not_know_can_still_be_cancelled(bench: Bench) -> None:
    async with bench.worker() as worker:
        (place,) = await bench.queue_content(PLACE)
        await worker.hear_send()
    await outbound.cancel(bench.tenant_id, UUID(place), now=SystemClock().now())
    async with bench.worker(can_send=("text",)) as worker:
        assert await worker.hear() == CancelSend(id=place)
        await worker.tell(SendTaken(id=place, cancelled=True))
        await bench.until(place, OutboundState.CANCELLED)


async def test_what_was_queued_before_the_worker_came_is_handed_over_in_order(
    bench: Bench,
) -> None:
    ids = await bench.queue("a", "b", "c")
    assert (await bench.show(ids[0])).state is OutboundState.QUEUED
    async with bench.worker() as worker:
        assert [(await worker.hear_send()).id for _ in ids] == ids


async def test_only_so_many_are_handed_over_and_the_next_follow_as_they_settle(
    bench: Bench,
) -> None:
    ids = await bench.queue(*map(str, range(MAX_UNSETTLED + 2)))
    async with bench.worker() as worker:
        assert [(await worker.hear_send()).id for _ in range(MAX_UNSETTLED)] == ids[:-2]
        assert (await bench.show(ids[-2])).state is OutboundState.QUEUED
        await worker.tell(Events(events=[Numbered(1, sent(ids[0]))]))
        heard = [await worker.hear(), await worker.hear()]
        assert Ack(seq=1) in heard
        assert [frame.id for frame in heard if isinstance(frame, Send)] == [ids[-2]]


async def test_a_message_for_later_and_an_expired_one_are_seen_by_the_sweep(
    bench: Bench,
) -> None:
    now = SystemClock().now()
    async with bench.worker() as worker:
        (late,) = await bench.queue("late", send_at=now, expires_at=now, dispatch=False)
        (later,) = await bench.queue("later", send_at=now + timedelta(milliseconds=300))
        assert (await worker.hear_send()).id == later
        assert SystemClock().now() >= now + timedelta(milliseconds=300)
        await bench.until(late, OutboundState.EXPIRED)


async def test_a_worker_that_ends_before_it_answers_is_handed_the_same_again(
    bench: Bench,
) -> None:
    (message_id,) = await bench.queue("Karibu")
    async with bench.worker() as worker:
        await worker.hear_send()
    async with bench.worker() as worker:
        again = await worker.hear_send()
    assert (again.id, again.taken) == (message_id, False)
    assert (await bench.show(message_id)).attempts == 2


async def test_a_worker_that_ends_after_it_answered_is_told_that_it_did(bench: Bench) -> None:
    (message_id,) = await bench.queue("Karibu")
    async with bench.worker() as worker:
        await worker.hear_send()
        await worker.tell(SendTaken(id=message_id))
        await worker.is_heard()
    async with bench.worker() as worker:
        again = await worker.hear_send()
        assert (again.id, again.taken) == (message_id, True)
        await worker.tell(SendTaken(id=message_id))
        await worker.commit(1, sent(message_id))
    assert (await bench.show(message_id)).state is OutboundState.SENT


async def test_a_control_plane_that_ends_between_claim_and_send_hands_it_over_after_it_came_back(
    tenant: tuple[TenantId, str], tenant_files: TenantFiles
) -> None:
    # Whoever sweeps would claim it first.
    async with control_plane(tenant, tenant_files, sweep=timedelta(hours=1)) as before:
        (message_id,) = await before.queue("Karibu")
        async with before.worker() as worker:
            await worker.hear_send()
            (lost,) = await before.queue("never left", dispatch=False)
            # What a claim leaves behind when the process ends right after its commit.
            claimed = await outbound_work.claim(
                tenant[0], epoch=1, now=SystemClock().now(), limit=MAX_UNSETTLED
            )
            assert [str(each.id) for each in claimed] == [lost]
    async with control_plane(tenant, tenant_files) as after, after.worker() as worker:
        assert [(await worker.hear_send()).id for _ in range(2)] == [message_id, lost]


async def test_a_control_plane_that_ended_before_it_could_dispatch_finds_the_row(
    tenant: tuple[TenantId, str], tenant_files: TenantFiles
) -> None:
    async with control_plane(tenant, tenant_files) as before:
        (message_id,) = await before.queue("Karibu", dispatch=False)
    async with control_plane(tenant, tenant_files) as after, after.worker() as worker:
        assert (await worker.hear_send()).id == message_id


async def test_an_event_told_again_after_a_lost_ack_changes_nothing(bench: Bench) -> None:
    (message_id,) = await bench.queue("Karibu")
    async with bench.worker() as worker:
        await worker.hear_send()
        # Sent, and the worker ends before it hears the Ack.
        await worker.commit(1, sent(message_id), receipt(ReceiptKind.READ, "WA1"))
    before = await bench.show(message_id)
    async with bench.worker() as worker:
        await worker.commit(1, sent(message_id), receipt(ReceiptKind.READ, "WA1"))
    assert await bench.show(message_id) == before
    assert before.state is OutboundState.READ
    assert await bench.logged() == ["WA1"]


async def test_a_receipt_that_is_told_before_the_message_waits_for_it(bench: Bench) -> None:
    (message_id,) = await bench.queue("Karibu")
    async with bench.worker() as worker:
        await worker.hear_send()
        await worker.commit(1, receipt(ReceiptKind.DELIVERED, "WA1"))
        assert (await bench.show(message_id)).state is OutboundState.SENDING
        await worker.commit(2, sent(message_id))
    assert (await bench.show(message_id)).state is OutboundState.DELIVERED


@pytest.mark.parametrize(
    ("kind", "state", "reason"),
    [
        pytest.param("failed", OutboundState.FAILED, "no such number", id="failed"),
        pytest.param("uncertain", OutboundState.UNCERTAIN, "killed", id="uncertain"),
        pytest.param("expired", OutboundState.EXPIRED, None, id="expired"),
    ],
)
async def test_what_was_not_sent_says_so_and_is_not_logged(
    bench: Bench, kind: str, state: OutboundState, reason: str | None
) -> None:
    (message_id,) = await bench.queue("Karibu")
    events: dict[str, Event] = {
        "failed": SendFailed(outbound_id=message_id, reason="no such number", at=NOW),
        "uncertain": SendUncertain(outbound_id=message_id, reason="killed", at=NOW),
        "expired": SendExpired(outbound_id=message_id, at=NOW),
    }
    async with bench.worker() as worker:
        await worker.hear_send()
        await worker.commit(1, events[kind])
    shown = await bench.show(message_id)
    assert (shown.state, shown.reason) == (state, reason)
    assert await bench.logged() == []
    async with bench.worker() as worker:
        await worker.is_heard()  # and nothing was handed over
    assert (await bench.show(message_id)).attempts == 1


async def test_a_message_that_a_worker_has_is_asked_back(bench: Bench) -> None:
    (message_id,) = await bench.queue("Karibu")
    async with bench.worker() as worker:
        await worker.hear_send()
        await outbound.cancel(bench.tenant_id, UUID(message_id), now=SystemClock().now())
        bench.dispatcher.wake(bench.tenant_id)
        assert await worker.hear() == CancelSend(id=message_id)
    async with bench.worker() as worker:  # it ended before it answered: it is asked again
        assert await worker.hear() == CancelSend(id=message_id)
        await worker.tell(SendTaken(id=message_id, cancelled=True))
        await bench.until(message_id, OutboundState.CANCELLED)
    async with bench.worker() as worker:
        await worker.is_heard()


async def test_a_cancellation_that_comes_too_late_leaves_the_message_sent(bench: Bench) -> None:
    (message_id,) = await bench.queue("Karibu")
    async with bench.worker() as worker:
        await worker.hear_send()
        await outbound.cancel(bench.tenant_id, UUID(message_id), now=SystemClock().now())
        bench.dispatcher.wake(bench.tenant_id)
        assert await worker.hear() == CancelSend(id=message_id)
        await worker.tell(SendTaken(id=message_id))
        await worker.commit(1, sent(message_id))
    assert (await bench.show(message_id)).state is OutboundState.SENT


async def test_a_worker_that_does_not_know_the_frame_goes_on_as_before(bench: Bench) -> None:
    ids = await bench.queue("a", "b")
    async with bench.worker() as old:
        for _ in ids:
            await old.hear_send()  # logged there as unknown, and not answered
        await old.commit(1, sent(str(uuid4()), "BOT"))
    assert {(await bench.show(each)).state for each in ids} == {OutboundState.SENDING}
    async with bench.worker() as new:
        assert [(await new.hear_send()).id for _ in ids] == ids


async def test_ids_that_nobody_queued_are_harmless(bench: Bench) -> None:
    async with bench.worker() as worker:
        await worker.tell(SendTaken(id="no uuid"))
        assert isinstance(await worker.hear(), Rejected)
        await worker.tell(SendTaken(id=str(uuid4())))
        await worker.commit(
            1,
            sent("no uuid"),
            SendFailed(outbound_id="", reason="x", at=NOW),
            SendUncertain(outbound_id=str(uuid4()), reason="a\0b", at=NOW),
            receipt(ReceiptKind.READ),
            receipt(ReceiptKind.READ, "x" * 20_000, "a\0b", "a\0b"),
        )
    assert await bench.logged() == ["WA1"]


async def test_a_worker_that_is_superseded_is_handed_nothing_more(bench: Bench) -> None:
    async with bench.worker() as older, bench.worker() as newer:
        await older.is_cut_off()
        (message_id,) = await bench.queue("Karibu")
        assert (await newer.hear_send()).id == message_id
    assert (await bench.show(message_id)).attempts == 1


async def test_a_database_that_is_away_delays_a_hand_over_and_harms_no_connection(
    bench: Bench, database: Database, postgres_server: str
) -> None:
    dead = await asyncpg.create_pool(postgres_server, min_size=1, max_size=1)
    await dead.close()

    async def has_noticed() -> bool:
        return "outbound.delayed" in {entry["event"] for entry in logs}

    async with bench.worker() as worker:
        await worker.is_heard()
        (message_id,) = await bench.queue("Karibu", dispatch=False)
        assert database.pool is not None
        with structlog.testing.capture_logs() as logs:
            pool, database.pool = database.pool, dead
            bench.dispatcher.wake(bench.tenant_id)
            await until(has_noticed)
            database.pool = pool
        assert (await worker.hear_send()).id == message_id


async def test_a_worker_that_does_not_read_is_heard_all_the_same(bench: Bench) -> None:
    async with bench.worker() as worker:
        await worker.is_heard()
        worker.socket.transport.pause_reading()
        ids = await bench.queue(*("x" * 65_000 for _ in range(MAX_UNSETTLED)))
        await bench.until(ids[-1], OutboundState.SENDING)
        await worker.tell(Events(events=[Numbered(1, sent(ids[0]))]))
        await bench.until(ids[0], OutboundState.SENT)
        worker.socket.transport.resume_reading()
        assert [(await worker.hear_send()).id for _ in ids] == ids
