"""A whole control plane, flooded by one worker with a good token or by somebody without one: the
others are answered meanwhile.
"""

import asyncio
import os
import resource
import socket as sockets
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from time import monotonic

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import Frame, Opcode

from controlplane.gateway.door import DoorLimits
from shared.db.engine import open_database
from shared.enums import SessionState
from shared.ids import TenantId
from shared.stores import messages, tenants
from shared.wire.frames import (
    Ack,
    Events,
    FromGateway,
    Heartbeat,
    Hello,
    LogLines,
    Numbered,
    Welcome,
    decode_from_gateway,
    encode,
)
from tests.conftest import ROOT, TEMPLATE
from tests.databases import create_database, drop_database
from tests.integration.gateway.test_listener import _received, _tenant

pytestmark = pytest.mark.timeout(120)
# Generous: what is shown is that it is answered, and not how fast on a busy machine.
ANSWERED_WITHIN = 5.0
FLOOD = 4.0
_numbers = count(1000)
MIB = 1 << 20


class ControlPlane:
    def __init__(self, process: subprocess.Popen[bytes], port: int, gateway: int, log: Path):
        self.process = process
        self.base = f"http://127.0.0.1:{port}"
        self.port = port
        self.gateway = gateway
        self.log = log

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.gateway}/worker"

    def measure(self) -> int:
        """Bytes of memory that the process holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) * 1024

    def count_descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    async def healthy(self) -> float:
        """Seconds until `/healthz` was answered; fails when it was not."""
        began = monotonic()
        async with httpx.AsyncClient(timeout=ANSWERED_WITHIN) as client:
            answer = await client.get(f"{self.base}/healthz")
        assert answer.status_code == 200
        return monotonic() - began

    @asynccontextmanager
    async def worker(self, token: str) -> AsyncIterator[ClientConnection]:
        async with connect(self.url, proxy=None, compression=None, open_timeout=30) as socket:
            await socket.send(encode(Hello(token=token, boot_id="b", image="i")))
            async with asyncio.timeout(30):
                assert isinstance(await hear(socket), Welcome)
            yield socket


async def hear(socket: ClientConnection) -> FromGateway:
    data = await socket.recv()
    assert isinstance(data, bytes)
    return decode_from_gateway(data)


def free_port() -> int:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    async with asyncio.timeout(90):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert process.poll() is None, f"it ended: see {log}"
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


@pytest.fixture(scope="module")
def plane_url(postgres_server: str) -> Iterator[str]:
    url = asyncio.run(create_database(postgres_server, template=TEMPLATE))
    yield url
    asyncio.run(drop_database(postgres_server, url))


@pytest.fixture(scope="module")
def standing_plane(
    plane_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControlPlane]:
    """One for all tests: each has its own tenants, and it survives them all."""
    directory = tmp_path_factory.mktemp("plane")
    port, gateway, log = free_port(), free_port(), directory / "log.txt"
    environment = {
        **os.environ,  # noqa: TID251  a child process's own
        "FLOWHQ_DATABASE_URL": plane_url,
        "FLOWHQ_WORKER_IMAGE": "worker:1",
        "FLOWHQ_STATE_DIR": str(directory / "state"),
        "FLOWHQ_PORT": str(port),
        "FLOWHQ_GATEWAY_HOST": "127.0.0.1",
        "FLOWHQ_GATEWAY_PORT": str(gateway),
        "FLOWHQ_LOG_JSON": "true",
        "FLOWHQ_TEST_DESCRIPTORS": "1024",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.control_plane_process"],
            env=environment, cwd=ROOT, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        for each in (port, gateway):
            asyncio.run(until_listening(each, process, log))
        yield ControlPlane(process, port, gateway, log)
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
async def plane(standing_plane: ControlPlane, plane_url: str) -> AsyncIterator[ControlPlane]:
    async with open_database(plane_url, min_size=1):
        yield standing_plane
        assert standing_plane.process.poll() is None, "the control plane ended"


@pytest.fixture
async def hostile(plane: ControlPlane) -> tuple[TenantId, str]:  # noqa: ARG001  after it
    return await _tenant("Adui", f"+25575400{next(_numbers)}")


@pytest.fixture
async def neighbour(plane: ControlPlane) -> tuple[TenantId, str]:  # noqa: ARG001  after it
    return await _tenant("Jirani", f"+25575400{next(_numbers)}")


async def flood(act: Callable[[], Awaitable[None]]) -> int:
    """Repeats `act` until the time is up; answers how often."""
    count, until = 0, monotonic() + FLOOD
    while monotonic() < until:
        try:
            await act()
            count += 1
        except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError, AssertionError):
            await asyncio.sleep(0.01)
    return count


async def meanwhile(
    plane: ControlPlane, neighbour: tuple[TenantId, str], *floods: Awaitable[int]
) -> list[int]:
    """Runs the floods; the API and a neighbour's worker are answered as long as they last."""
    done = asyncio.Event()

    async def ask() -> None:
        seq = 0
        async with plane.worker(neighbour[1]) as socket:
            while not done.is_set():
                await plane.healthy()
                seq += 1
                await socket.send(encode(Events(events=[Numbered(seq, _received(f"N{seq}"))])))
                async with asyncio.timeout(ANSWERED_WITHIN):
                    assert await hear(socket) == Ack(seq=seq)
                await asyncio.sleep(0.1)

    asking = asyncio.ensure_future(ask())
    try:
        async with asyncio.timeout(90):
            counts = list(await asyncio.gather(*floods))
    finally:
        done.set()
        await asking
    assert (await messages.list_page(neighbour[0], limit=1)).items
    return counts


class Flooder:
    """Comes back whenever it is closed, and sends the same frames as fast as they go."""

    def __init__(self, plane: ControlPlane, token: str, data: bytes, *, at_once: int = 1) -> None:
        self.plane = plane
        self.token = token
        self.data = data
        self.at_once = at_once
        self.welcomes = 0
        self.sent = 0

    async def run(self) -> int:
        return await flood(self._come)

    async def _come(self) -> None:
        async with self.plane.worker(self.token) as socket:
            self.welcomes += 1
            reading = asyncio.ensure_future(self._read(socket))
            try:
                until = monotonic() + FLOOD
                while monotonic() < until:
                    for _ in range(self.at_once):
                        await socket.send(self.data)
                        self.sent += 1
                    await asyncio.sleep(0)
            finally:
                reading.cancel()

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for _ in socket:
                pass


async def test_garbage_closes_the_connection_and_fills_no_log(
    plane: ControlPlane, hostile: tuple[TenantId, str], neighbour: tuple[TenantId, str]
) -> None:
    flooder = Flooder(plane, hostile[1], b"\xc1garbage", at_once=100)
    before = plane.log.stat().st_size
    await meanwhile(plane, neighbour, flooder.run())
    assert flooder.welcomes <= 3
    assert plane.log.stat().st_size - before < 256 * 1024
    lines = [line for line in plane.log.read_text().splitlines() if f"{hostile[0]}" in line]
    lines = [line for line in lines if "frame.rejected" in line]
    assert 1 <= len(lines) < 20


async def test_empty_log_lines_fill_no_memory(
    plane: ControlPlane, hostile: tuple[TenantId, str], neighbour: tuple[TenantId, str]
) -> None:
    frame = msgspec.msgpack.encode({"type": "log", "lines": ["{}"] * 300_000})
    assert 0.85 * MIB < len(frame) < MIB
    before = plane.measure()
    await meanwhile(plane, neighbour, Flooder(plane, hostile[1], frame).run())
    assert plane.measure() - before < 64 * MIB


async def test_log_lines_beyond_the_budget_are_counted_and_not_written(
    plane: ControlPlane, hostile: tuple[TenantId, str], neighbour: tuple[TenantId, str]
) -> None:
    line = '{"event": "' + "x" * 400 + '"}'
    frame = encode(LogLines(lines=[line] * 1000))
    before = plane.measure()
    flooder = Flooder(plane, hostile[1], frame)
    await meanwhile(plane, neighbour, flooder.run())
    assert plane.measure() - before < 64 * MIB
    file = plane.log.parent / "state" / "logs" / f"{hostile[0]}.log"
    written = file.read_bytes()
    assert flooder.sent * len(frame) > 4 * MIB
    assert len(written) < 3 * MIB
    assert b"worker.lines_dropped" in written


async def test_many_small_frames_in_one_write_hold_up_nobody(
    plane: ControlPlane, hostile: tuple[TenantId, str], neighbour: tuple[TenantId, str]
) -> None:
    small = Frame(Opcode.BINARY, b"\xc1").serialize(mask=True, extensions=[]) * 40_000

    async def come() -> None:
        async with plane.worker(hostile[1]) as socket:
            socket.transport.write(small)
            await socket.wait_closed()

    before = plane.measure()
    await meanwhile(plane, neighbour, flood(come))
    assert plane.measure() - before < 64 * MIB


async def test_pings_without_end_close_the_connection(
    plane: ControlPlane, hostile: tuple[TenantId, str], neighbour: tuple[TenantId, str]
) -> None:
    pings = Frame(Opcode.PING, b"").serialize(mask=True, extensions=[]) * 40_000
    closed = 0

    async def come() -> None:
        nonlocal closed
        async with plane.worker(hostile[1]) as socket:
            socket.transport.write(pings)
            async with asyncio.timeout(FLOOD):
                await socket.wait_closed()
            closed += 1

    await meanwhile(plane, neighbour, flood(come))
    assert closed


async def test_a_worker_that_does_not_read_keeps_no_neighbour_waiting(
    plane: ControlPlane, hostile: tuple[TenantId, str], neighbour: tuple[TenantId, str]
) -> None:
    """Each of its pings and frames is answered, into a buffer that it does not empty."""
    data = Frame(Opcode.BINARY, b"\xc1" * 100).serialize(mask=True, extensions=[])

    async def come() -> None:
        async with plane.worker(hostile[1]) as socket:
            socket.transport.pause_reading()
            until = monotonic() + FLOOD
            while monotonic() < until and not socket.transport.is_closing():
                if socket.transport.get_write_buffer_size() < MIB:
                    socket.transport.write(data)
                await asyncio.sleep(0.001)

    before = plane.measure()
    await meanwhile(plane, neighbour, flood(come))
    assert plane.measure() - before < 32 * MIB


async def test_silent_connections_make_room_for_workers(
    plane: ControlPlane, neighbour: tuple[TenantId, str]
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    silent: list[sockets.socket] = []
    try:
        for number in range(2_500):
            each = sockets.socket()
            # Not the worker's own: what comes from one address is counted together.
            each.bind((f"127.0.1.{1 + number % 5}", 0))
            each.setblocking(False)  # noqa: FBT003  the socket's own signature
            with suppress(BlockingIOError):
                each.connect(("127.0.0.1", plane.gateway))
            silent.append(each)
            if len(silent) % 100 == 0:
                await asyncio.sleep(0.02)
        await plane.healthy()
        async with httpx.AsyncClient(timeout=ANSWERED_WITHIN) as client:
            ready = (await client.get(f"{plane.base}/readyz")).json()
        assert ready["checks"]["gateway"] == ready["checks"]["database"] == "ok"
        async with plane.worker(neighbour[1]) as socket:
            await socket.send(encode(Events(events=[Numbered(1, _received("N1"))])))
            assert await hear(socket) == Ack(seq=1)
        descriptors = plane.count_descriptors()
        assert descriptors < DoorLimits().silent + 200
    finally:
        for each in silent:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_half_a_request_is_closed_and_keeps_nobody_from_the_api(plane: ControlPlane) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
    async with asyncio.timeout(30):
        assert await reader.read() == b""
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
    with suppress(ConnectionError):
        for _ in range(3_000):
            writer.write(b"X-Filler: " + b"x" * 1000 + b"\r\n")
            await writer.drain()
    with suppress(ConnectionError):
        assert b"200" not in await reader.read()
    writer.close()
    await plane.healthy()


async def test_valid_messages_of_one_tenant_take_no_more_than_their_share(
    plane: ControlPlane, hostile: tuple[TenantId, str], neighbour: tuple[TenantId, str]
) -> None:
    async def catch_up() -> int:
        seq = 0
        async with plane.worker(hostile[1]) as socket:

            async def hear_acks() -> None:
                async for _ in socket:
                    pass

            reading = asyncio.ensure_future(hear_acks())
            until = monotonic() + FLOOD
            while monotonic() < until:
                batch = [Numbered(seq + n, _received(f"H{seq + n}")) for n in range(1, 1001)]
                seq += len(batch)
                await socket.send(encode(Events(events=batch)))
            reading.cancel()
        return seq

    [sent] = await meanwhile(plane, neighbour, catch_up())
    # The burst, and what its rate allows; what is in the sockets' buffers beside it.
    assert sent < 100_000


async def test_heartbeats_of_a_flooded_gateway_are_written(
    plane: ControlPlane, hostile: tuple[TenantId, str], neighbour: tuple[TenantId, str]
) -> None:
    bad = msgspec.msgpack.encode(
        {"type": "heartbeat", "session": "CONNECTED", "outbox_depth": 2**31, "memory_bytes": 2**63}
    )
    async with plane.worker(neighbour[1]) as socket:
        flooder = Flooder(plane, hostile[1], bad)
        running = asyncio.ensure_future(flooder.run())
        await socket.send(
            encode(Heartbeat(session=SessionState.CONNECTED, outbox_depth=7, memory_bytes=1))
        )
        await running
    assert (await tenants.get(neighbour[0])).worker.outbox_depth == 7
