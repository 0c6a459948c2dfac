"""The driver of the link: what it does to the client and what it reports."""

import asyncio
from datetime import timedelta

import pytest

from shared.enums import SessionReason, SessionState
from shared.tasks import TaskGroup
from tests.fakes.clocks import ManualClock
from tests.fakes.whatsapp_client import FakeClient
from worker.session.link import PhoneLink
from worker.session.machine import Begin, Elapsed, PairingAsked
from worker.session.volume import SessionLockedError, Volume, VolumeUnusableError
from worker.whatsapp import events as whatsapp

PHONE = "+255700000099"


class Bench:
    def __init__(self, directory):
        self.client = FakeClient()
        self.volume = Volume(directory)
        self.clock = ManualClock()
        self.changes = 0
        self.link = PhoneLink(
            self.client, self.volume, self.clock, own_phone="", on_change=self._changed
        )

    def _changed(self):
        self.changes += 1

    async def after(self, *events):
        for event in events:
            await self.link.step(event)
        return self.link.report()


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


async def test_a_code_is_reported_with_its_end(bench):
    report = await bench.after(Begin(), whatsapp.QrCode("code"))
    assert (report.qr, report.qr_attempt, report.qr_attempts) == ("code", 1, 6)
    assert report.qr_expires_at == bench.clock.now() + timedelta(seconds=60)


async def test_the_link_can_be_written_to_only_while_connected(bench):
    await bench.after(Begin(), whatsapp.Connected(PHONE))
    assert bench.link.connected.is_set()
    assert bench.link.report().own_phone == PHONE
    await bench.after(whatsapp.Disconnected())
    assert not bench.link.connected.is_set()


async def test_every_change_is_told_once(bench):
    await bench.after(Begin(), whatsapp.Connected(PHONE), whatsapp.Connected(PHONE))
    assert bench.changes == 2


async def test_a_replaced_session_is_let_go_and_not_taken_back(bench):
    report = await bench.after(Begin(), whatsapp.Connected(PHONE), whatsapp.StreamReplaced())
    await bench.after(whatsapp.RoundEnded(""), whatsapp.Disconnected())
    assert report.reason is SessionReason.STREAM_REPLACED
    assert (bench.client.in_round, bench.client.rounds) == (False, 1)


async def test_a_log_out_waits_for_the_library_forgets_and_offers_a_code(bench):
    bench.client.session_is_stored = True
    await bench.after(Begin(), whatsapp.Connected(PHONE))
    logging_out = asyncio.ensure_future(
        bench.after(whatsapp.LoggedOut(on_connect=False, detail="LOGGED_OUT"))
    )
    await asyncio.sleep(0)
    assert bench.client.rounds == 1
    bench.client.session_is_stored = False
    report = await logging_out
    assert (report.state, report.own_phone) == (SessionState.LOGGED_OUT, None)
    assert bench.client.rounds == 2


async def test_no_round_is_begun_while_there_is_no_way_to_whatsapp(bench):
    bench.client.obstacle = "no route"
    async with TaskGroup() as tasks:
        tasks.supervise("link", bench.link.run())
        await bench.client.stops.get()
        await bench.client.stops.get()  # connecting, then waiting: both end what there was
        assert bench.link.report().detail == "no route"
        bench.client.obstacle = ""
        bench.clock.advance(timedelta(seconds=10))
        bench.link.handle(whatsapp.KeepAliveRestored())  # wakes the loop, changes nothing
        assert await bench.client.starts.get() == 1
        await bench.link.stop()


async def test_new_codes_come_only_when_a_round_is_over(bench):
    await bench.after(Begin(), whatsapp.QrCode("code"))
    assert not bench.link.begin_qr_round()
    await bench.after(Elapsed())
    assert bench.link.report().state is SessionState.QR_EXPIRED
    assert bench.link.begin_qr_round()


async def test_a_pairing_code_is_asked_of_the_client_and_reported(bench):
    await bench.after(Begin(), whatsapp.QrCode("code"))
    assert bench.link.begin_pairing(PHONE)
    await bench.after(PairingAsked(PHONE), whatsapp.QrCode("code"))
    assert (bench.client.rounds, bench.client.pairings) == (2, [PHONE])
    assert bench.link.report().pairing_phone is None
    report = await bench.after(whatsapp.PairingCode("ABCD-1234"))
    assert (report.pairing_code, report.pairing_phone) == ("ABCD-1234", PHONE)
    assert report.pairing_expires_at == bench.clock.now() + timedelta(seconds=160)
    report = await bench.after(whatsapp.Paired(PHONE))
    assert (report.pairing_code, report.pairing_expires_at) == (None, None)


async def test_a_linked_phone_gets_no_pairing_code(bench):
    await bench.after(Begin(), whatsapp.Connected(PHONE))
    assert not bench.link.begin_pairing(PHONE)


async def test_the_age_of_the_last_answered_ping_is_known(bench):
    assert bench.link.keepalive_age() is None
    await bench.after(Begin(), whatsapp.Connected(PHONE))
    assert bench.link.keepalive_age() == timedelta(0)
    last = bench.clock.now() - timedelta(seconds=40)
    await bench.after(whatsapp.KeepAliveTimedOut(2, last))
    assert bench.link.keepalive_age() == timedelta(seconds=40)


async def test_the_loop_connects_waits_and_connects_again(bench):
    async with TaskGroup() as tasks:
        tasks.supervise("link", bench.link.run())
        assert await bench.client.starts.get() == 1
        bench.link.handle(whatsapp.RoundEnded("no route"))
        await bench.client.stops.get()  # begun anew: a round is ended before the first as well
        await bench.client.stops.get()
        bench.clock.advance(timedelta(seconds=10))
        bench.link.handle(whatsapp.KeepAliveRestored())  # wakes the loop, changes nothing
        assert await bench.client.starts.get() == 2
        await bench.link.stop()
    assert not bench.client.in_round


def test_a_volume_is_held_once(tmp_path):
    first, second = Volume(tmp_path), Volume(tmp_path)
    first.lock("the worker of tenant a")
    with pytest.raises(SessionLockedError, match="held by the worker of tenant a, process"):
        second.lock("the worker of tenant b")
    first.unlock()
    second.lock("the worker of tenant b")
    second.unlock()


def test_a_volume_that_is_not_there_is_said(tmp_path):
    with pytest.raises(VolumeUnusableError):
        Volume(tmp_path / "missing").lock("me")
