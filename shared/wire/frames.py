"""Frames between a worker and the gateway: msgpack, one frame a WebSocket message.

The worker speaks first (`Hello`) and is answered by `Welcome` or `Refused`. Events are
numbered by the worker and resent until acknowledged; the gateway commits before it
acknowledges and ignores what it has, so a resend is harmless. Fields unknown to the reader
are ignored, a kind unknown to it is answered with `Rejected`.
"""

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from shared.bounds import (
    MAX_EVENTS,
    Age,
    Bytes,
    Count,
    Detail,
    End,
    Id,
    ImageName,
    LogText,
    Number,
    PairingText,
    QrText,
    Sequence,
    Token,
    Totals,
    Word,
    Words,
    is_sane,
)
from shared.enums import SessionReason, SessionState
from shared.structs.content import Content
from shared.structs.takeovers import ChatTaken
from shared.structs.tenants import TenantConfig
from shared.wire.events import Event, Party
from shared.wire.files import AskPiece, FetchFile, FileDone, FileMissing, FileReady, Piece
from shared.wire.fitting import to_problem

PROTOCOL = 1
MAX_FRAME_BYTES = 1 << 20
# A token, an image's name and a dozen words: all that is taken of whoever has not said who it is.
MAX_HELLO_BYTES = 16 * 1024
# Room for a batch of the longest texts (64 KiB) below MAX_FRAME_BYTES.
MAX_BATCH_BYTES = 512 * 1024


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """boot_id: random, one per process start. image: what the container was started from.

    can_send: the types of content that this worker knows (`CONTENT_TYPES`); it is handed no
    other. A worker that does not say is of before there were others.
    heeds_refusals: it serves no phone before `PhoneAccepted`, and logs out of one that was refused.
    """

    token: Token
    boot_id: Word
    image: ImageName
    protocol: Count = PROTOCOL
    can_send: Words = ("text",)
    heeds_refusals: bool = False


class SessionReport(msgspec.Struct, frozen=True, kw_only=True, tag="session", omit_defaults=True):
    """The link as it is now. Sent on every change and first thing after `Welcome`: a level,
    not an edge, so a lost one does no harm.

    own_phone, own_lid: the WhatsApp account that is linked, once known: E.164 and `<digits>@lid`.
    refused_phone: of a phone that was linked and logged out again, while the reason is a refusal.
    qr, qr_expires_at, qr_attempt, qr_attempts: present while a scan is awaited.
    pairing_code, pairing_phone, pairing_expires_at: beside them while a code that was asked for
    is good, and the number of the only phone that takes it.
    ban_ends_at: while WhatsApp has banned the number for a time.
    """

    state: SessionState
    reason: SessionReason
    detail: Detail = ""
    own_phone: Number | None = None
    own_lid: Number | None = None
    refused_phone: Number | None = None
    qr: QrText | None = None
    qr_expires_at: End | None = None
    qr_attempt: Count | None = None
    qr_attempts: Count | None = None
    pairing_code: PairingText | None = None
    pairing_phone: Number | None = None
    pairing_expires_at: End | None = None
    ban_ends_at: End | None = None


class Numbered(msgspec.Struct, frozen=True, array_like=True):
    seq: Sequence
    event: Event


class Events(msgspec.Struct, frozen=True, kw_only=True, tag="events"):
    """Unacknowledged events, oldest first, of ascending `seq`."""

    events: Annotated[list[Numbered], msgspec.Meta(max_length=MAX_EVENTS)]


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, tag="heartbeat"):
    """Proof of life. memory_bytes: PSS; keepalive_age, inbound_age: seconds.

    disk_bytes: of all files on the volume; None from a worker of before.

    skipped: what was no message for the bot, by SkipReason, since the volume was made. Text,
    so that a gateway that lacks a reason still hears the heart.
    """

    session: SessionState
    outbox_depth: Count
    memory_bytes: Bytes
    keepalive_age: Age | None = None
    inbound_age: Age | None = None
    skipped: Totals = {}
    disk_bytes: Bytes | None = None


class LogLines(msgspec.Struct, frozen=True, kw_only=True, tag="log"):
    """Lines of the worker's log, each one JSON object, for the tenant's log file.

    Best effort: the engine keeps the full log, and a bounded buffer feeds this.
    """

    lines: LogText


class CommandResult(msgspec.Struct, frozen=True, kw_only=True, tag="result"):
    id: Id
    ok: bool
    detail: Detail = ""


class SendTaken(msgspec.Struct, frozen=True, kw_only=True, tag="send_taken"):
    """The worker has written down `Send` `id`, or (cancelled) has struck it off unsent."""

    id: Id
    cancelled: bool = False


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag="welcome"):
    """epoch: this connection's fencing number. heartbeat_interval: seconds."""

    tenant_id: str
    epoch: int
    heartbeat_interval: float
    config: TenantConfig


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The token is not good: the worker ends with ExitCode.CONFIGURATION."""

    detail: str


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag="ack"):
    """Every event up to and including `seq` is committed."""

    seq: int


class Config(msgspec.Struct, frozen=True, kw_only=True, tag="config"):
    """The tenant's configuration changed: applied without a restart."""

    config: TenantConfig


class PhoneAccepted(msgspec.Struct, frozen=True, kw_only=True, tag="phone_accepted"):
    """The phone that the worker said it is linked to may serve this tenant."""

    phone: str


class PhoneRefused(msgspec.Struct, frozen=True, kw_only=True, tag="phone_refused"):
    """It may not: the worker records nothing of it, and logs out. reason: a SessionReason; as text,
    so that a worker that lacks it still logs out.
    """

    phone: str
    reason: str
    detail: str


NEW_QR_ROUND = "new_qr_round"
PAIRING_CODE = "pairing_code"
LOG_OUT = "log_out"


class Command(msgspec.Struct, frozen=True, kw_only=True, tag="command", omit_defaults=True):
    """kind: NEW_QR_ROUND begins a new linking round after the last one ran out; PAIRING_CODE
    asks for a code to type on the phone with `phone_number`; LOG_OUT unlinks whatever phone is
    linked, because the tenant's number is another now.
    """

    id: str
    kind: str
    phone_number: str | None = None


class Send(msgspec.Struct, frozen=True, kw_only=True, tag="send", omit_defaults=True):
    """A queued message to send. The worker writes it down, answers `SendTaken`, and settles it
    later by an event that bears its id. `id` names it for good: a `Send` that was taken before
    is answered again and not sent again.

    to: the phone is enough; the worker learns the LID. expires_at: not to be sent after it.
    taken: `SendTaken` was heard of it before; a worker that does not know it then has lost its
    volume, and nobody knows whether it was sent.
    """

    id: str
    to: Party
    content: Content
    expires_at: datetime | None = None
    taken: bool = False


class CancelSend(msgspec.Struct, frozen=True, kw_only=True, tag="cancel_send"):
    """Asks not to send what was not sent yet; answered by `SendTaken`, which says whether that
    came in time. An id that is not known is struck off as well: its `Send` may come later.
    """

    id: str


class Takeovers(msgspec.Struct, frozen=True, kw_only=True, tag="takeovers"):
    """The newest word about each chat that people took over, or handed back lately. After
    `Welcome`, and again with whatever changed: a level, told as often as one likes. Where the
    worker knows a newer word, of the phone's owner, that one stands.
    """

    chats: list[ChatTaken]


class Superseded(msgspec.Struct, frozen=True, kw_only=True, tag="superseded"):
    """A newer connection of this tenant took over; this one is closed."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True, tag="rejected"):
    """A frame could not be understood; the connection goes on."""

    detail: str


FromWorker = (
    Hello
    | SessionReport
    | Events
    | Heartbeat
    | LogLines
    | CommandResult
    | SendTaken
    | FileReady
    | FileMissing
    | AskPiece
    | Piece
)
FromGateway = (
    Welcome
    | Refused
    | Ack
    | Config
    | Command
    | Send
    | CancelSend
    | FetchFile
    | FileMissing
    | AskPiece
    | Piece
    | FileDone
    | Takeovers
    | PhoneAccepted
    | PhoneRefused
    | Superseded
    | Rejected
)

FrameT = TypeVar("FrameT")
_encoder = msgspec.msgpack.Encoder()
_hello: msgspec.msgpack.Decoder[Hello] = msgspec.msgpack.Decoder(Hello)
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
_from_gateway: msgspec.msgpack.Decoder[FromGateway] = msgspec.msgpack.Decoder(FromGateway)


def encode(frame: FromWorker | FromGateway) -> bytes:
    return _encoder.encode(frame)


def decode_from_worker(data: bytes) -> FromWorker:
    """Raises msgspec.DecodeError (or its ValidationError) when it is no frame of a worker, or one
    that is out of bounds.
    """
    return _decode(_from_worker, data)


def decode_hello(data: bytes) -> Hello:
    """The first frame of a connection. Raises msgspec.DecodeError."""
    return _decode(_hello, data)


def decode_from_gateway(data: bytes) -> FromGateway:
    """Raises msgspec.DecodeError (or its ValidationError) when it is no frame of a gateway."""
    return _decode(_from_gateway, data)


def find_fault(report: SessionReport) -> str | None:
    """What of it no row, or no reader of one, could hold."""
    instants = {
        "qr_expires_at": report.qr_expires_at,
        "pairing_expires_at": report.pairing_expires_at,
        "ban_ends_at": report.ban_ends_at,
    }
    insane = next((name for name, at in instants.items() if not is_sane(at)), None)
    if insane is not None:
        return f"{insane} is an instant that cannot be"
    pairing = (report.pairing_code, report.pairing_phone, report.pairing_expires_at)
    if None in pairing and any(pairing):
        return "pairing_code, pairing_phone and pairing_expires_at come together"
    return None


def is_judged(report: SessionReport) -> bool:
    """Whether it names a phone that serves, or is to: the gateway says whether it may."""
    is_up = report.state is SessionState.CONNECTED
    is_asking = report.reason is SessionReason.CHECKING_PHONE
    return report.own_phone is not None and (is_up or is_asking)


def _decode(decoder: msgspec.msgpack.Decoder[FrameT], data: bytes) -> FrameT:
    try:
        return decoder.decode(data)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(to_problem(error)) from error
