"""What a person sees of a message."""

import msgspec

from sandbox.media.sealing import Seal
from shared.enums import MessageKind


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """latitude, longitude: degrees."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's contact card."""

    name: str
    vcard: str


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was sent; seal: where it is stored, and how to open it."""

    mime_type: str
    file_name: str = ""
    caption: str = ""
    seconds: int = 0
    seal: Seal


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """text: of a TEXT, the new one of an EDIT, the question of a POLL. reply_to: the id of the
    quoted message. target: the id of the message that a REACTION, an EDIT or a DELETE is about.
    emoji: of a REACTION; empty when it was taken back. options: of a POLL.
    """

    kind: MessageKind = MessageKind.TEXT
    text: str = ""
    reply_to: str | None = None
    target: str | None = None
    emoji: str | None = None
    location: Place | None = None
    contacts: list[Card] = []
    media: Media | None = None
    options: list[str] = []
