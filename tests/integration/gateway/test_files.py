"""A file's way between a worker and the control plane: both real ends, a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest

from controlplane.gateway.dispatch import Dispatcher
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.lending import Lending as GatewayLending
from controlplane.gateway.listener import Gateway
from controlplane.media.fetching import Fetching, FileUnavailableError
from controlplane.media.files import MediaFiles, Shelf
from controlplane.media.space import Limits
from shared.clock import SystemClock
from shared.enums import FileProblem, SessionReason, SessionState
from shared.ids import TenantId, new_tenant_id
from shared.log import TenantFiles
from shared.stores import credentials, fleet, messages, tenants
from shared.structs.media import Media
from shared.tasks import TaskGroup
from shared.wire.files import PIECE_BYTES
from shared.wire.frames import Heartbeat, Hello, SessionReport
from tests.fakes.businesses import business
from tests.fakes.inbound import message
from worker.database import Database
from worker.files.borrowing import Borrowing
from worker.files.lending import Lending
from worker.inbox import file_rows, rows
from worker.uplink import event_rows
from worker.uplink.uplink import Uplink
from worker.whatsapp.file_client import FileError
from worker.whatsapp.files import FileKind, FileSource

CONTENT = b"\xff\xd8\xff" + bytes(range(256)) * 40_000  # some forty pieces
MEDIA = Media(mime_type="image/jpeg", size=len(CONTENT), sha256=sha256(CONTENT).hexdigest())
SOURCE = FileSource(
    kind=FileKind.IMAGE, path="/v/1?x", key=b"k" * 32, sha256=b"p" * 32, sealed_sha256=b"s" * 32,
    size=len(CONTENT),
)  # fmt: skip


class Host:
    """WhatsApp's media host, as the worker's library shows it."""

    async def download(self, source, path, *, max_bytes):
        await asyncio.to_thread(path.write_bytes, CONTENT)
        return len(CONTENT)


class Home:
    """The worker, except for WhatsApp. `on_piece` is called before each piece is sent."""

    def __init__(self, database, lending):
        self.database = database
        self.lending = lending
        self.pieces = 0
        self.on_piece = None
        self.welcomes = self.acknowledged = self.done = 0
        self._changed = asyncio.Condition()

    async def until(self, condition):
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(condition)

    async def _notify(self):
        async with self._changed:
            self._changed.notify_all()

    async def record(self, number, source=None):
        inbound = message(number)
        await self.database.run(lambda db: rows.record(db, inbound))
        if source is not None:
            await self.database.run(lambda db: file_rows.add(db, inbound, source))

    async def next_batch(self, *, after):
        return await self.database.run(lambda db: event_rows.next_batch(db, after=after))

    async def acknowledge(self, seq):
        await self.database.run(lambda db: event_rows.acknowledge(db, seq))
        self.acknowledged = seq
        await self._notify()

    async def configure(self, config):
        self.welcomes += 1
        await self._notify()

    def report(self):
        return SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED)

    async def heartbeat(self):
        return Heartbeat(session=SessionState.CONNECTED, outbox_depth=0, memory_bytes=1)

    def take_log_lines(self):
        return []

    async def fetch_file(self, request):
        return await self.lending.fetch(request)

    async def read_piece(self, request):
        self.pieces += 1
        if self.on_piece is not None:
            await self.on_piece(self.pieces)
        return await self.lending.read_piece(request)

    async def file_done(self, name):
        await self.lending.done(name)
        self.done += 1
        await self._notify()

    async def disconnected(self):
        await self.lending.take_back()


@pytest.fixture
async def files(tmp_path):
    made = MediaFiles(tmp_path / "media", Limits(), clock=SystemClock())
    await made.open()
    return made


@pytest.fixture
async def home(tmp_path) -> AsyncIterator[Home]:
    rows_of_worker = Database(tmp_path / "worker.db")
    await rows_of_worker.open()
    connected = asyncio.Event()
    connected.set()
    lending = Lending(
        Host(), rows_of_worker, tmp_path / "files", SystemClock(), connected=connected
    )
    await lending.open()
    made = Home(rows_of_worker, lending)
    await made.record(1, SOURCE)
    yield made
    await rows_of_worker.aclose()


class Bench:
    def __init__(self, gateway, fetching, tenant_id, uplink):
        self.gateway = gateway
        self.fetching = fetching
        self.tenant_id = tenant_id
        self.uplink = uplink


@asynccontextmanager
async def running(home, files, logs):
    tenant_id = TenantId((await tenants.create(business())).id)
    clock = SystemClock()
    gateway = Gateway(
        dispatcher=Dispatcher(clock=clock),
        heartbeats=HeartbeatCollector(fleet.record_heartbeats, clock=clock),
        tenant_files=logs,
        clock=clock,
        heartbeat_interval=timedelta(seconds=15),
        lending=GatewayLending(files),
    )
    async with TaskGroup() as transfers, TaskGroup() as tasks:
        tasks.supervise("gateway", gateway.serve("127.0.0.1", 0))
        await gateway.listening()
        host, port = next(iter(gateway._server.sockets)).getsockname()[:2]
        token = await credentials.issue(tenant_id, 1)
        hello = Hello(token=token, boot_id="b", image="i")
        uplink = Uplink(f"ws://{host}:{port}/worker", hello, home)
        tasks.supervise("uplink", uplink.run())
        await home.until(lambda: home.acknowledged == 1)
        fetching = Fetching(files, gateway.connections.find, transfers)
        yield Bench(gateway, fetching, tenant_id, uplink)


@pytest.fixture
def logs(tmp_path):
    made = TenantFiles(tmp_path / "logs")
    yield made
    made.close()


@pytest.fixture
async def bench(database, home, files, logs):  # noqa: ARG001  the stores are bound to it
    async with running(home, files, logs) as made:
        yield made


async def content_of(files, tenant_id):
    file = await files.find(tenant_id, Shelf.RECEIVED, MEDIA.sha256)
    if file is None:
        return None
    with file:
        return await asyncio.to_thread(file.read)


async def test_a_file_arrives_whole_and_leaves_the_worker(bench, home, files, tmp_path):
    await bench.fetching.fetch(bench.tenant_id, "ID1", MEDIA)
    assert await content_of(files, bench.tenant_id) == CONTENT
    assert home.pieces == -(-len(CONTENT) // PIECE_BYTES)
    await home.until(lambda: home.done == 1)
    assert list((tmp_path / "files").iterdir()) == []


async def test_messages_are_logged_while_a_file_is_on_its_way(bench, home):
    async def write(number):
        if number == 3:
            await home.record(2)
            bench.uplink.wake()
            await home.until(lambda: home.acknowledged == 2)  # the next piece waits for it

    home.on_piece = write
    await bench.fetching.fetch(bench.tenant_id, "ID1", MEDIA)
    assert len((await messages.list_page(bench.tenant_id, limit=9)).items) == 2


async def test_a_connection_that_ends_in_the_middle_leaves_nothing_half(
    bench, home, files, tmp_path
):
    async def cut(number):
        if number == 3:
            bench.gateway.connections.drop(bench.tenant_id)

    home.on_piece = cut
    with pytest.raises(FileUnavailableError, match="has ended"):
        await bench.fetching.fetch(bench.tenant_id, "ID1", MEDIA)
    assert [p for p in (tmp_path / "media").rglob("*") if p.is_file()] == []
    home.on_piece = None
    await home.until(lambda: home.welcomes == 2)
    await bench.fetching.fetch(bench.tenant_id, "ID1", MEDIA)
    assert await content_of(files, bench.tenant_id) == CONTENT


async def test_files_come_one_after_the_other(bench, home):
    other = msgspec.structs.replace(MEDIA, sha256="0" * 64)
    await home.record(2, SOURCE)
    outcomes = await asyncio.gather(
        bench.fetching.fetch(bench.tenant_id, "ID1", MEDIA),
        bench.fetching.fetch(bench.tenant_id, "ID2", other),
        return_exceptions=True,
    )
    assert [type(each).__name__ for each in outcomes] == ["NoneType", "WrongContentError"]


async def upload(files, tenant_id):
    async with files.receive(tenant_id, Shelf.UPLOADED, size=len(CONTENT)) as incoming:
        await incoming.write(CONTENT)
        await incoming.keep()


async def borrow(bench, tmp_path):
    borrowing = Borrowing(bench.uplink.ask, tmp_path)
    async with borrowing.borrow(MEDIA.sha256, size=len(CONTENT)) as path:
        return await asyncio.to_thread(path.read_bytes)


async def test_a_worker_is_lent_what_its_tenant_uploaded(bench, files, tmp_path):
    await upload(files, bench.tenant_id)
    assert await borrow(bench, tmp_path) == CONTENT


async def test_a_worker_is_lent_nothing_of_another_tenant(bench, files, tmp_path):
    await upload(files, new_tenant_id())
    with pytest.raises(FileError) as raised:
        await borrow(bench, tmp_path)
    assert raised.value.problem is FileProblem.UNKNOWN


async def test_a_worker_is_not_lent_what_came_in(bench, tmp_path):
    """It has the key to that itself; and it makes room without notice."""
    await bench.fetching.fetch(bench.tenant_id, "ID1", MEDIA)
    with pytest.raises(FileError):
        await borrow(bench, tmp_path)


async def test_without_a_connection_a_file_can_be_asked_for_later(bench, files, tmp_path):
    await upload(files, bench.tenant_id)
    await bench.uplink.aclose()
    with pytest.raises(FileError) as raised:
        await borrow(bench, tmp_path)
    assert raised.value.problem is FileProblem.OFFLINE
