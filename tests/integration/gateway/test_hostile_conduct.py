"""What a worker with a good token of its own may do, and how often; and what fails for it alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from controlplane.gateway import budgets, committing, connection
from controlplane.gateway.budgets import Budget, Rate
from controlplane.gateway.config_watch import ConfigWatch
from controlplane.gateway.dispatch import Dispatcher
from controlplane.gateway.door import DoorLimits
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.lending import Lending
from controlplane.gateway.listener import Gateway
from controlplane.media.files import MediaFiles
from controlplane.media.space import Limits
from shared.clock import SystemClock
from shared.enums import FileProblem, IncidentKind, RefusalOutcome, SessionReason, SessionState
from shared.ids import TenantId
from shared.stores import fleet, incidents, messages, refused_events, sessions, tenants
from shared.structs.fleet import HeartbeatRecord
from shared.structs.tenants import TenantConfig
from shared.tables import Tenant, WorkerProcess
from shared.tasks import TaskGroup
from shared.wire.files import PIECE_BYTES, AskPiece, FileMissing, FileReady, Piece
from shared.wire.frames import (
    MAX_HELLO_BYTES,
    Ack,
    Command,
    CommandResult,
    Config,
    Events,
    Hello,
    Numbered,
    Rejected,
    SessionReport,
    Welcome,
    encode,
)
from tests.fakes.fleet import until
from tests.integration.gateway.test_hostile_values import event, events, heard, welcomed
from tests.integration.gateway.test_listener import (
    Bench,
    _answered,
    _dead_pool,
    _next,
    _received,
    _tenant,
    bench,
    tenant,
    tenant_files,
)

__all__ = ["bench", "tenant", "tenant_files"]
pytestmark = pytest.mark.timeout(60)
POLICY_VIOLATION, TOO_BIG, TRY_AGAIN_LATER = 1008, 1009, 1013
GARBAGE = b"\xc1"
LITTLE = Budget(refusals=Rate(0.001, 3), arrivals=Rate(0.001, 6))


@pytest.fixture
async def narrow(
    database: object,  # noqa: ARG001  the stores are bound to it
    tenant_files: Any,
) -> AsyncIterator[Bench]:
    """A gateway that allows little."""
    heartbeats = HeartbeatCollector(fleet.record_heartbeats, clock=SystemClock())
    gateway = Gateway(
        dispatcher=Dispatcher(clock=SystemClock()),
        heartbeats=heartbeats,
        tenant_files=tenant_files,
        clock=SystemClock(),
        heartbeat_interval=timedelta(seconds=15),
        lending=Lending(MediaFiles(Path("unused"), Limits(), clock=SystemClock())),
        budget=LITTLE,
        door=DoorLimits(silent=3),
    )
    async with TaskGroup() as tasks:
        tasks.supervise("gateway", gateway.serve("127.0.0.1", 0))
        await gateway.listening()
        yield Bench(gateway, heartbeats)


async def closing(socket: ClientConnection) -> tuple[int, str]:
    """What the gateway closed the connection with."""
    async with asyncio.timeout(20):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


async def provoke(socket: ClientConnection) -> tuple[int, str]:
    """Garbage until the gateway has had enough of it."""
    for _ in range(4):
        await socket.send(GARBAGE)
    return await closing(socket)


async def list_incidents(tenant_id: TenantId) -> list[IncidentKind]:
    return [each.kind for each in (await incidents.list_page(tenant_id, limit=10)).items]


async def test_garbage_closes_the_connection_and_holds_its_worker_off_without_the_database(
    narrow: Bench, tenant: tuple[TenantId, str], database: Any, postgres_server: str
) -> None:
    other = await _tenant("Jirani", "+255754000002")
    async with narrow.worker(tenant[1]) as socket:
        await welcomed(socket)
        code, reason = await provoke(socket)
    assert (code, "wait 5 s" in reason) == (POLICY_VIOLATION, True)
    assert await list_incidents(tenant[0]) == [IncidentKind.FRAMES_REFUSED]
    pool, database.pool = database.pool, await _dead_pool(postgres_server)
    async with narrow.worker(tenant[1]) as socket:
        code, reason = await closing(socket)
    database.pool = pool
    assert (code, reason.startswith("held off for ")) == (TRY_AGAIN_LATER, True)
    async with narrow.worker(other[1]) as socket:
        await welcomed(socket)


async def test_a_worker_that_was_held_off_comes_back_and_the_next_time_waits_twice_as_long(
    narrow: Bench, tenant: tuple[TenantId, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "FIRST_HOLD", timedelta(seconds=1))
    async with narrow.worker(tenant[1]) as socket:
        await welcomed(socket)
        assert "wait 1 s" in (await provoke(socket))[1]

    async def come_back() -> str | None:
        async with narrow.worker(tenant[1]) as socket:
            try:
                await welcomed(socket)
            except ConnectionClosed:
                return None
            return (await provoke(socket))[1]

    said = await until(come_back, seconds=20)
    assert "wait 2 s" in said


async def test_who_comes_again_and_again_is_refused_without_the_database(
    narrow: Bench, tenant: tuple[TenantId, str], database: Any, postgres_server: str
) -> None:
    for _ in range(7):
        async with narrow.worker(tenant[1]) as socket:
            await welcomed(socket)
    pool, database.pool = database.pool, await _dead_pool(postgres_server)
    async with narrow.worker(tenant[1]) as socket:
        code, reason = await closing(socket)
    database.pool = pool
    assert (code, "too often" in reason) == (TRY_AGAIN_LATER, True)


@pytest.mark.parametrize(
    ("hello", "expected"),
    [
        pytest.param(b"\x81\xa4type\xa5\xff\xfe\xfd\xfc\xfb", POLICY_VIOLATION, id="no UTF-8"),
        pytest.param(
            msgspec.msgpack.encode({"type": "hello", "boot_id": "b", "image": "i"})[:-1]
            + b"i\xa5token\xa2\xff\xff",
            POLICY_VIOLATION,
            id="no UTF-8 in the token",
        ),
        pytest.param(b"\x91" * 8000 + b"\xc0", POLICY_VIOLATION, id="nested without end"),
        pytest.param(b"\xdd\x7f\xff\xff\xff", POLICY_VIOLATION, id="two billion elements"),
        pytest.param(b"", POLICY_VIOLATION, id="nothing"),
        pytest.param("hello", POLICY_VIOLATION, id="text"),
        pytest.param(encode(CommandResult(id="1", ok=True)), POLICY_VIOLATION, id="another frame"),
        pytest.param(
            encode(Hello(token="t" * 300, boot_id="b", image="i")),
            POLICY_VIOLATION,
            id="a token of 300 characters",
        ),
        pytest.param(
            encode(Hello(token="t", boot_id="b", image="i" * MAX_HELLO_BYTES)),
            TOO_BIG,
            id="an image of 16 kB",
        ),
    ],
)
async def test_a_hello_that_is_none_closes_the_connection_and_leaves_no_traceback(
    bench: Bench, hello: bytes | str, expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with connect(bench.url, proxy=None) as socket:
        await socket.send(hello)
        code, _ = await closing(socket)
    assert code == expected
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    assert "[error" not in printed.out


async def test_the_oldest_of_too_many_silent_connections_makes_room(
    narrow: Bench, tenant: tuple[TenantId, str]
) -> None:
    silent = [await connect(narrow.url, proxy=None) for _ in range(3)]
    async with narrow.worker(tenant[1]) as socket:
        await welcomed(socket)
        assert narrow.gateway.door.silent == 2
        async with asyncio.timeout(10):
            await silent[0].wait_closed()
        await silent[1].ping()
        await _answered(socket)
    for each in silent:
        await each.close()


async def test_a_worker_that_does_not_read_keeps_no_other_from_hearing_news(
    bench: Bench, tenant: tuple[TenantId, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SEND_PATIENCE", 0.5)
    other = await _tenant("Jirani", "+255754000002")
    watch = ConfigWatch(bench.gateway.connections)
    async with bench.worker(tenant[1]) as deaf, bench.worker(other[1]) as neighbour:
        await welcomed(deaf)
        await welcomed(neighbour)
        deaf.transport.pause_reading()
        found = bench.gateway.connections.find(tenant[0])
        assert found is not None
        # As much as the sockets hold between the two, and more than the gateway waits for.
        long = Command(id="x" * 200_000, kind="unknown")
        for _ in range(connection.MAX_POSTED):
            found.post(long)
        async with asyncio.timeout(10):
            for tenant_id in (tenant[0], other[0]):
                watch.changed(tenant_id)
            await watch.run_once()
            assert isinstance(await heard(neighbour), Config)
            # And it is let go of.
            await until(lambda: _gone(bench, tenant[0]))


async def _gone(bench: Bench, tenant_id: TenantId) -> bool:
    return bench.gateway.connections.find(tenant_id) is None


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param({"type": "ask_piece", "id": "a" * 64, "offset": -1}, id="before the file"),
        pytest.param({"type": "ask_piece", "id": "a" * 64, "offset": 2**63}, id="far after it"),
        pytest.param({"type": "ask_piece", "id": "../" * 1000, "offset": 0}, id="a path"),
        pytest.param(
            {"type": "piece", "id": "1", "offset": 0, "data": b"x" * (PIECE_BYTES + 1)},
            id="a piece too large",
        ),
        pytest.param({"type": "file_ready", "id": "1", "size": 10**18}, id="a giant file"),
        pytest.param({"type": "file_ready", "id": "1", "size": -1}, id="a file of no size"),
        pytest.param(
            {"type": "file_missing", "id": "1", "problem": "LOST", "detail": ""},
            id="a strange problem",
        ),
        pytest.param({"type": "result", "id": "i" * 1000, "ok": True}, id="a long id"),
        pytest.param({"type": "send_taken", "id": "i" * 1000}, id="a long name"),
        pytest.param({"type": "send_taken", "id": "no uuid"}, id="no name of a message"),
        pytest.param({"type": "log", "lines": ["x" * 10_000]}, id="a line of 10 kB"),
        pytest.param({"type": "events", "events": [[-1, {}]]}, id="an event before the first"),
        pytest.param(
            {"type": "events", "events": [[n, {}] for n in range(1001)]}, id="1001 events"
        ),
    ],
)
async def test_a_frame_out_of_bounds_is_rejected_and_the_connection_goes_on(
    bench: Bench, tenant: tuple[TenantId, str], frame: dict[str, Any]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        await socket.send(msgspec.msgpack.encode(frame))
        answer = await heard(socket)
        assert isinstance(answer, Rejected)
        assert len(answer.detail) < 400
        await socket.send(encode(Events(events=[Numbered(1, _received("A"))])))
        assert await heard(socket) == Ack(seq=1)


async def test_answers_that_nobody_asked_for_change_nothing(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        for _ in range(20):
            await socket.send(encode(FileReady(id="forged", size=1 << 40)))
            await socket.send(encode(Piece(id="forged", offset=0, data=b"x" * PIECE_BYTES)))
            missing = FileMissing(id="forged", problem=FileProblem.GONE, detail="")
            await socket.send(encode(missing))
        await _answered(socket)


async def test_a_flood_of_questions_for_pieces_is_answered_as_far_as_it_is_listened_to(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        for _ in range(200):
            await socket.send(encode(AskPiece(id="a" * 64, offset=0)))
        await socket.send(GARBAGE)
        answers = []
        while not answers or not isinstance(answers[-1], Rejected):
            answers.append(await heard(socket))
    assert all(isinstance(each, FileMissing) for each in answers[:-1])
    assert len(answers) <= 200


async def test_an_event_that_nobody_can_read_is_kept_as_it_came_and_the_others_are_logged(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    strange = [2, {"type": "message.telepathy", "thought": "Habari"}]
    nameless = [3, {k: v for k, v in event(3)[1].items() if k != "wa_message_id"}]
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        for _ in range(2):  # told again, it is kept once
            await socket.send(events(event(1), strange, nameless, event(4)))
            assert await heard(socket) == Ack(seq=4)
    page = await messages.list_page(tenant[0], limit=10)
    assert [row.wa_message_id for row in page.items] == ["E4", "E1"]
    kept = await refused_events.list_newest(tenant[0], limit=10)
    assert {each.outcome for each in kept} == {RefusalOutcome.KEPT}
    payloads = [msgspec.msgpack.decode(each.payload) for each in kept]
    assert {"type": "message.telepathy", "thought": "Habari"} in payloads
    assert len(payloads) == 2
    assert "wa_message_id is missing" in {each.problem for each in kept}
    assert await list_incidents(tenant[0]) == [IncidentKind.FRAMES_REFUSED]


async def test_what_was_mended_about_a_message_is_kept_beside_it(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    long = "a" * 100_000
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        await socket.send(events(event(1, text=long)))
        assert await heard(socket) == Ack(seq=1)
    [row] = (await messages.list_page(tenant[0], limit=10)).items
    assert row.message_text.endswith("… [100,000 characters]")
    [kept] = await refused_events.list_newest(tenant[0], limit=10)
    assert kept.outcome is RefusalOutcome.MENDED
    assert msgspec.msgpack.decode(kept.payload)["text"] == long
    assert await list_incidents(tenant[0]) == []


async def test_an_event_that_the_database_refuses_keeps_no_other(
    bench: Bench,
    tenant: tuple[TenantId, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever bounds may have been forgotten: a row that a column does not take."""
    real = messages.append_messages

    async def append(tenant_id: TenantId, logged: Any) -> int:
        for each in logged:
            if each.message_text == "poison":
                await Tenant.raw("SELECT {}::integer", 2**40)
        return await real(tenant_id, logged)

    monkeypatch.setattr(committing.messages, "append_messages", append)
    numbered = [event(n, text="poison" if n == 6 else "Habari") for n in range(1, 12)]
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        await socket.send(events(*numbered))
        assert await heard(socket) == Ack(seq=11)
    page = await messages.list_page(tenant[0], limit=20)
    assert {row.wa_message_id for row in page.items} == {f"E{n}" for n in range(1, 12) if n != 6}
    [kept] = await refused_events.list_newest(tenant[0], limit=10)
    assert msgspec.msgpack.decode(kept.payload)["text"] == "poison"
    assert set(await list_incidents(tenant[0])) == {
        IncidentKind.FRAMES_REFUSED,
        IncidentKind.PLATFORM_ERROR,
    }
    assert "poison" not in capsys.readouterr().out


async def test_a_report_that_cannot_be_written_does_not_keep_events(
    bench: Bench, tenant: tuple[TenantId, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def record(*_: Any) -> bool:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(sessions, "record_session", record)
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        report = SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED)
        await socket.send(encode(report))
        await socket.send(encode(Events(events=[Numbered(1, _received("A"))])))
        assert await heard(socket) == Ack(seq=1)
    assert await list_incidents(tenant[0]) == [IncidentKind.PLATFORM_ERROR]


async def test_a_configuration_that_cannot_be_read_is_its_tenants_misfortune_alone(
    bench: Bench, tenant: tuple[TenantId, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await _tenant("Jirani", "+255754000002")
    watch = ConfigWatch(bench.gateway.connections)
    get, find = tenants.get_config, tenants.find_config

    async def spoilt(tenant_id: TenantId) -> TenantConfig:
        if tenant_id == tenant[0]:
            raise ValueError("a row that nobody can read")
        return await get(tenant_id)

    async def spoilt_or_none(tenant_id: TenantId) -> TenantConfig | None:
        return await (spoilt(tenant_id) if tenant_id == tenant[0] else find(tenant_id))

    async with bench.worker(tenant[1]) as ours, bench.worker(other[1]) as neighbour:
        await welcomed(ours)
        await welcomed(neighbour)
        monkeypatch.setattr(tenants, "get_config", spoilt)
        monkeypatch.setattr(tenants, "find_config", spoilt_or_none)
        for tenant_id in (tenant[0], other[0]):
            watch.changed(tenant_id)
        await watch.run_once()
        assert isinstance(await heard(neighbour), Config)
        await _answered(ours)
    async with bench.worker(tenant[1]) as socket:
        assert (await closing(socket))[0] == TRY_AGAIN_LATER
    async with bench.worker(other[1]) as socket:
        assert isinstance(await _next(socket), Welcome)
    assert IncidentKind.PLATFORM_ERROR in await list_incidents(tenant[0])
    assert await list_incidents(other[0]) == []


@pytest.mark.usefixtures("database")
async def test_heartbeats_that_a_row_does_not_take_harm_their_own_tenants_alone() -> None:
    """Whatever bounds may have been forgotten."""
    made = [await _tenant(f"Duka {n}", f"+25575400{n:04}") for n in range(9)]
    collector = HeartbeatCollector(fleet.record_heartbeats, clock=SystemClock())
    now = SystemClock().now()
    for place, (tenant_id, _) in enumerate(made):
        collector._newest[tenant_id] = HeartbeatRecord(
            tenant_id=tenant_id,
            epoch=0,
            at=now,
            outbox_depth=2**31 if place in {0, 5} else place,
            memory_bytes=1,
            keepalive_at=None,
            last_inbound_at=None,
            session=SessionState.CONNECTED,
            skipped_json="{}",
        )
    await collector.flush()
    rows = await WorkerProcess.raw("SELECT tenant, outbox_depth FROM worker_processes")
    depths = {row["tenant"]: row["outbox_depth"] for row in rows}
    assert [depths[tenant_id] for tenant_id, _ in made] == [None, 1, 2, 3, 4, None, 6, 7, 8]
    assert await list_incidents(made[0][0]) == [IncidentKind.PLATFORM_ERROR]
    assert await list_incidents(made[1][0]) == []


@pytest.mark.usefixtures("database")
async def test_a_mistake_in_all_heartbeats_is_not_made_once_for_each_tenant() -> None:
    calls = 0

    async def write(_: list[HeartbeatRecord]) -> None:
        nonlocal calls
        calls += 1
        raise ValueError("a mistake of ours")

    collector = HeartbeatCollector(write, clock=SystemClock())
    for n in range(500):
        tenant_id = TenantId(UUID(int=n))
        collector._newest[tenant_id] = HeartbeatRecord(
            tenant_id=tenant_id, epoch=0, at=SystemClock().now(), outbox_depth=0, memory_bytes=0,
            keepalive_at=None, last_inbound_at=None, session=SessionState.CONNECTED,
            skipped_json="{}",
        )  # fmt: skip
    await collector.flush()
    assert calls < 60
