"""The driver of the link: what it does to the client and what it reports."""

import asyncio
from datetime import timedelta

import pytest

from shared.enums import SessionReason, SessionState
from shared.tasks import TaskGroup
from tests.fakes.clocks import ManualClock
from tests.fakes.whatsapp_client import FakeClient
from worker.inbox.gate import Gate, Position, place_at_start
from worker.session.link import LOG_OUT_TRIES, PhoneLink
from worker.session.machine import Accepted, Begin, Elapsed, NewQrRound, PairingAsked, Refused
from worker.session.volume import SessionLockedError, Volume, VolumeUnusableError
from worker.whatsapp import events as whatsapp

PHONE = "+255700000099"
LID = "1234@lid"
DEVICE = "255700000099:3"


def linked(device=DEVICE):
    return whatsapp.Connected(PHONE, LID, device)


class Bench:
    """accepted: the linked device that may serve; passed: what has come through the gate."""

    def __init__(self, directory, accepted=DEVICE):
        self.client = FakeClient()
        self.volume = Volume(directory)
        self.clock = ManualClock()
        self.changes = 0
        self.passed = []
        self.kept = []  # devices, as they were made durable
        self.gate = Gate(
            place_at_start(device=accepted, accepted=accepted), through=self.passed.append
        )
        self.link = PhoneLink(
            self.client,
            self.volume,
            self.clock,
            own_phone="",
            accepted=accepted,
            gate=self.gate,
            keep_accepted=self._keep,
            settled=self._settled,
            on_change=self._changed,
        )

    async def _keep(self, device):
        self.kept.append(device)

    async def _settled(self):
        pass

    def _changed(self):
        self.changes += 1

    async def judged(self, verdict):
        """The link's report once it has heard what the control plane says of its phone."""
        self.link.judge(PHONE, verdict)
        return await self.after(self.link._events.get_nowait())

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
    await bench.after(Begin(), linked())
    assert bench.link.connected.is_set()
    assert bench.link.report().own_phone == PHONE
    await bench.after(whatsapp.Disconnected())
    assert not bench.link.connected.is_set()


async def test_every_change_is_told_once(bench):
    await bench.after(Begin(), linked(), linked())
    assert bench.changes == 2


async def test_a_replaced_session_is_let_go_and_not_taken_back(bench):
    report = await bench.after(Begin(), linked(), whatsapp.StreamReplaced())
    await bench.after(whatsapp.RoundEnded(""), whatsapp.Disconnected())
    assert report.reason is SessionReason.STREAM_REPLACED
    assert (bench.client.in_round, bench.client.rounds) == (False, 1)


async def test_a_log_out_waits_for_the_library_forgets_and_offers_a_code(bench):
    bench.client.session_is_stored = True
    await bench.after(Begin(), linked())
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
    await bench.after(Begin(), linked())
    assert not bench.link.begin_pairing(PHONE)


async def test_the_age_of_the_last_answered_ping_is_known(bench):
    assert bench.link.keepalive_age() is None
    await bench.after(Begin(), linked())
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


WRONG = Refused(SessionReason.WRONG_PHONE, "another number")


@pytest.fixture
def stranger(tmp_path):
    """Nobody has said yet that the phone may serve."""
    return Bench(tmp_path, accepted="")


async def test_a_phone_that_nobody_knows_yet_is_reported_and_serves_nobody(stranger):
    report = await stranger.after(Begin(), whatsapp.Paired(PHONE), linked())
    assert (report.state, report.reason) == (SessionState.CONNECTING, SessionReason.CHECKING_PHONE)
    assert (report.own_phone, report.own_lid) == (PHONE, LID)
    assert not stranger.link.connected.is_set()
    assert stranger.gate.position is Position.HELD


async def test_a_phone_that_is_accepted_serves_and_is_known_from_then_on(stranger):
    await stranger.after(Begin(), whatsapp.Paired(PHONE), linked())
    report = await stranger.judged(Accepted())
    assert report.state is SessionState.CONNECTED
    assert stranger.link.connected.is_set()
    assert stranger.gate.position is Position.OPEN
    assert stranger.kept == [DEVICE]
    again = await stranger.after(whatsapp.Disconnected(), linked())
    assert again.state is SessionState.CONNECTED


async def test_what_is_said_of_another_phone_is_not_said_of_this_one(stranger):
    await stranger.after(Begin(), linked())
    stranger.link.judge("+255700000001", Accepted())
    assert stranger.link._events.empty()


async def test_the_same_phone_linked_anew_is_asked_about_anew(bench):
    report = await bench.after(Begin(), linked("255700000099:4"))
    assert report.reason is SessionReason.CHECKING_PHONE
    assert bench.gate.position is Position.HELD


async def test_a_link_whose_device_is_not_known_is_of_nobody(stranger):
    report = await stranger.after(Begin(), whatsapp.Connected(""))
    assert report.reason is SessionReason.CHECKING_PHONE


async def test_a_phone_that_is_refused_is_logged_out_and_its_session_forgotten(stranger):
    stranger.volume.session_file.touch()
    await stranger.after(Begin(), whatsapp.Paired(PHONE), linked())
    report = await stranger.judged(WRONG)
    assert (report.state, report.reason) == (SessionState.LOGGED_OUT, SessionReason.WRONG_PHONE)
    assert (report.own_phone, report.refused_phone) == (None, PHONE)
    assert (stranger.client.logged_out, stranger.client.in_round) == (1, False)
    assert not stranger.volume.session_file.exists()
    assert stranger.gate.position is Position.SHUT


async def test_a_phone_that_served_may_be_refused_later(bench):
    await bench.after(Begin(), linked())
    report = await bench.judged(WRONG)
    assert report.reason is SessionReason.WRONG_PHONE
    assert (bench.kept, bench.client.logged_out) == ([""], 1)


async def test_nothing_leads_on_from_a_refusal_but_a_person(stranger):
    await stranger.after(Begin(), linked())
    await stranger.judged(WRONG)
    late = [whatsapp.LoggedOut(on_connect=False, detail=""), whatsapp.RoundEnded(""), linked()]
    report = await stranger.after(*late)
    assert report.reason is SessionReason.WRONG_PHONE
    assert stranger.client.rounds == 1
    report = await stranger.after(NewQrRound(), whatsapp.QrCode("code"))
    assert (report.state, report.refused_phone) == (SessionState.QR_READY, None)


async def test_a_log_out_that_fails_is_tried_again_and_then_forgotten_about(stranger, monkeypatch):
    monkeypatch.setattr("worker.session.link.LOG_OUT_AGAIN", timedelta(0))
    stranger.client.log_outs = ["no connection"] * LOG_OUT_TRIES
    stranger.volume.session_file.touch()
    await stranger.after(Begin(), linked())
    report = await stranger.judged(WRONG)
    assert stranger.client.logged_out == LOG_OUT_TRIES
    assert report.state is SessionState.LOGGED_OUT
    assert not stranger.volume.session_file.exists()


async def test_a_ping_that_is_answered_again_is_no_verdict(stranger):
    await stranger.after(Begin(), linked())
    report = await stranger.after(
        whatsapp.KeepAliveTimedOut(3, stranger.clock.now()), whatsapp.KeepAliveRestored()
    )
    assert report.reason is SessionReason.CHECKING_PHONE


async def test_a_phone_that_goes_before_anybody_knows_it_leaves_nothing(stranger):
    await stranger.after(Begin(), linked())
    await stranger.after(whatsapp.LoggedOut(on_connect=False, detail=""))
    assert stranger.gate.position is Position.SHUT


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
