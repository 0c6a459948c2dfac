"""The machine of the link through any history: properties, not cases."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.enums import Actor, SessionState
from tests.fakes.link_events import LIBRARY_EVENTS, NOW, PHONE
from worker.session.machine import (
    Action,
    Begin,
    Elapsed,
    Link,
    NewQrRound,
    PairingAsked,
    advance,
)
from worker.whatsapp import events as whatsapp

S = SessionState

OF_A_ROUND = st.sampled_from(
    [
        *LIBRARY_EVENTS,
        whatsapp.QrRoundOver("success"),
        whatsapp.QrRoundOver("passkey-request"),
        whatsapp.QrRoundOver("err-client-outdated"),
        whatsapp.ClientOutdated(),
        whatsapp.TemporaryBan("spam", timedelta(hours=2)),
        whatsapp.KeepAliveTimedOut(3, NOW),
        whatsapp.PairFailed("no"),
        whatsapp.PairingCode("ABCD-1234"),
        whatsapp.PairingRefused("no"),
        whatsapp.ConnectFailure("SERVICE_UNAVAILABLE", retried=True),
        whatsapp.ConnectFailure("BAD_USER_AGENT", retried=False),
    ]
)
A_PERSONS = st.sampled_from([NewQrRound(), PairingAsked(PHONE)])
A_PERSONS_WISH = NewQrRound | PairingAsked
WAITS = st.timedeltas(timedelta(0), timedelta(minutes=10))
FINAL = {S.REPLACED, S.BANNED, S.OUTDATED}


class Driven:
    """The machine as `PhoneLink` drives it: on time, and deaf to a round that has ended."""

    def __init__(self):
        self.link = Link()
        self.now = NOW
        self.in_round = False
        self.connects = self.pairs = 0
        self.feed(Begin())

    def feed(self, event):
        self.link, action = advance(self.link, event, now=self.now, jitter=0.5)
        if action is not Action.KEEP:
            assert action is not Action.PAIR or self.in_round
            self.in_round = action is not Action.STOP
            self.connects += action in {Action.CONNECT, Action.RELINK}
            self.pairs += action is Action.PAIR
        return action

    def wait(self, time):
        """True when the deadline was reached."""
        self.now += time
        due = self.link.deadline
        if due is None or due > self.now:
            return False
        self.feed(Elapsed())
        return True


@given(st.lists(st.one_of(OF_A_ROUND, OF_A_ROUND, A_PERSONS, WAITS), max_size=60))
def test_whatever_happens_the_link_can_go_on_and_never_by_itself_from_where_a_person_must(history):
    driven = Driven()
    for each in history:
        before, connects = driven.link, driven.connects
        if isinstance(each, timedelta):
            moved_on = driven.wait(each)
        elif isinstance(each, A_PERSONS_WISH) or driven.in_round:
            driven.feed(each)
            moved_on = isinstance(each, A_PERSONS_WISH)
        else:
            continue  # the library says nothing outside a round
        after = driven.link
        if before.state in FINAL and not moved_on:
            assert (after, driven.connects) == (before, connects)
        if before.state in {S.REPLACED, S.OUTDATED}:
            assert driven.connects == connects
        # A healthy round is never replaced by another one, unless a pairing code needs it.
        if driven.connects > connects and not isinstance(each, PairingAsked):
            assert before.state not in {S.CONNECTED, S.QR_READY} or after.state is S.LOGGED_OUT
        assert_consistent(driven)


def assert_consistent(driven):
    link = driven.link
    if link.reason.actor is Actor.WORKER or link.state in {S.QR_READY, S.BANNED}:
        assert link.deadline is not None, "nothing would wake it"
    if link.state in {S.CONNECTED, S.QR_EXPIRED, S.REPLACED, S.OUTDATED}:
        assert link.deadline is None
    if link.state in {S.CONNECTED, S.CONNECTING, S.QR_READY}:
        assert driven.in_round
    if link.state in {*FINAL, S.QR_EXPIRED}:
        assert not driven.in_round
    assert (link.qr is not None) == (link.state is S.QR_READY)
    if link.pairing is not None:
        assert link.state in {S.CONNECTING, S.DISCONNECTED, S.QR_READY}
        assert link.pairing.code is None or link.state is S.QR_READY


@given(st.lists(st.one_of(OF_A_ROUND, A_PERSONS, WAITS), max_size=60))
def test_a_server_that_is_well_again_is_connected_to_within_minutes(history):
    driven = Driven()
    for each in history:
        if isinstance(each, timedelta):
            driven.wait(each)
        elif isinstance(each, A_PERSONS_WISH) or driven.in_round:
            driven.feed(each)
    if driven.link.reason.actor is not Actor.WORKER:
        return
    well_at = driven.now
    while driven.link.state is not S.CONNECTING:
        driven.now = driven.link.deadline
        driven.feed(Elapsed())
    driven.feed(whatsapp.Connected("+2557"))
    assert driven.link.state is S.CONNECTED
    assert driven.now - well_at <= timedelta(minutes=7)
