"""The phone link as a state machine: (link, event, now) → (link, what to do). Pure.

Only a Connected ends worry, and of a phone that is not known yet only `Accepted`; only a person
ends LOGGED_OUT, QR_EXPIRED, REPLACED and OUTDATED.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from shared.backoff import Backoff
from shared.enums import SessionReason, SessionState
from worker.whatsapp import events as whatsapp

FIRST_QR = timedelta(seconds=60)  # whatsmeow's qrchan.go: the first code, then the others
NEXT_QR = timedelta(seconds=20)
QRS_A_ROUND = 6
# A pairing code is good for as long as its connection shows QR codes beside it.
ROUND = FIRST_QR + (QRS_A_ROUND - 1) * NEXT_QR
# A scan that WhatsApp turns down says nothing to us, so this is all that can be known.
NO_SCAN = "nobody scanned the code, or WhatsApp wanted more than a scan"
PASSKEY = "WhatsApp asks this account for a passkey, which cannot be given here"
# Beyond the last code's life before we end the round ourselves: the library may stay silent.
QR_SLACK = timedelta(seconds=5)
# Dialling, the handshake and a first upload of 812 prekeys, on a slow phone network.
CONNECT_PATIENCE = timedelta(seconds=90)
# After a scan the library dials once more and, should that fail, says nothing and waits for ever.
LOGIN_PATIENCE = timedelta(seconds=45)
# The library reconnects a lost connection itself, after 0, 2, 4, 6 … s without a ceiling; when it
# has not managed by then, we begin afresh, and are the quicker ones from there on.
LOST_PATIENCE = timedelta(seconds=30)
# A half-open connection is the library's to give up, after its three minutes.
HALF_OPEN_PATIENCE = timedelta(minutes=4)
# Lost before it was logged in, the library tries three times within 6 s; after a refusal with a
# code that it does not know it never tries again, and says nothing. So we begin afresh, ever later.
LOGIN_AGAIN = Backoff(first=timedelta(seconds=10), ceiling=timedelta(minutes=5))
# The floor keeps a ban without an end from becoming a loop.
SHORTEST_BAN = timedelta(minutes=5)
# One unanswered ping is a hiccup; whatsmeow itself reconnects after three minutes of them.
KEEPALIVE_MISSES = 2
RECONNECT = Backoff(first=timedelta(seconds=1), ceiling=timedelta(minutes=5))
# While there is no way to WhatsApp at all, a try is a dial that goes nowhere: nothing that it
# could take for a client gone wild, so a network that is back is soon found to be.
DIAL_AGAIN = Backoff(first=timedelta(seconds=1), ceiling=timedelta(seconds=20))


class Begin(msgspec.Struct, frozen=True):
    """The worker starts."""


class Elapsed(msgspec.Struct, frozen=True):
    """`Link.deadline` has passed."""


class NewQrRound(msgspec.Struct, frozen=True):
    """Somebody asked for new codes."""


class NoWay(msgspec.Struct, frozen=True):
    """WhatsApp could not be reached, so that no round was begun. detail: what is in the way."""

    detail: str


class StrangerConnected(msgspec.Struct, frozen=True):
    """Logged in, as a phone of which nobody has said yet that it may serve this tenant."""


class Accepted(msgspec.Struct, frozen=True):
    """The phone that is linked may serve this tenant."""


class Refused(msgspec.Struct, frozen=True):
    """It may not."""

    reason: SessionReason
    detail: str


class PairingAsked(msgspec.Struct, frozen=True):
    """Somebody wants a code to type on the phone with this number (E.164)."""

    phone_number: str


Verdict = Accepted | Refused
Event = (
    whatsapp.LinkEvent
    | Begin
    | Elapsed
    | NoWay
    | NewQrRound
    | PairingAsked
    | StrangerConnected
    | Verdict
)


class Action(StrEnum):
    KEEP = "KEEP"
    CONNECT = "CONNECT"  # end the round if there is one, begin a new one
    STOP = "STOP"  # end the round
    PAIR = "PAIR"  # ask the library for a pairing code, in the round there is
    RELINK = "RELINK"  # end the round, forget the session, begin a new one
    EXPEL = "EXPEL"  # log out at WhatsApp, end the round, forget the session


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing code, and the number that it is for. code: None until there is one."""

    phone_number: str
    code: str | None = None
    expires_at: datetime | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """deadline: when `Elapsed` is due. failures: attempts since the last Connected.

    pairing: asked for; it outlives a failed connection, its code does not.
    relinked: the one round of codes that follows a log-out by itself has been begun.
    """

    state: SessionState = SessionState.DISCONNECTED
    reason: SessionReason = SessionReason.STARTING
    detail: str = ""
    qr: str | None = None
    qr_attempt: int = 0
    pairing: Pairing | None = None
    deadline: datetime | None = None
    failures: int = 0
    relinked: bool = False


Step = tuple[Link, Action]

# From here only a person, or the end of the ban, leads on; late events do not.
_FINAL = {SessionState.REPLACED, SessionState.BANNED, SessionState.OUTDATED}
_DOWN = {*_FINAL, SessionState.QR_EXPIRED}
_ON_THE_WAY = {SessionState.CONNECTING, SessionState.DISCONNECTED, SessionState.QR_READY}


def advance(  # noqa: C901, PLR0911  a table: one line for each case
    link: Link, event: Event, *, now: datetime, jitter: float
) -> Step:
    """`jitter` in [0, 1) spreads the waits of a fleet."""
    match event:
        case Begin():
            return _connecting(link, now), Action.CONNECT
        case Elapsed():
            return _elapsed(link, now=now, jitter=jitter)
        case NewQrRound():
            return _new_qr_round(link, now)
        case PairingAsked(number):
            return _pairing_asked(link, number, now)
        case _ if is_down(link):
            return link, Action.KEEP
        case Accepted() | Refused():
            return _judged(link, event)
        case whatsapp.PairingCode() | whatsapp.PairingRefused():
            return _pairing_answered(link, event), Action.KEEP
        case whatsapp.QrCode() | whatsapp.QrRoundOver() | whatsapp.Paired() | whatsapp.PairFailed():
            return _pairing(link, event, now=now, jitter=jitter)
        case _:
            return _linked(link, event, now=now, jitter=jitter)


def is_down(link: Link) -> bool:
    """Whether late events of the library lead nowhere."""
    return link.state in _DOWN or link.reason.is_refusal


def accepts_new_qr_round(link: Link) -> bool:
    return link.state in {SessionState.QR_EXPIRED, SessionState.LOGGED_OUT}


def accepts_pairing(link: Link) -> bool:
    if link.reason is SessionReason.CHECKING_PHONE:
        return False
    return accepts_new_qr_round(link) or link.state in {
        SessionState.CONNECTING,
        SessionState.QR_READY,
    }


def _elapsed(link: Link, *, now: datetime, jitter: float) -> Step:
    match link.state:
        case SessionState.QR_READY:
            return _qr_expired(link, NO_SCAN), Action.STOP
        case SessionState.CONNECTING | SessionState.LOGGED_OUT:
            return _retry(link, "no answer in time", now=now, jitter=jitter), Action.STOP
        case SessionState.DISCONNECTED | SessionState.BANNED:
            return _connecting(link, now), Action.CONNECT
        case _:
            return _still(link), Action.KEEP


def _new_qr_round(link: Link, now: datetime) -> Step:
    if not accepts_new_qr_round(link):
        return link, Action.KEEP
    return _connecting(link, now), Action.CONNECT


def _pairing_asked(link: Link, phone_number: str, now: datetime) -> Step:
    if not accepts_pairing(link):
        return link, Action.KEEP
    pairing = Pairing(phone_number=phone_number)
    if link.state is SessionState.CONNECTING:
        return msgspec.structs.replace(link, pairing=pairing), Action.KEEP
    # A new round even if one is on: a code out of its last seconds would be no use to anybody.
    return msgspec.structs.replace(_connecting(link, now), pairing=pairing), Action.CONNECT


def _pairing_answered(link: Link, event: Event) -> Link:
    if link.state is not SessionState.QR_READY or link.pairing is None:
        return link
    if isinstance(event, whatsapp.PairingRefused):
        refused = SessionReason.PAIRING_REFUSED
        return msgspec.structs.replace(link, reason=refused, detail=event.detail, pairing=None)
    assert isinstance(event, whatsapp.PairingCode)
    pairing = msgspec.structs.replace(link.pairing, code=event.code)
    return msgspec.structs.replace(link, pairing=pairing)


def _pairing(link: Link, event: Event, *, now: datetime, jitter: float) -> Step:
    match event:
        case whatsapp.QrCode(code):
            ready = _qr_ready(link, code, now)
            asks = ready.pairing is not None and ready.qr_attempt == 1
            return ready, Action.PAIR if asks else Action.KEEP
        case whatsapp.QrRoundOver(outcome):
            return _round_over(link, outcome, now=now, jitter=jitter)
        case whatsapp.PairFailed(detail):
            return _linking_failed(link, detail), Action.STOP
        case _:
            return _logging_in(link, now), Action.KEEP


def _round_over(link: Link, outcome: str, *, now: datetime, jitter: float) -> Step:
    match outcome:
        case "success":
            return link, Action.KEEP  # Paired says the same, and who it was
        case "err-client-outdated":
            return _outdated(link), Action.STOP
        case "passkey-request" | "passkey-confirmation":
            return _passkey_required(link), Action.STOP
        case "timeout" if link.qr_attempt < QRS_A_ROUND:
            # The connection broke in the middle of a round: nobody's fault, go on.
            return _retry(link, "lost while showing codes", now=now, jitter=jitter), Action.STOP
        case "timeout":
            return _qr_expired(link, NO_SCAN), Action.STOP
        case _:
            return _qr_expired(link, outcome), Action.STOP


def _linked(  # noqa: C901, PLR0911  a table: one line for each case
    link: Link, event: Event, *, now: datetime, jitter: float
) -> Step:
    match event:
        case StrangerConnected():
            return _unknown(link), Action.KEEP
        case whatsapp.Connected() | whatsapp.KeepAliveRestored():
            return _connected(link, event), Action.KEEP
        case whatsapp.Disconnected() | whatsapp.KeepAliveTimedOut():
            return _lost(link, event, now=now, jitter=jitter), Action.KEEP
        case NoWay() | whatsapp.RoundEnded():
            return _ended(link, event, now=now, jitter=jitter), Action.STOP
        case whatsapp.ConnectFailure():
            return _refused(link, event, now=now, jitter=jitter)
        case whatsapp.LoggedOut(_, detail):
            return _logged_out(link, detail, now)
        case whatsapp.StreamReplaced():
            replaced = SessionReason.STREAM_REPLACED
            return _still(link, SessionState.REPLACED, replaced), Action.STOP
        case whatsapp.TemporaryBan():
            return _banned(link, event, now), Action.STOP
        case _:
            return _outdated(link), Action.STOP


def _judged(link: Link, verdict: Verdict) -> Step:
    if isinstance(verdict, Refused):
        return _still(
            link, SessionState.LOGGED_OUT, verdict.reason, detail=verdict.detail
        ), Action.EXPEL
    if link.reason is not SessionReason.CHECKING_PHONE:
        return link, Action.KEEP  # lost meanwhile: it comes back as a phone that is known
    return _still(link, SessionState.CONNECTED, SessionReason.LINKED), Action.KEEP


def _unknown(link: Link) -> Link:
    if link.state is SessionState.LOGGED_OUT:
        return link  # said before the phone removed us
    unknown = _still(link, SessionState.CONNECTING, SessionReason.CHECKING_PHONE)
    return msgspec.structs.replace(unknown, pairing=None, failures=0, relinked=False)


def _connected(link: Link, event: Event) -> Link:
    restored = isinstance(event, whatsapp.KeepAliveRestored)
    if restored and link.reason is not SessionReason.KEEPALIVE_TIMEOUT:
        return link
    if link.state is SessionState.LOGGED_OUT:
        return link  # said before the phone removed us
    linked = _still(link, SessionState.CONNECTED, SessionReason.LINKED)
    return msgspec.structs.replace(linked, failures=0, relinked=False)


def _lost(link: Link, event: Event, *, now: datetime, jitter: float) -> Link:
    if isinstance(event, whatsapp.Disconnected) and _is_logging_in(link):
        return _login_lost(link, now=now, jitter=jitter)
    is_checking = link.reason is SessionReason.CHECKING_PHONE
    if is_checking and isinstance(event, whatsapp.KeepAliveTimedOut):
        return link  # a ping that is answered again must not stand for the verdict
    if link.state is not SessionState.CONNECTED and not is_checking:
        return link
    reason, patience = SessionReason.CONNECTION_LOST, LOST_PATIENCE
    if isinstance(event, whatsapp.KeepAliveTimedOut):
        if event.errors < KEEPALIVE_MISSES:
            return link
        reason, patience = SessionReason.KEEPALIVE_TIMEOUT, HALF_OPEN_PATIENCE
    lost = _still(link, SessionState.DISCONNECTED, reason)
    # Spread by a quarter: a whole fleet loses its connections in the same moment.
    return msgspec.structs.replace(lost, deadline=now + patience * (0.75 + jitter / 2))


def _ended(link: Link, event: NoWay | whatsapp.RoundEnded, *, now: datetime, jitter: float) -> Link:
    if isinstance(event, NoWay):
        return _retry(link, event.detail, DIAL_AGAIN, now=now, jitter=jitter)
    return _retry(link, event.error, now=now, jitter=jitter)


def _is_logging_in(link: Link) -> bool:
    """By ourselves, or the library again after it lost a connection."""
    if link.reason is SessionReason.CHECKING_PHONE:
        return False
    return link.state is SessionState.CONNECTING or link.reason is SessionReason.CONNECTION_LOST


def _login_lost(link: Link, *, now: datetime, jitter: float) -> Link:
    failures = link.failures + 1
    detail = f"broken off by WhatsApp without a reason, {failures} in a row"
    lost = _still(link, SessionState.DISCONNECTED, SessionReason.LOGIN_LOST, detail=detail)
    wait = LOGIN_AGAIN.delay(failures, random=lambda: jitter)
    return msgspec.structs.replace(lost, failures=failures, deadline=now + wait)


def _refused(link: Link, event: whatsapp.ConnectFailure, *, now: datetime, jitter: float) -> Step:
    if event.detail == "BAD_USER_AGENT":
        return _outdated(link), Action.STOP
    if event.retried:
        away = SessionReason.SERVER_UNREACHABLE
        lost = _still(link, SessionState.DISCONNECTED, away, detail=event.detail)
        return msgspec.structs.replace(lost, deadline=now + LOST_PATIENCE), Action.KEEP
    again = _retry(link, event.detail, now=now, jitter=jitter)
    return msgspec.structs.replace(again, reason=SessionReason.REFUSED), Action.STOP


def _logged_out(link: Link, detail: str, now: datetime) -> Step:
    out = _still(link, SessionState.LOGGED_OUT, SessionReason.DEVICE_REMOVED, detail=detail)
    if link.relinked:
        return out, Action.STOP
    again = msgspec.structs.replace(out, relinked=True, qr_attempt=0)
    return msgspec.structs.replace(again, deadline=now + CONNECT_PATIENCE), Action.RELINK


def _connecting(link: Link, now: datetime, *, detail: str = "") -> Link:
    still = _still(link, SessionState.CONNECTING, SessionReason.STARTING, detail=detail)
    return msgspec.structs.replace(still, qr_attempt=0, deadline=now + CONNECT_PATIENCE)


def _logging_in(link: Link, now: datetime) -> Link:
    connecting = _connecting(link, now, detail="scanned, logging in")
    return msgspec.structs.replace(
        connecting,
        reason=SessionReason.LOGGING_IN,
        pairing=None,
        deadline=now + LOGIN_PATIENCE,
    )


def _retry(
    link: Link, detail: str, backoff: Backoff = RECONNECT, *, now: datetime, jitter: float
) -> Link:
    failures = link.failures + 1
    wait = backoff.delay(failures, random=lambda: jitter)
    away = SessionReason.SERVER_UNREACHABLE
    still = _still(link, SessionState.DISCONNECTED, away, detail=detail)
    return msgspec.structs.replace(still, failures=failures, deadline=now + wait)


def _qr_ready(link: Link, code: str, now: datetime) -> Link:
    attempt = link.qr_attempt + 1
    ready = _still(link, SessionState.QR_READY, SessionReason.WAITING_FOR_SCAN)
    if link.reason is SessionReason.PAIRING_REFUSED:
        ready = msgspec.structs.replace(ready, reason=link.reason, detail=link.detail)
    if attempt == 1 and ready.pairing is not None:
        pairing = msgspec.structs.replace(ready.pairing, expires_at=now + ROUND)
        ready = msgspec.structs.replace(ready, pairing=pairing)
    expires_at = now + (FIRST_QR if attempt == 1 else NEXT_QR)
    return msgspec.structs.replace(
        ready, qr=code, qr_attempt=attempt, deadline=expires_at + QR_SLACK
    )


def _qr_expired(link: Link, detail: str) -> Link:
    return _still(link, SessionState.QR_EXPIRED, SessionReason.QR_ROUND_OVER, detail=detail)


def _linking_failed(link: Link, detail: str) -> Link:
    return _still(link, SessionState.QR_EXPIRED, SessionReason.LINKING_FAILED, detail=detail)


def _passkey_required(link: Link) -> Link:
    required = SessionReason.PASSKEY_REQUIRED
    return _still(link, SessionState.QR_EXPIRED, required, detail=PASSKEY)


def _banned(link: Link, ban: whatsapp.TemporaryBan, now: datetime) -> Link:
    until = now + max(ban.expires_in, SHORTEST_BAN)
    detail = f"{ban.detail}, until {until.isoformat(timespec='minutes')}"
    banned = _still(link, SessionState.BANNED, SessionReason.TEMPORARY_BAN, detail=detail)
    return msgspec.structs.replace(banned, deadline=until)


def _outdated(link: Link) -> Link:
    return _still(link, SessionState.OUTDATED, SessionReason.CLIENT_OUTDATED)


def _still(
    link: Link,
    state: SessionState | None = None,
    reason: SessionReason | None = None,
    *,
    detail: str = "",
) -> Link:
    """The link in a state with no code and no deadline."""
    state = state or link.state
    return msgspec.structs.replace(
        link,
        state=state,
        reason=reason or link.reason,
        detail=detail,
        qr=None,
        pairing=_keep_pairing(link.pairing, state),
        deadline=None,
    )


def _keep_pairing(pairing: Pairing | None, state: SessionState) -> Pairing | None:
    if pairing is None or state not in _ON_THE_WAY:
        return None
    return pairing if state is SessionState.QR_READY else Pairing(phone_number=pairing.phone_number)
