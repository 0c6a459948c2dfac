"""What a queued message says, one struct for each type: in rows, on the wire, and as it is shown.

Only ever add to them: what is written down, here and on workers' volumes, stays readable.
"""

import msgspec

from shared.enums import MessageKind
from shared.structs.media import Media


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The message that is answered. text: what the recipient's phone shows of it.

    from_me: we wrote it, and not the contact.
    """

    wa_message_id: str
    from_me: bool
    text: str


class TextContent(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    text: str
    quote: Quote | None = None


class LocationContent(msgspec.Struct, frozen=True, kw_only=True, tag="location"):
    """Degrees, WGS 84. name, address: empty when there is none."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    quote: Quote | None = None


class ContactContent(msgspec.Struct, frozen=True, kw_only=True, tag="contact"):
    """phones: E.164, at least one."""

    name: str
    phones: list[str]
    quote: Quote | None = None


class ReactionContent(msgspec.Struct, frozen=True, kw_only=True, tag="reaction"):
    """emoji: empty takes an earlier reaction back. from_me: to a message that we wrote."""

    wa_message_id: str
    from_me: bool
    emoji: str


class EditContent(msgspec.Struct, frozen=True, kw_only=True, tag="edit"):
    """Another text for one that we wrote."""

    wa_message_id: str
    text: str


class DeleteContent(msgspec.Struct, frozen=True, kw_only=True, tag="delete"):
    """Takes back, for everyone, a message that we wrote."""

    wa_message_id: str


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """sha256, mime_type, size: of an upload; by the first the worker asks for the file."""

    sha256: str
    mime_type: str
    size: int
    quote: Quote | None = None


class ImageContent(_File, frozen=True, kw_only=True, tag="image"):
    caption: str = ""


class VideoContent(_File, frozen=True, kw_only=True, tag="video"):
    """duration: seconds; 0 when it is not known."""

    caption: str = ""
    duration: int = 0


class AudioContent(_File, frozen=True, kw_only=True, tag="audio"):
    """duration: as of a video."""

    duration: int = 0


class VoiceContent(_File, frozen=True, kw_only=True, tag="voice"):
    """duration: as of a video."""

    duration: int = 0


class DocumentContent(_File, frozen=True, kw_only=True, tag="document"):
    file_name: str
    caption: str = ""


class StickerContent(_File, frozen=True, kw_only=True, tag="sticker"):
    pass


FileContent = (
    ImageContent | VideoContent | AudioContent | VoiceContent | DocumentContent | StickerContent
)
Content = (
    TextContent
    | LocationContent
    | ContactContent
    | ReactionContent
    | EditContent
    | DeleteContent
    | FileContent
)
# The words by which a worker says what it can send.
CONTENT_TYPES = (
    "text", "location", "contact", "reaction", "edit", "delete",
    "image", "video", "audio", "voice", "document", "sticker",
)  # fmt: skip

_KINDS: dict[type[Content], MessageKind] = {
    TextContent: MessageKind.TEXT,
    LocationContent: MessageKind.LOCATION,
    ContactContent: MessageKind.CONTACT,
    ReactionContent: MessageKind.REACTION,
    EditContent: MessageKind.EDIT,
    DeleteContent: MessageKind.DELETE,
    ImageContent: MessageKind.IMAGE,
    VideoContent: MessageKind.VIDEO,
    AudioContent: MessageKind.AUDIO,
    VoiceContent: MessageKind.VOICE,
    DocumentContent: MessageKind.DOCUMENT,
    StickerContent: MessageKind.STICKER,
}


def type_of(content: Content) -> str:
    """One of CONTENT_TYPES."""
    return str(content.__struct_config__.tag)


def kind_of(content: Content) -> MessageKind:
    return _KINDS[type(content)]


def words_of(content: Content) -> str:
    """What the log shows of it; only some of it was typed by a person."""
    match content:
        case TextContent(text=text) | EditContent(text=text):
            return text
        case LocationContent(name=name, address=address):
            return ", ".join(filter(None, (name, address))) or to_place(content)
        case ContactContent(name=name, phones=phones):
            return f"{name}: {', '.join(phones)}"
        case ReactionContent(emoji=emoji):
            return emoji
        case ImageContent() | VideoContent() | DocumentContent():
            return content.caption
        case DeleteContent() | AudioContent() | VoiceContent() | StickerContent():
            return ""


def media_of(content: Content) -> Media | None:
    """What the log says of its file, if it has one."""
    if not isinstance(content, FileContent):
        return None
    return Media(
        mime_type=content.mime_type,
        size=content.size,
        sha256=content.sha256,
        file_name=content.file_name if isinstance(content, DocumentContent) else None,
        duration=getattr(content, "duration", 0) or None,
    )


def target_of(content: Content) -> str | None:
    """The WhatsApp id of the message that it answers, reacts to, edits or deletes."""
    match content:
        case ReactionContent() | EditContent() | DeleteContent():
            return content.wa_message_id
        case _:
            return content.quote.wa_message_id if content.quote is not None else None


def to_place(location: LocationContent) -> str:
    """As maps read it: `-6.816100, 39.280300`, to a tenth of a metre."""
    return f"{location.latitude:.6f}, {location.longitude:.6f}"
