"""What the library says late or not at all, in its real time: minutes. Only with `--slow`."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from shared.enums import SessionReason, SessionState
from shared.wire.frames import NEW_QR_ROUND, Command, Heartbeat, SessionReport
from tests.integration.worker.conftest import linking
from worker.session.machine import QRS_A_ROUND

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


async def test_a_round_of_codes_that_nobody_scans_ends_and_another_can_be_asked_for(
    start_worker, sandbox, gateway
):
    await start_worker()
    await gateway.until_state(SessionState.QR_READY)
    # A minute for the first code and 20 s for each other.
    report = await gateway.until_state(SessionState.QR_EXPIRED, within=200)
    assert (report.reason, report.qr) == (SessionReason.QR_ROUND_OVER, None)
    shown = [each.qr_attempt for each in gateway.of(SessionReport) if each.qr]
    assert shown == list(range(1, QRS_A_ROUND + 1))
    await gateway.send(Command(id="c1", kind=NEW_QR_ROUND))
    report = await gateway.until_state(SessionState.QR_READY)
    phone = await sandbox.phone()
    await sandbox.scan(phone, report.qr)
    await gateway.until_state(SessionState.CONNECTED)


@pytest.mark.parametrize("fault", ["ignore_pings", "half_open"])
async def test_a_line_that_is_dead_is_noticed_dated_and_healed(linked, sandbox, gateway, fault):
    await sandbox.call("PUT", f"/phones/{linked.phone}/faults", {fault: True})
    report = await gateway.until_state(SessionState.DISCONNECTED, within=120)
    assert report.reason is SessionReason.KEEPALIVE_TIMEOUT
    beats = len(gateway.of(Heartbeat))
    await gateway.until(lambda: len(gateway.of(Heartbeat)) > beats)
    # Two unanswered pings, 20 to 30 s apart, and 10 s of waiting for each.
    assert gateway.of(Heartbeat)[-1].keepalive_age > 30
    await sandbox.call("DELETE", f"/phones/{linked.phone}/faults")
    await gateway.until_state(SessionState.CONNECTED, within=120)
    await sandbox.write(linked.customer, linked.phone, "hello")
    assert len(await sandbox.answers(linked.customer, 1)) == 1


class Network:
    """What lies between a worker and the sandbox's proxy, and can be taken away."""

    def __init__(self, proxy: str) -> None:
        self._to = urlsplit(proxy)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._writers |= {writer, back}
        await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_a_network_that_comes_back_after_a_minute_is_found_within_half_a_minute(
    start_worker, sandbox, gateway
):
    network = Network(sandbox.worker_environment["HTTPS_PROXY"])
    await network.up()
    way = {"HTTPS_PROXY": f"http://127.0.0.1:{network.port}"}
    sandbox.worker_environment = sandbox.worker_environment | way
    async with linking(start_worker, sandbox, gateway) as linked:
        await network.down()
        await gateway.until_state(SessionState.DISCONNECTED)
        with pytest.raises(TimeoutError):
            await gateway.until_state(SessionState.CONNECTED, within=60)
        assert gateway.session.reason is SessionReason.SERVER_UNREACHABLE
        await network.up()
        await gateway.until_state(SessionState.CONNECTED, within=30)
        await sandbox.write(linked.customer, linked.phone, "hello")
        assert len(await sandbox.answers(linked.customer, 1)) == 1
        await linked.worker.kill()
        await network.down()
