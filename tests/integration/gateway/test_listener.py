"""The gateway on a real socket and a real PostgreSQL, with a worker that is only a socket."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from controlplane.gateway.dispatch import Dispatcher
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.lending import Lending
from controlplane.gateway.listener import Gateway
from controlplane.media.files import MediaFiles
from controlplane.media.space import Limits
from shared import security
from shared.clock import SystemClock
from shared.db.engine import Database
from shared.enums import (
    Direction,
    Language,
    MessageKind,
    ReceiptKind,
    SessionReason,
    SessionState,
    TemplateType,
)
from shared.ids import TenantId
from shared.log import TenantFiles
from shared.stores import contacts, credentials, fleet, messages, tenants
from shared.structs.tenants import CreateTenantInput
from shared.tasks import TaskGroup
from shared.wire.events import MessageReceived, MessageSent, Party, ReceiptReceived
from shared.wire.frames import (
    Ack,
    Events,
    FromGateway,
    Heartbeat,
    Hello,
    LogLines,
    Numbered,
    Refused,
    Rejected,
    SessionReport,
    Superseded,
    Welcome,
    decode_from_gateway,
    encode,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CUSTOMER = Party(phone="+255712000001", lid="1234@lid")


class Bench:
    """A listening gateway; `worker` opens a connection to it."""

    def __init__(self, gateway: Gateway, heartbeats: HeartbeatCollector) -> None:
        self.gateway = gateway
        self.heartbeats = heartbeats

    @property
    def url(self) -> str:
        assert self.gateway._server is not None
        host, port = next(iter(self.gateway._server.sockets)).getsockname()[:2]
        return f"ws://{host}:{port}/worker"

    @asynccontextmanager
    async def worker(self, token: str) -> AsyncIterator[ClientConnection]:
        async with connect(self.url, proxy=None) as socket:
            await socket.send(encode(Hello(token=token, boot_id="b", image="i")))
            yield socket


@pytest.fixture
def tenant_files(tmp_path: Path) -> Iterator[TenantFiles]:
    files = TenantFiles(tmp_path / "logs")
    yield files
    files.close()


@pytest.fixture
async def bench(
    database: Database,  # noqa: ARG001  the stores are bound to it
    tenant_files: TenantFiles,
) -> AsyncIterator[Bench]:
    heartbeats = HeartbeatCollector(fleet.record_heartbeats, clock=SystemClock())
    gateway = Gateway(
        dispatcher=Dispatcher(clock=SystemClock()),
        heartbeats=heartbeats,
        tenant_files=tenant_files,
        clock=SystemClock(),
        heartbeat_interval=timedelta(seconds=15),
        lending=Lending(MediaFiles(Path("unused"), Limits(), clock=SystemClock())),
    )
    async with TaskGroup() as tasks:
        tasks.supervise("gateway", gateway.serve("127.0.0.1", 0))
        await gateway.listening()
        yield Bench(gateway, heartbeats)


async def _tenant(name: str, phone: str) -> tuple[TenantId, str]:
    made = await tenants.create(
        CreateTenantInput(
            name=name,
            phone_number=phone,
            template_type=TemplateType.SUPPORT,
            language=Language.EN,
        )
    )
    tenant_id = TenantId(made.id)
    return tenant_id, await credentials.issue(tenant_id, 1)


@pytest.fixture
async def tenant(database: Database) -> tuple[TenantId, str]:  # noqa: ARG001  the stores are bound to it
    return await _tenant("Duka", "+255754000001")


async def _next(socket: ClientConnection) -> FromGateway:
    data = await socket.recv()
    assert isinstance(data, bytes)
    return decode_from_gateway(data)


def _received(name: str, text: str = "Habari", **changes: Any) -> MessageReceived:
    return MessageReceived(
        wa_message_id=name,
        kind=MessageKind.TEXT,
        contact=CUSTOMER,
        own_phone="+255754000001",
        text=text,
        at=NOW,
        **changes,
    )


def _sent(name: str, reply_to: str) -> MessageSent:
    return MessageSent(
        wa_message_id=name,
        kind=MessageKind.TEXT,
        contact=CUSTOMER,
        own_phone="+255754000001",
        text="Karibu",
        at=NOW,
        in_reply_to=reply_to,
    )


async def test_the_token_names_the_tenant(bench: Bench, tenant: tuple[TenantId, str]) -> None:
    async with bench.worker(tenant[1]) as socket:
        welcome = await _next(socket)
    assert isinstance(welcome, Welcome)
    assert (welcome.tenant_id, welcome.epoch) == (str(tenant[0]), 1)
    assert welcome.config.business_name == "Duka"


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        pytest.param("unknown", "unknown", id="a token nobody issued"),
        pytest.param("revoked", "revoked", id="a token taken back"),
        pytest.param("removed", "removed", id="a tenant being removed"),
    ],
)
async def test_a_bad_credential_is_refused_with_the_reason(
    bench: Bench, tenant: tuple[TenantId, str], spoil: str, problem: str
) -> None:
    token = tenant[1]
    security._ledger.take()
    if spoil == "unknown":
        token = "fhw_" + "0" * 43
    elif spoil == "revoked":
        await credentials.revoke(tenant[0])
    else:
        await tenants.request_removal(tenant[0], now=NOW)
    async with bench.worker(token) as socket:
        frame = await _next(socket)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert isinstance(frame, Refused)
    # A removed tenant's credential goes with it: which of the two is said first does not matter.
    assert problem in frame.detail or (spoil == "removed" and "revoked" in frame.detail)
    noted = [(each.kind, each.times) for each in security._ledger.take()]
    assert noted == [("WORKER_REFUSED", 1)] or spoil == "removed"


async def test_events_are_committed_before_they_are_acknowledged(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await socket.send(
            encode(
                Events(
                    events=[
                        Numbered(7, _received("A")),
                        Numbered(8, _sent("B", "A")),
                        Numbered(9, _received("C", in_reply_to="B")),
                    ]
                )
            )
        )
        ack = await _next(socket)
        page = await messages.list_page(tenant[0], limit=10)
    assert ack == Ack(seq=9)
    assert [(row.direction, row.wa_message_id, row.in_reply_to) for row in page.items] == [
        (Direction.IN, "C", "B"),
        (Direction.OUT, "B", "A"),
        (Direction.IN, "A", None),
    ]
    assert page.items[2].from_number == "+255712000001"
    assert page.items[2].contact_lid == "1234@lid"


async def test_who_a_batch_tells_of_is_known_before_it_is_acknowledged(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    by_lid = msgspec.structs.replace(
        _received("A"), contact=Party(lid=CUSTOMER.lid), push_name="Asha"
    )
    receipt = ReceiptReceived(
        kind=ReceiptKind.READ,
        wa_message_ids=["B"],
        contact=Party(phone=CUSTOMER.phone),
        at=NOW + timedelta(hours=1),
    )
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await socket.send(encode(Events(events=[Numbered(1, by_lid), Numbered(2, receipt)])))
        assert await _next(socket) == Ack(seq=2)
        assert len((await contacts.list_page(tenant[0], limit=10)).items) == 2
        await socket.send(encode(Events(events=[Numbered(3, _sent("B", "A"))])))
        assert await _next(socket) == Ack(seq=3)
    [contact] = (await contacts.list_page(tenant[0], limit=10)).items
    assert (contact.phone, contact.lid, contact.push_name) == (*_halves(CUSTOMER), "Asha")
    assert contact.last_seen_at == NOW + timedelta(hours=1)


def _halves(party: Party) -> tuple[str | None, str | None]:
    return party.phone, party.lid


async def test_a_resent_batch_is_acknowledged_and_not_doubled(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    batch = encode(Events(events=[Numbered(1, _received("A"))]))
    for _ in range(2):
        async with bench.worker(tenant[1]) as socket:
            await _next(socket)
            await socket.send(batch)
            assert await _next(socket) == Ack(seq=1)
    page = await messages.list_page(tenant[0], limit=10)
    assert len(page.items) == 1


async def test_two_tenants_with_the_same_message_id_both_keep_it(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    other = await _tenant("Shule", "+255754000002")
    for token in (tenant[1], other[1]):
        async with bench.worker(token) as socket:
            await _next(socket)
            await socket.send(encode(Events(events=[Numbered(1, _received("A"))])))
            await _next(socket)
    for tenant_id in (tenant[0], other[0]):
        assert len((await messages.list_page(tenant_id, limit=10)).items) == 1


async def test_a_newer_connection_supersedes_the_older(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as older:
        await _next(older)  # admitted: of two that say hello at once, either may be the older
        async with bench.worker(tenant[1]) as newer:
            welcome = await _next(newer)
            assert isinstance(welcome, Welcome)
            assert welcome.epoch == 2
            assert await _next(older) == Superseded()
            with pytest.raises(ConnectionClosed):
                await older.recv()
            assert len(bench.gateway.connections) == 1


async def test_events_told_over_an_old_and_a_new_connection_are_logged_in_their_order(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    """As a worker does that has heard no Ack: from the first event on, in other batches."""
    events = [
        Numbered(seq, _sent(f"M{seq:03}", "A") if seq % 3 else _received(f"M{seq:03}"))
        for seq in range(1, 121)
    ]
    async with bench.worker(tenant[1]) as older:
        await _next(older)
        for begin in range(0, 120, 30):
            await older.send(encode(Events(events=events[begin : begin + 30])))
        async with bench.worker(tenant[1]) as newer:
            assert isinstance(await _next(newer), Welcome)
            for begin in range(0, 120, 17):
                await newer.send(encode(Events(events=events[begin : begin + 17])))
            while await _next(newer) != Ack(seq=120):
                pass
    page = await messages.list_page(tenant[0], limit=200)
    assert [row.wa_message_id for row in page.items][::-1] == [
        f"M{seq:03}" for seq in range(1, 121)
    ]


async def test_a_session_report_is_what_the_api_shows(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await socket.send(
            encode(SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED))
        )
        await _answered(socket)
    seen = await tenants.get(tenant[0])
    assert seen.session.state is SessionState.CONNECTED


async def test_a_frame_of_an_unknown_kind_is_answered_and_the_connection_goes_on(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    security._ledger.take()
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        for nonsense in (msgspec.msgpack.encode({"type": "dance"}), b"\xc1", b""):
            await socket.send(nonsense)
            assert isinstance(await _next(socket), Rejected)
        await socket.send("text")
        assert isinstance(await _next(socket), Rejected)
        await socket.send(encode(Events(events=[Numbered(1, _received("A"))])))
        assert await _next(socket) == Ack(seq=1)
    [noted] = security._ledger.take()
    assert (noted.kind, noted.subject, noted.times) == ("FRAME_REFUSED", str(tenant[0]), 4)


async def test_unknown_fields_of_a_newer_worker_are_ignored(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    frame = msgspec.msgpack.decode(encode(Events(events=[Numbered(1, _received("A"))])))
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await socket.send(msgspec.msgpack.encode({**frame, "colour": "blue"}))
        assert await _next(socket) == Ack(seq=1)


async def test_a_frame_over_the_limit_ends_the_connection(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await socket.send(b"\x00" * (1 << 20) + b"\x00")
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_a_heartbeat_is_written_with_the_tick(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await socket.send(
            encode(
                Heartbeat(
                    session=SessionState.CONNECTED,
                    outbox_depth=3,
                    memory_bytes=15_000_000,
                    disk_bytes=4_000,
                )
            )
        )
        await _answered(socket)
        await bench.heartbeats.flush()
    seen = await tenants.get(tenant[0])
    assert seen.worker.last_heartbeat_at is not None
    assert bench.heartbeats.disk.unmeasured() == {tenant[0]: 4_000}


async def test_log_lines_go_to_the_tenants_file_under_the_tenants_own_id(
    bench: Bench, tenant: tuple[TenantId, str], tenant_files: TenantFiles, tmp_path: Path
) -> None:
    foreign = '{"event": "worker.started", "tenant_id": "../../etc/passwd"}'
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await socket.send(encode(LogLines(lines=[foreign, "no json"])))
        await _answered(socket)
    await asyncio.to_thread(tenant_files.close)
    lines = (tmp_path / "logs" / f"{tenant[0]}.log").read_bytes().splitlines()
    told = [line for line in map(msgspec.json.decode, lines) if line.get("source") == "worker"]
    assert told == [{"event": "worker.started", "tenant_id": str(tenant[0]), "source": "worker"}]


async def test_a_message_for_a_tenant_that_was_removed_meanwhile_ends_the_connection(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await tenants.delete(tenant[0])
        await socket.send(encode(Events(events=[Numbered(1, _received("A"))])))
        assert isinstance(await _next(socket), Refused)


BATCH, BACKLOG = 200, 10_000


async def test_a_worker_that_catches_up_does_not_hold_up_anothers_message(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    other = await _tenant("Other", "+255754000777")
    acked: list[str] = []
    async with bench.worker(tenant[1]) as behind, bench.worker(other[1]) as live:
        await _next(behind)
        await _next(live)

        async def catch_up() -> None:
            for first in range(1, BACKLOG + 1, BATCH):
                events = [Numbered(n, _received(f"B{n}")) for n in range(first, first + BATCH)]
                await behind.send(encode(Events(events=events)))

        async def note(name: str, socket: ClientConnection, last: int) -> None:
            while True:
                ack = await _next(socket)
                assert isinstance(ack, Ack)
                acked.append(name)
                if ack.seq == last:
                    return

        sending = asyncio.ensure_future(catch_up())
        catching_up = asyncio.ensure_future(note("behind", behind, BACKLOG))
        await live.send(encode(Events(events=[Numbered(1, _received("live"))])))
        await note("live", live, 1)
        await asyncio.gather(sending, catching_up)
    assert acked.count("behind") == BACKLOG // BATCH
    assert acked.index("live") < acked.count("behind") // 2


async def test_a_database_that_is_away_postpones_and_loses_nothing(
    bench: Bench, tenant: tuple[TenantId, str], database: Database, postgres_server: str
) -> None:
    batch = encode(Events(events=[Numbered(1, _received("A"))]))
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        assert database.pool is not None
        pool, database.pool = database.pool, await _dead_pool(postgres_server)
        await socket.send(batch)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        database.pool = pool
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await socket.send(batch)
        assert await _next(socket) == Ack(seq=1)


async def test_another_path_is_not_found(bench: Bench) -> None:
    with pytest.raises(InvalidStatus):
        async with connect(bench.url.replace("/worker", "/"), proxy=None):
            pass


async def _dead_pool(address: str) -> asyncpg.Pool:
    """A pool that was closed: what a server that went away looks like to a caller."""
    pool = await asyncpg.create_pool(address, min_size=1, max_size=1)
    await pool.close()
    return pool


async def _answered(socket: ClientConnection) -> None:
    """Returns when everything sent before was taken: frames are taken in order."""
    await socket.send(b"\xc1")
    assert isinstance(await _next(socket), Rejected)


async def test_a_worker_whose_token_was_revoked_is_cut_off_and_then_refused(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await credentials.revoke(tenant[0])
        bench.gateway.connections.drop(tenant[0])
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    async with bench.worker(tenant[1]) as socket:
        assert isinstance(await _next(socket), Refused)
