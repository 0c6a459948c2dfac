"""The uplink against a real WebSocket server that speaks the wire."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from shared.backoff import Backoff
from shared.enums import SessionReason, SessionState
from shared.structs.content import TextContent
from shared.tasks import TaskGroup
from shared.wire import frames
from shared.wire.events import Party
from shared.wire.files import AskPiece, FetchFile, FileDone, FileReady, Piece
from shared.wire.frames import (
    CancelSend,
    Command,
    CommandResult,
    Config,
    Events,
    Heartbeat,
    Hello,
    LogLines,
    Send,
    SendTaken,
    SessionReport,
)
from tests.fakes.inbound import message
from tests.fakes.worker_gateway import CONFIG, GOOD_TOKEN, FakeGateway, running_gateway
from worker.inbox import rows
from worker.uplink import event_rows
from worker.uplink.connection import IN_FLIGHT
from worker.uplink.uplink import (
    RECONNECT,
    GatewayUnreachableError,
    TokenRefusedError,
    Uplink,
    tell_unreachable,
)

SOON = Backoff(first=timedelta(milliseconds=10), ceiling=timedelta(milliseconds=50))


class Home:
    """The worker's side of the connection, on a real database."""

    def __init__(self, database):
        self.database = database
        self.configs = []
        self.state = SessionState.CONNECTING
        self.lines = []
        self.sends = []
        self.fetching = asyncio.Event()
        self.done = []
        self.ends = 0

    async def record(self, *numbers, text="hello"):
        await self.database.run(lambda db: [rows.record(db, message(n, text)) for n in numbers])

    async def next_batch(self, *, after):
        return await self.database.run(lambda db: event_rows.next_batch(db, after=after))

    async def acknowledge(self, seq):
        await self.database.run(lambda db: event_rows.acknowledge(db, seq))

    async def configure(self, config):
        self.configs.append(config)

    def report(self):
        return SessionReport(state=self.state, reason=SessionReason.STARTING)

    async def heartbeat(self):
        return Heartbeat(session=self.state, outbox_depth=0, memory_bytes=1)

    def take_log_lines(self):
        lines, self.lines = self.lines, []
        return lines

    async def command(self, command):
        return CommandResult(id=command.id, ok=command.kind == "known")

    async def send(self, send):
        self.sends.append(send.id)
        return SendTaken(id=send.id) if send.id != "refused" else None

    async def cancel_send(self, request):
        return SendTaken(id=request.id, cancelled=True)

    async def fetch_file(self, request):
        await self.fetching.wait()
        return FileReady(id=request.id, size=3)

    async def read_piece(self, request):
        return Piece(id=request.id, offset=request.offset, data=b"abc")

    async def file_done(self, name):
        self.done.append(name)

    async def disconnected(self):
        self.ends += 1

    async def waiting(self):
        return (await self.database.run(event_rows.get_size)).events


@pytest.fixture
def home(database):
    return Home(database)


@pytest.fixture
async def gateway():
    async with running_gateway() as made:
        yield made


def uplink_to(url, home, token=GOOD_TOKEN):
    return Uplink(url, Hello(token=token, boot_id="b", image="i"), home, backoff=SOON)


@asynccontextmanager
async def running(uplink):
    async with TaskGroup() as tasks:
        yield tasks.supervise("uplink", uplink.run())


async def test_the_link_is_reported_first_and_again_on_each_change(home, gateway):
    uplink = uplink_to(gateway.url, home)
    async with running(uplink):
        await gateway.until(lambda: bool(gateway.of(SessionReport)))
        home.state = SessionState.CONNECTED
        uplink.wake()
        await gateway.until(lambda: len(gateway.of(SessionReport)) == 2)
        uplink.wake()
        home.lines = ["{}"]
        await gateway.until(lambda: bool(gateway.of(LogLines)))
    kinds = [type(f) for f in gateway.frames if not isinstance(f, Heartbeat)]
    assert kinds == [Hello, SessionReport, SessionReport, LogLines]


async def test_whoever_waits_for_a_state_that_lasts_one_frame_sees_it(gateway):
    """Of the gateway of these tests: links are in some states for less than a turn of the loop."""
    waiting = asyncio.ensure_future(gateway.until_state(SessionState.LOGGED_OUT, within=10))
    async with connect(gateway.url, proxy=None) as socket:
        for state in (SessionState.LOGGED_OUT, SessionState.QR_READY):
            report = SessionReport(state=state, reason=SessionReason.STARTING)
            await socket.send(frames.encode(report))
        assert (await waiting).state is SessionState.LOGGED_OUT


async def test_the_configuration_is_applied_on_welcome_and_on_change(home, gateway):
    async with running(uplink_to(gateway.url, home)):
        await gateway.until(lambda: bool(gateway.of(SessionReport)))
        await gateway.send(Config(config=CONFIG))
        await gateway.send(Command(id="1", kind="known"))
        await gateway.until(lambda: bool(gateway.of(CommandResult)))
    assert home.configs == [CONFIG, CONFIG]


def send_frame(number):
    return Send(id=str(number), to=Party(phone="+255700000001"), content=TextContent(text="hi"))


async def test_a_download_that_takes_long_holds_up_nothing(home, gateway):
    async with running(uplink_to(gateway.url, home)):
        await gateway.until(lambda: bool(gateway.of(SessionReport)))
        await gateway.send(FetchFile(id="f", wa_message_id="ID1", max_bytes=9))
        await home.record(1)
        await gateway.send(Command(id="1", kind="known"))
        await gateway.until(lambda: bool(gateway.of(CommandResult)))
        assert not gateway.of(FileReady)
        home.fetching.set()
        await gateway.until(lambda: bool(gateway.of(FileReady)))
        await gateway.send(AskPiece(id="f", offset=0))
        await gateway.until(lambda: bool(gateway.of(Piece)))
        await gateway.send(FileDone(id="f"))
        await gateway.send(Command(id="2", kind="known"))
        await gateway.until(lambda: len(gateway.of(CommandResult)) == 2)
    assert home.done == ["f"]


async def test_the_end_of_a_connection_is_told(home, gateway):
    async with running(uplink_to(gateway.url, home)):
        await gateway.until(lambda: bool(gateway.of(SessionReport)))
        await gateway.stop()
        await gateway.start()
        await gateway.until(lambda: len(gateway.of(SessionReport)) == 2)
        assert home.ends == 1


async def test_sends_are_taken_in_order_and_answered(home, gateway):
    async with running(uplink_to(gateway.url, home)):
        await gateway.until(lambda: bool(gateway.of(SessionReport)))
        for number in ("1", "refused", "2"):
            await gateway.send(send_frame(number))
        await gateway.send(CancelSend(id="3"))
        await gateway.until(lambda: len(gateway.of(SendTaken)) == 3)
    assert home.sends == ["1", "refused", "2"]
    assert [(f.id, f.cancelled) for f in gateway.of(SendTaken)] == [
        ("1", False),
        ("2", False),
        ("3", True),
    ]


async def test_what_is_acknowledged_leaves_the_volume(home, gateway):
    await home.record(*range(5))
    uplink = uplink_to(gateway.url, home)
    async with running(uplink):
        await gateway.until(lambda: len(gateway.events) == 5)
        assert await uplink.flush(grace=timedelta(seconds=5))
        assert await home.waiting() == 0


async def test_what_is_not_acknowledged_is_sent_again_on_the_next_connection(home, gateway):
    gateway.acknowledging = False
    await home.record(1, 2)
    async with running(uplink_to(gateway.url, home)):
        await gateway.until(lambda: gateway.deliveries == [1, 2])
        await gateway.connections[-1].close()
        gateway.acknowledging = True
        await gateway.until(lambda: gateway.deliveries == [1, 2, 1, 2])
    assert await home.waiting() in {0, 2}


async def test_few_batches_are_under_way_at_once(home, gateway):
    gateway.acknowledging = False
    await home.record(*range(50), text="x" * 60_000)
    async with running(uplink_to(gateway.url, home)):
        await gateway.until(lambda: len(gateway.of(Events)) == IN_FLIGHT)
        beats = len(gateway.of(Heartbeat))
        await gateway.until(lambda: len(gateway.of(Heartbeat)) > beats + 1)
    assert len(gateway.of(Events)) == IN_FLIGHT
    assert len(gateway.deliveries) < 50


async def test_a_long_outbox_goes_up_in_order_and_once(home, gateway):
    await home.record(*range(1000))
    async with running(uplink_to(gateway.url, home)):
        await gateway.until(lambda: len(gateway.events) == 1000)
    assert gateway.deliveries == list(range(1, 1001))


BACKLOG = 10_000


async def test_a_backlog_keeps_neither_the_link_nor_a_command_waiting(home, gateway):
    await home.record(*range(BACKLOG))
    uplink = uplink_to(gateway.url, home)
    async with running(uplink):
        await gateway.until(lambda: len(gateway.of(Events)) >= 3)
        home.state = SessionState.CONNECTED
        home.lines = ["{}"]
        uplink.wake()
        await gateway.send(Command(id="1", kind="known"))
        before = len(gateway.of(Events))
        await gateway.until(lambda: len(gateway.deliveries) == BACKLOG)
    told = [
        position(gateway, lambda f: isinstance(f, SessionReport) and f.state == home.state),
        position(gateway, lambda f: isinstance(f, CommandResult)),
        position(gateway, lambda f: isinstance(f, LogLines)),
    ]
    # What is under way goes before, and the batch that was being read meanwhile.
    assert max(told) <= before + IN_FLIGHT + 1 < len(gateway.of(Events)) / 2
    assert gateway.deliveries == list(range(1, BACKLOG + 1))


def position(gateway, wanted):
    """How many batches came before the first frame that is `wanted`."""
    index = next(n for n, frame in enumerate(gateway.frames) if wanted(frame))
    return sum(isinstance(frame, Events) for frame in gateway.frames[:index])


async def test_heartbeats_go_on_while_a_backlog_waits_for_a_slow_gateway(home, gateway):
    gateway.acknowledging = False
    await home.record(*range(BACKLOG))
    async with running(uplink_to(gateway.url, home)):
        for _ in range(5):
            await gateway.until(lambda: len(gateway.of(Events)) == IN_FLIGHT)
            beats = len(gateway.of(Heartbeat))
            await gateway.until(lambda beats=beats: len(gateway.of(Heartbeat)) > beats)
            gateway.frames = [f for f in gateway.frames if not isinstance(f, Events)]
            await gateway.send(frames.Ack(seq=gateway.deliveries[-1]))
    assert len(gateway.deliveries) < BACKLOG


def test_the_next_try_is_seconds_away_however_long_the_gateway_was():
    longest = [RECONNECT.delay(n, random=lambda: 0.999) for n in range(1, 99)]
    assert max(longest) < timedelta(seconds=5)
    # Full jitter: a fleet must not come as one.
    assert RECONNECT.delay(99, random=lambda: 0) == timedelta(0)
    assert RECONNECT.delay(1, random=lambda: 0.99) < timedelta(seconds=1)


def test_a_long_outage_is_said_ever_more_rarely():
    with capture_logs() as lines:
        for failures in range(1, 20):
            tell_unreachable(GatewayUnreachableError("refused"), failures)
    assert [line["failures"] for line in lines] == [1, 2, 4, 8, 16]


async def test_a_gateway_that_comes_later_is_found(home):
    gateway = FakeGateway()
    await gateway.start()
    await gateway.stop()
    async with running(uplink_to(gateway.url, home)):
        await home.record(1)
        await gateway.start()
        await gateway.until(lambda: len(gateway.events) == 1)
    await gateway.stop()


async def test_a_refused_token_ends_the_worker(home, gateway):
    with pytest.raises(TokenRefusedError, match="this token is not known"):
        await uplink_to(gateway.url, home, token="stolen").run()


async def test_an_address_that_is_none_ends_the_worker(home):
    with pytest.raises(TokenRefusedError, match="no WebSocket URL"):
        await uplink_to("http://nowhere", home).run()


async def test_a_superseded_worker_is_told_by_the_end_of_run(home, gateway):
    async with running(uplink_to(gateway.url, home)) as task:
        await gateway.until(lambda: bool(gateway.of(SessionReport)))
        await gateway.send(frames.Superseded())
        async with asyncio.timeout(5):
            await task


async def test_what_a_newer_gateway_says_does_not_end_the_connection(home, gateway):
    async with running(uplink_to(gateway.url, home)):
        await gateway.until(lambda: bool(gateway.of(SessionReport)))
        await gateway.connections[-1].send(b"\x81\xa4type\xa3new")
        await gateway.connections[-1].send("not even msgpack")
        await gateway.send(Command(id="1", kind="unknown"))
        await gateway.until(lambda: bool(gateway.of(CommandResult)))
    assert not gateway.of(CommandResult)[0].ok
    assert len(gateway.connections) == 1


async def test_a_proxy_for_whatsapp_is_not_used_for_the_gateway(home, gateway, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with running(uplink_to(gateway.url, home)):
        await gateway.until(lambda: bool(gateway.of(SessionReport)))


async def test_a_server_that_is_no_gateway_is_waited_out(home):
    answered = asyncio.Event()

    async def mumble(socket):
        await socket.recv()
        await socket.send(frames.encode(frames.Ack(seq=1)))
        answered.set()
        await socket.wait_closed()

    async with serve(mumble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with running(uplink_to(f"ws://127.0.0.1:{port}/", home)) as task:
            await answered.wait()
            answered.clear()
            await answered.wait()
            assert not task.done()


async def test_flushing_without_a_connection_says_that_it_did_not(home):
    assert not await uplink_to("ws://127.0.0.1:1/", home).flush(grace=timedelta(seconds=1))
