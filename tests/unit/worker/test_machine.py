from datetime import timedelta

import pytest

from shared.enums import Actor, SessionReason, SessionState
from tests.fakes.link_events import LIBRARY_EVENTS, NOW, PHONE
from worker.session import machine
from worker.session.machine import (
    Action,
    Begin,
    Elapsed,
    Link,
    NewQrRound,
    NoWay,
    Pairing,
    PairingAsked,
    advance,
)
from worker.whatsapp import events as whatsapp

S, R = SessionState, SessionReason


def link(state, reason=R.STARTING, **values):
    return Link(state=state, reason=reason, **values)


def step(before, event):
    return advance(before, event, now=NOW, jitter=0.5)


CONNECTED = link(S.CONNECTED, R.LINKED)
CONNECTING = link(S.CONNECTING)
SHOWING = link(S.QR_READY, R.WAITING_FOR_SCAN, qr="code", qr_attempt=6)
DOWN = link(S.DISCONNECTED, R.SERVER_UNREACHABLE, failures=3)
EXPIRED = link(S.QR_EXPIRED, R.QR_ROUND_OVER)
OUT = link(S.LOGGED_OUT, R.DEVICE_REMOVED, relinked=True)
BANNED = link(S.BANNED, R.TEMPORARY_BAN)
REPLACED = link(S.REPLACED, R.STREAM_REPLACED)
OUTDATED = link(S.OUTDATED, R.CLIENT_OUTDATED)

TABLE = [
    pytest.param(Link(), Begin(), S.CONNECTING, R.STARTING, Action.CONNECT, id="a start connects"),
    pytest.param(
        CONNECTING, whatsapp.QrCode("c"), S.QR_READY, R.WAITING_FOR_SCAN, Action.KEEP,
        id="a code waits for the tenant",
    ),
    pytest.param(
        SHOWING, whatsapp.QrRoundOver("timeout"), S.QR_EXPIRED, R.QR_ROUND_OVER, Action.STOP,
        id="the sixth code's end is the round's end",
    ),
    pytest.param(
        SHOWING, Elapsed(), S.QR_EXPIRED, R.QR_ROUND_OVER, Action.STOP,
        id="our own watchdog ends a round the library forgot",
    ),
    pytest.param(
        link(S.QR_READY, R.WAITING_FOR_SCAN, qr_attempt=2), whatsapp.QrRoundOver("timeout"),
        S.DISCONNECTED, R.SERVER_UNREACHABLE, Action.STOP,
        id="a round that breaks off early is tried again without a person",
    ),
    pytest.param(
        SHOWING, whatsapp.QrRoundOver("err-client-outdated"), S.OUTDATED, R.CLIENT_OUTDATED,
        Action.STOP, id="a phone that finds us too old",
    ),
    pytest.param(
        SHOWING, whatsapp.QrRoundOver("success"), S.QR_READY, R.WAITING_FOR_SCAN, Action.KEEP,
        id="a scan is told by Paired",
    ),
    pytest.param(
        SHOWING, whatsapp.Paired("+255700000001"), S.CONNECTING, R.LOGGING_IN, Action.KEEP,
        id="a scanned code leads to a login",
    ),
    pytest.param(
        SHOWING, whatsapp.PairFailed("bad signature"), S.QR_EXPIRED, R.LINKING_FAILED, Action.STOP,
        id="a failed scan ends the round",
    ),
    pytest.param(
        CONNECTING, whatsapp.Connected("+2557"), S.CONNECTED, R.LINKED, Action.KEEP,
        id="connected is linked",
    ),
    pytest.param(
        CONNECTING, Elapsed(), S.DISCONNECTED, R.SERVER_UNREACHABLE, Action.STOP,
        id="a login that hangs is given up",
    ),
    pytest.param(
        CONNECTING, whatsapp.RoundEnded("no route"), S.DISCONNECTED, R.SERVER_UNREACHABLE,
        Action.STOP, id="an unreachable server is waited for",
    ),
    pytest.param(
        CONNECTING, NoWay("no route"), S.DISCONNECTED, R.SERVER_UNREACHABLE, Action.STOP,
        id="a network that is down is waited for",
    ),
    pytest.param(
        CONNECTED, whatsapp.Disconnected(), S.DISCONNECTED, R.CONNECTION_LOST, Action.KEEP,
        id="the library reconnects a lost connection",
    ),
    pytest.param(
        CONNECTING, whatsapp.Disconnected(), S.DISCONNECTED, R.LOGIN_LOST, Action.KEEP,
        id="a login that is broken off may have been refused without a word",
    ),
    pytest.param(
        link(S.DISCONNECTED, R.CONNECTION_LOST), whatsapp.Disconnected(), S.DISCONNECTED,
        R.LOGIN_LOST, Action.KEEP, id="and so may the library's own new login",
    ),
    pytest.param(
        link(S.DISCONNECTED, R.LOGIN_LOST), Elapsed(), S.CONNECTING, R.STARTING, Action.CONNECT,
        id="after which we begin afresh",
    ),
    pytest.param(
        SHOWING, whatsapp.QrRoundOver("passkey-request"), S.QR_EXPIRED, R.PASSKEY_REQUIRED,
        Action.STOP, id="a scan that wants a passkey is named",
    ),
    pytest.param(
        DOWN, whatsapp.Connected("+2557"), S.CONNECTED, R.LINKED, Action.KEEP,
        id="a reconnect heals",
    ),
    pytest.param(
        DOWN, Elapsed(), S.CONNECTING, R.STARTING, Action.CONNECT,
        id="after the wait we connect ourselves",
    ),
    pytest.param(
        CONNECTED, whatsapp.KeepAliveTimedOut(1, NOW), S.CONNECTED, R.LINKED, Action.KEEP,
        id="one unanswered ping is a hiccup",
    ),
    pytest.param(
        CONNECTED, whatsapp.KeepAliveTimedOut(2, NOW), S.DISCONNECTED, R.KEEPALIVE_TIMEOUT,
        Action.KEEP, id="two unanswered pings are a dead line",
    ),
    pytest.param(
        link(S.DISCONNECTED, R.KEEPALIVE_TIMEOUT), whatsapp.KeepAliveRestored(), S.CONNECTED,
        R.LINKED, Action.KEEP, id="an answered ping revives it",
    ),
    pytest.param(
        DOWN, whatsapp.KeepAliveRestored(), S.DISCONNECTED, R.SERVER_UNREACHABLE, Action.KEEP,
        id="a ping restores nothing that was down for another reason",
    ),
    pytest.param(
        CONNECTED, whatsapp.LoggedOut(on_connect=False, detail="LOGGED_OUT"), S.LOGGED_OUT,
        R.DEVICE_REMOVED,
        Action.RELINK, id="a removed device offers one new round",
    ),
    pytest.param(
        OUT, whatsapp.LoggedOut(on_connect=True, detail="LOGGED_OUT"), S.LOGGED_OUT,
        R.DEVICE_REMOVED, Action.STOP,
        id="and no second one by itself",
    ),
    pytest.param(
        OUT, whatsapp.QrCode("c"), S.QR_READY, R.WAITING_FOR_SCAN, Action.KEEP,
        id="the new round shows its code",
    ),
    pytest.param(
        OUT, Elapsed(), S.DISCONNECTED, R.SERVER_UNREACHABLE, Action.STOP,
        id="a new round that brings no code is tried again",
    ),
    pytest.param(
        CONNECTED, whatsapp.StreamReplaced(), S.REPLACED, R.STREAM_REPLACED, Action.STOP,
        id="a replaced stream stays down",
    ),
    pytest.param(
        CONNECTED, whatsapp.TemporaryBan("spam", timedelta(hours=1)), S.BANNED, R.TEMPORARY_BAN,
        Action.STOP, id="a ban stops everything",
    ),
    pytest.param(
        BANNED, Elapsed(), S.CONNECTING, R.STARTING, Action.CONNECT,
        id="a ban that has run out is over",
    ),
    pytest.param(
        CONNECTING, whatsapp.ClientOutdated(), S.OUTDATED, R.CLIENT_OUTDATED, Action.STOP,
        id="an outdated client stays down",
    ),
    pytest.param(
        CONNECTING, whatsapp.ConnectFailure("SERVICE_UNAVAILABLE", retried=True), S.DISCONNECTED,
        R.SERVER_UNREACHABLE, Action.KEEP, id="a server in trouble is left to the library",
    ),
    pytest.param(
        CONNECTING, whatsapp.ConnectFailure("GENERIC", retried=False), S.DISCONNECTED, R.REFUSED,
        Action.STOP, id="a refusal is said and tried again later",
    ),
    pytest.param(
        CONNECTING, whatsapp.ConnectFailure("BAD_USER_AGENT", retried=False), S.OUTDATED,
        R.CLIENT_OUTDATED, Action.STOP, id="a refused client version is an outdated client",
    ),
    pytest.param(
        EXPIRED, NewQrRound(), S.CONNECTING, R.STARTING, Action.CONNECT,
        id="a person may ask for new codes after the last one",
    ),
    pytest.param(
        OUT, NewQrRound(), S.CONNECTING, R.STARTING, Action.CONNECT,
        id="and after a log-out",
    ),
    pytest.param(
        SHOWING, NewQrRound(), S.QR_READY, R.WAITING_FOR_SCAN, Action.KEEP,
        id="not while a code is shown",
    ),
    pytest.param(
        CONNECTED, NewQrRound(), S.CONNECTED, R.LINKED, Action.KEEP, id="not while connected"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "event", "state", "reason", "action"), TABLE)
def test_the_table(before, event, state, reason, action):
    after, does = step(before, event)
    assert (after.state, after.reason, does) == (state, reason, action)


@pytest.mark.parametrize("event", LIBRARY_EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("before", [BANNED, REPLACED, OUTDATED, EXPIRED], ids=lambda x: x.state)
def test_a_late_event_does_not_revive_a_link_that_waits_for_a_person(before, event):
    assert step(before, event) == (before, Action.KEEP)


def test_a_late_connected_does_not_revive_a_removed_device():
    assert step(OUT, whatsapp.Connected("+2557"))[0].state is S.LOGGED_OUT


def test_the_first_code_lives_a_minute_and_the_next_twenty_seconds():
    first, _ = step(CONNECTING, whatsapp.QrCode("one"))
    second, _ = step(first, whatsapp.QrCode("two"))
    lives = [shown.deadline - machine.QR_SLACK - NOW for shown in (first, second)]
    assert lives == [timedelta(seconds=60), timedelta(seconds=20)]


@pytest.mark.parametrize(
    ("event", "patience", "reason"),
    [
        pytest.param(whatsapp.Disconnected(), machine.LOST_PATIENCE, R.CONNECTION_LOST, id="lost"),
        pytest.param(
            whatsapp.KeepAliveTimedOut(2, NOW), machine.HALF_OPEN_PATIENCE, R.KEEPALIVE_TIMEOUT,
            id="half open",
        ),
    ],
)  # fmt: skip
def test_what_the_library_does_not_heal_we_begin_afresh_and_a_fleet_not_all_at_once(
    event, patience, reason
):
    lost = [advance(CONNECTED, event, now=NOW, jitter=jitter)[0] for jitter in (0, 0.5, 1)]
    assert [each.deadline - NOW for each in lost] == [patience * 0.75, patience, patience * 1.25]
    assert {each.reason for each in lost} == {reason}
    assert step(lost[0], Elapsed())[1] is Action.CONNECT


@pytest.mark.parametrize(
    ("before", "event", "patience"),
    [
        pytest.param(Link(), Begin(), machine.CONNECT_PATIENCE, id="a start"),
        pytest.param(EXPIRED, NewQrRound(), machine.CONNECT_PATIENCE, id="new codes"),
        pytest.param(
            CONNECTED, whatsapp.LoggedOut(on_connect=False, detail="x"), machine.CONNECT_PATIENCE,
            id="a round after a log-out",
        ),
        pytest.param(
            CONNECTING, whatsapp.ConnectFailure("x", retried=True), machine.LOST_PATIENCE,
            id="a server in trouble",
        ),
    ],
)  # fmt: skip
def test_nothing_that_is_under_way_is_waited_for_without_end(before, event, patience):
    assert step(before, event)[0].deadline == NOW + patience


def test_a_phone_that_removes_the_device_twice_without_a_link_between_is_offered_one_round():
    out, actions = after(
        CONNECTED,
        whatsapp.LoggedOut(on_connect=False, detail="LOGGED_OUT"),
        whatsapp.QrCode("one"),
        whatsapp.LoggedOut(on_connect=True, detail="LOGGED_OUT"),
    )
    assert actions == [Action.RELINK, Action.KEEP, Action.STOP]
    assert (out.state, out.deadline) == (S.LOGGED_OUT, None)


def test_the_round_after_a_log_out_counts_its_codes_from_one():
    shown, _ = after(
        link(S.CONNECTED, R.LINKED, qr_attempt=4),
        whatsapp.LoggedOut(on_connect=False, detail="LOGGED_OUT"),
        whatsapp.QrCode("one"),
    )
    assert shown.qr_attempt == 1


@pytest.mark.parametrize(
    ("before", "event", "detail"),
    [
        pytest.param(SHOWING, whatsapp.PairFailed("bad signature"), "bad signature", id="scan"),
        pytest.param(SHOWING, whatsapp.QrRoundOver("timeout"), machine.NO_SCAN, id="no scan"),
        pytest.param(SHOWING, Elapsed(), machine.NO_SCAN, id="our own watchdog"),
        pytest.param(SHOWING, whatsapp.QrRoundOver("err-x"), "err-x", id="another end"),
        pytest.param(
            SHOWING, whatsapp.QrRoundOver("passkey-request"), machine.PASSKEY, id="passkey"
        ),
        pytest.param(SHOWING, whatsapp.Paired(PHONE), "scanned, logging in", id="scanned"),
        pytest.param(
            CONNECTED, whatsapp.LoggedOut(on_connect=False, detail="REMOVED"), "REMOVED", id="out"
        ),
        pytest.param(CONNECTING, whatsapp.RoundEnded("no route"), "no route", id="ended"),
        pytest.param(CONNECTING, NoWay("no network"), "no network", id="no way"),
        pytest.param(CONNECTING, Elapsed(), "no answer in time", id="silence"),
        pytest.param(
            CONNECTING, whatsapp.ConnectFailure("GENERIC", retried=False), "GENERIC", id="refused"
        ),
        pytest.param(
            CONNECTING, whatsapp.ConnectFailure("BUSY", retried=True), "BUSY", id="in trouble"
        ),
        pytest.param(
            link(S.QR_READY, R.WAITING_FOR_SCAN, qr_attempt=2), whatsapp.QrRoundOver("timeout"),
            "lost while showing codes", id="a round that broke off",
        ),
        pytest.param(Link(detail="old"), Begin(), "", id="nothing to say"),
        pytest.param(
            CONNECTING, whatsapp.Disconnected(),
            "broken off by WhatsApp without a reason, 1 in a row", id="broken off",
        ),
    ],
)  # fmt: skip
def test_what_happened_is_said_to_whoever_looks(before, event, detail):
    assert step(before, event)[0].detail == detail


def test_a_new_round_counts_its_codes_from_one():
    again, _ = step(EXPIRED, NewQrRound())
    shown, _ = step(again, whatsapp.QrCode("one"))
    assert shown.qr_attempt == 1


def test_no_code_is_left_over_in_any_other_state():
    after, _ = step(SHOWING, whatsapp.Paired("+2557"))
    assert after.qr is None


def test_waits_grow_with_each_failure_and_end_with_success():
    down = CONNECTING
    waits = []
    for _ in range(12):
        down, _ = step(down, whatsapp.RoundEnded("no route"))
        waits.append(down.deadline - NOW)
        down, _ = step(down, Elapsed())
    assert waits[:3] == [timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4)]
    assert max(waits) == timedelta(minutes=5)
    healed, _ = step(down, whatsapp.Connected("+2557"))
    assert healed.failures == 0


def test_a_network_that_is_back_after_hours_is_found_within_half_a_minute():
    down = CONNECTING
    for _ in range(500):
        down, _ = step(down, NoWay("no route"))
        assert down.deadline - NOW <= timedelta(seconds=20)
        down, _ = step(down, Elapsed())
    # A server that answers and does not let us in is not pressed like that.
    refused, _ = step(down, whatsapp.RoundEnded("handshake failed"))
    assert refused.deadline - NOW == timedelta(minutes=5)


def test_a_ban_without_an_end_is_still_a_pause():
    banned, _ = step(CONNECTED, whatsapp.TemporaryBan("spam", timedelta(0)))
    assert banned.deadline - NOW == machine.SHORTEST_BAN


def test_a_ban_says_why_and_until_when():
    banned, _ = step(CONNECTED, whatsapp.TemporaryBan("spam", timedelta(hours=2)))
    assert banned.detail == "spam, until 2026-11-23T10:00+00:00"


def test_a_login_that_does_not_follow_a_scan_is_begun_by_ourselves():
    scanned, _ = step(SHOWING, whatsapp.Paired("+2557"))
    assert scanned.deadline - NOW == machine.LOGIN_PATIENCE
    waiting, ends = step(scanned, Elapsed())
    _, begins = step(waiting, Elapsed())
    assert (ends, begins) == (Action.STOP, Action.CONNECT)


def test_a_phone_linked_again_gets_another_round_should_it_be_removed_again():
    linked, _ = step(link(S.CONNECTING, relinked=True), whatsapp.Connected("+2557"))
    _, action = step(linked, whatsapp.LoggedOut(on_connect=False, detail="LOGGED_OUT"))
    assert action is Action.RELINK


@pytest.mark.parametrize(
    ("state", "actor"),
    [
        (EXPIRED, Actor.TENANT),
        (OUT, Actor.TENANT),
        (SHOWING, Actor.TENANT),
        (REPLACED, Actor.OPERATOR),
        (OUTDATED, Actor.OPERATOR),
        (DOWN, Actor.WORKER),
        (CONNECTED, Actor.NOBODY),
    ],
    ids=lambda value: str(getattr(value, "state", value)),
)
def test_every_state_says_who_must_act(state, actor):
    assert state.reason.actor is actor


def test_logins_that_are_broken_off_are_tried_ever_more_rarely():
    current, waits = CONNECTING, []
    for _ in range(8):
        current, _ = step(current, whatsapp.Disconnected())
        again, _ = step(current, whatsapp.Disconnected())
        assert again == current  # the library's own tries put nothing off
        waits.append(current.deadline - NOW)
        current, _ = step(current, Elapsed())
    assert waits[:3] == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert max(waits) == timedelta(minutes=5)


def after(before, *events):
    actions = []
    for event in events:
        before, action = step(before, event)
        actions.append(action)
    return before, actions


def test_a_pairing_code_is_asked_once_in_a_round_of_its_own_and_good_to_its_end():
    shown, actions = after(
        SHOWING,
        PairingAsked(PHONE),
        whatsapp.QrCode("1"),
        whatsapp.PairingCode("ABCD-1234"),
        whatsapp.QrCode("2"),
    )
    assert actions == [Action.CONNECT, Action.PAIR, Action.KEEP, Action.KEEP]
    assert shown.pairing == Pairing(
        phone_number=PHONE, code="ABCD-1234", expires_at=NOW + timedelta(seconds=160)
    )
    assert (shown.state, shown.reason, shown.qr) == (S.QR_READY, R.WAITING_FOR_SCAN, "2")


def test_a_pairing_code_is_no_longer_good_because_another_qr_is_shown_beside_it():
    shown, _ = after(SHOWING, PairingAsked(PHONE), whatsapp.QrCode("1"), whatsapp.PairingCode("A"))
    later = NOW + machine.FIRST_QR
    for code in ("2", "3"):
        shown, _ = advance(shown, whatsapp.QrCode(code), now=later, jitter=0.5)
        later += machine.NEXT_QR
    assert shown.pairing.expires_at == NOW + machine.ROUND


@pytest.mark.parametrize("before", [EXPIRED, OUT, SHOWING, CONNECTING], ids=lambda x: x.state)
def test_a_pairing_code_can_be_had_whenever_a_phone_is_awaited(before):
    asked, _ = step(before, PairingAsked(PHONE))
    assert machine.accepts_pairing(before)
    assert (asked.state, asked.pairing) == (S.CONNECTING, Pairing(phone_number=PHONE))


@pytest.mark.parametrize(
    "answer", [whatsapp.PairingCode("A"), whatsapp.PairingRefused("x")], ids=lambda x: str(type(x))
)
@pytest.mark.parametrize("before", [SHOWING, CONNECTING, CONNECTED], ids=lambda x: x.state)
def test_a_pairing_code_that_nobody_waits_for_any_more_changes_nothing(before, answer):
    assert step(before, answer) == (before, Action.KEEP)


def test_a_pairing_code_asked_for_while_connecting_waits_for_the_first_qr():
    link_, actions = after(CONNECTING, PairingAsked(PHONE), whatsapp.QrCode("1"))
    assert actions == [Action.KEEP, Action.PAIR]
    assert link_.pairing.code is None


@pytest.mark.parametrize(
    "end",
    [
        whatsapp.Paired(PHONE),
        whatsapp.Connected(PHONE),
        whatsapp.QrRoundOver("err-unexpected-state"),
        whatsapp.StreamReplaced(),
        Elapsed(),
    ],
    ids=lambda event: type(event).__name__,
)
def test_a_pairing_code_ends_with_its_round(end):
    shown, _ = after(
        SHOWING, PairingAsked(PHONE), whatsapp.QrCode("1"), whatsapp.PairingCode("ABCD-1234")
    )
    assert step(shown, end)[0].pairing is None


def test_a_pairing_code_whose_connection_broke_is_made_anew():
    broken, _ = after(
        SHOWING,
        PairingAsked(PHONE),
        whatsapp.QrCode("1"),
        whatsapp.PairingCode("ABCD-1234"),
        whatsapp.QrRoundOver("timeout"),
    )
    assert broken.pairing == Pairing(phone_number=PHONE)
    _, actions = after(broken, Elapsed(), whatsapp.QrCode("1"))
    assert actions == [Action.CONNECT, Action.PAIR]


def test_a_refused_pairing_code_is_said_while_qr_codes_go_on():
    refused, actions = after(
        SHOWING,
        PairingAsked(PHONE),
        whatsapp.QrCode("1"),
        whatsapp.PairingRefused("no such number"),
        whatsapp.QrCode("2"),
    )
    assert actions[-1] is Action.KEEP
    assert (refused.state, refused.reason) == (S.QR_READY, R.PAIRING_REFUSED)
    assert (refused.detail, refused.qr, refused.pairing) == ("no such number", "2", None)


@pytest.mark.parametrize(
    "before", [CONNECTED, DOWN, BANNED, REPLACED, OUTDATED], ids=lambda x: x.state
)
def test_no_pairing_code_can_be_had_where_none_is_needed_or_given(before):
    assert step(before, PairingAsked(PHONE)) == (before, Action.KEEP)
    assert not machine.accepts_pairing(before)
