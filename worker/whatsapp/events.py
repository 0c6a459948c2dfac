"""What the WhatsApp client tells us, in our own words."""

from datetime import datetime, timedelta

import msgspec

from shared.enums import MessageKind, ReceiptKind, SkipReason
from shared.structs.media import Media
from shared.wire.events import Party
from worker.whatsapp.files import FileSource


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """A contact's message. One half of `contact` may be missing until it is looked up.

    source: of the file that `media` describes, when the message says enough to fetch it.
    """

    wa_message_id: str
    kind: MessageKind
    contact: Party
    text: str
    at: datetime
    push_name: str = ""
    in_reply_to: str | None = None
    media: Media | None = None
    source: FileSource | None = None


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner wrote to `contact`, on the phone or on another device that is linked to it."""

    wa_message_id: str
    kind: MessageKind
    contact: Party
    text: str
    at: datetime
    in_reply_to: str | None = None
    media: Media | None = None


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A contact's message that the library could not decrypt. It asks for another copy, and what
    comes of that is another Unreadable or an Inbound, of the same id.

    kind: UNREADABLE, or VIEW_ONCE, of which no copy is to be had. is_quiet: phones would show
    nothing of it either (a reaction, a vote).
    """

    wa_message_id: str
    kind: MessageKind
    contact: Party
    at: datetime
    push_name: str = ""
    is_quiet: bool = False


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """A contact's message came that the library has decrypted before. Usually it was handed over
    then; if it was not, it was inside the library when that was killed, and nobody has it.
    """

    wa_message_id: str
    contact: Party


class Skipped(msgspec.Struct, frozen=True):
    """wa_message_id: of a contact's, which the library may have noted (`noted.py`).

    brings_history: it is the phone's word that past messages follow, which the library notes too.
    """

    reason: SkipReason
    wa_message_id: str = ""
    brings_history: bool = False


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A contact's phone has, or its owner has read, messages of ours: any of ours."""

    kind: ReceiptKind
    wa_message_ids: list[str]
    contact: Party
    at: datetime


class QrCode(msgspec.Struct, frozen=True):
    """A code to be scanned. The first of a round is good for 60 s, the others for 20 s."""

    code: str


class QrRoundOver(msgspec.Struct, frozen=True):
    """The library stopped showing codes. outcome: its word for why: `timeout`, `success`, `err-…`,
    or `passkey-request` when WhatsApp wants one after the scan.

    The packaged Python client drops this callback; our own binding keeps it.
    """

    outcome: str


class PairingCode(msgspec.Struct, frozen=True):
    """A code to be typed on the phone; good until the round of QR codes beside it is over."""

    code: str


class PairingRefused(msgspec.Struct, frozen=True):
    """WhatsApp gave no pairing code, because of the number or because it was asked too often."""

    detail: str


class Paired(msgspec.Struct, frozen=True):
    """A phone scanned the code and accepted; the connection restarts and logs in."""

    own_phone: str


class PairFailed(msgspec.Struct, frozen=True):
    detail: str


class Connected(msgspec.Struct, frozen=True):
    """Logged in and receiving. device: which of the phone's linked devices we are, by its number
    and ours (`255…:3`); WhatsApp makes another of each link.
    """

    own_phone: str
    own_lid: str = ""
    device: str = ""


class KeepAliveTimedOut(msgspec.Struct, frozen=True):
    """The server did not answer `errors` pings in a row."""

    errors: int
    last_success: datetime


class KeepAliveRestored(msgspec.Struct, frozen=True):
    pass


class Disconnected(msgspec.Struct, frozen=True):
    """The connection broke; the library is already trying again."""


class LoggedOut(msgspec.Struct, frozen=True):
    """The phone removed this device. Fires *before* the library deletes the session."""

    on_connect: bool
    detail: str


class StreamReplaced(msgspec.Struct, frozen=True):
    """Somebody else connected with the same session; the library does not reconnect."""


class TemporaryBan(msgspec.Struct, frozen=True):
    detail: str
    expires_in: timedelta


class ConnectFailure(msgspec.Struct, frozen=True):
    """The server refused the login for another reason. retried: the library tries again."""

    detail: str
    retried: bool


class ClientOutdated(msgspec.Struct, frozen=True):
    """The server wants a newer client: only a new image helps."""


class RoundEnded(msgspec.Struct, frozen=True):
    """The library gave up connecting (or was stopped). error: empty when it was stopped."""

    error: str


LinkEvent = (
    QrCode
    | QrRoundOver
    | PairingCode
    | PairingRefused
    | Paired
    | PairFailed
    | Connected
    | KeepAliveTimedOut
    | KeepAliveRestored
    | Disconnected
    | LoggedOut
    | StreamReplaced
    | TemporaryBan
    | ConnectFailure
    | ClientOutdated
    | RoundEnded
)
MessageEvent = Inbound | Own | Unreadable | Skipped
WhatsAppEvent = LinkEvent | MessageEvent | Missed | Receipt
