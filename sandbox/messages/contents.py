"""Everything a simulated person can write, as the control API takes it."""

from typing import Annotated

import msgspec

from shared.structs.text import PhoneNumber

_LONGEST_ID = 128
_LONGEST_TEXT = 65_536
_LONGEST_LINE = 1000
_MOST_OPTIONS = 12
_LARGEST_COORDINATES = 90, 180
_LONGEST_SECONDS = 24 * 3600
# Of files given in a request, and of made-up ones.
LARGEST_GIVEN = 4 << 20
LARGEST_FILE = 64 << 20

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_TEXT)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_LINE)]
Note = Annotated[str, msgspec.Meta(max_length=_LONGEST_LINE)]
MessageId = Annotated[str, msgspec.Meta(pattern=rf"^[0-9A-Za-z._-]{{1,{_LONGEST_ID}}}$(?!\n)")]
MimeType = Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e][\x20-\x7e]{0,99}$(?!\n)")]
Duration = Annotated[int, msgspec.Meta(ge=0, le=_LONGEST_SECONDS, description="Seconds.")]
Latitude = Annotated[float, msgspec.Meta(ge=-_LARGEST_COORDINATES[0], le=_LARGEST_COORDINATES[0])]
Longitude = Annotated[float, msgspec.Meta(ge=-_LARGEST_COORDINATES[1], le=_LARGEST_COORDINATES[1])]


class _Content(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    pass


class TextContent(_Content, frozen=True, kw_only=True, tag="TEXT"):
    text: Text


class LocationContent(_Content, frozen=True, kw_only=True, tag="LOCATION"):
    """latitude, longitude: degrees."""

    latitude: Latitude
    longitude: Longitude
    name: Note = ""
    address: Note = ""


class ContactContent(_Content, frozen=True, kw_only=True, tag="CONTACT"):
    """Somebody's card, with one number."""

    name: Line
    phone_number: PhoneNumber


class PollContent(_Content, frozen=True, kw_only=True, tag="POLL"):
    question: Line
    options: Annotated[list[Line], msgspec.Meta(min_length=2, max_length=_MOST_OPTIONS)]


class ReactionContent(_Content, frozen=True, kw_only=True, tag="REACTION"):
    """target: the id of any message of the chat. emoji: empty takes the reaction back."""

    target: MessageId
    emoji: Annotated[str, msgspec.Meta(max_length=32)]


class EditContent(_Content, frozen=True, kw_only=True, tag="EDIT"):
    """target: the id of a text that the same person wrote. text: the new one."""

    target: MessageId
    text: Text


class DeleteContent(_Content, frozen=True, kw_only=True, tag="DELETE"):
    """For everyone. target: the id of a message that the same person wrote."""

    target: MessageId


class FileInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of: base64, the bytes themselves; size, so many made-up bytes that begin as
    the type does and are the same for the same seed.
    """

    base64: Annotated[bytes, msgspec.Meta(min_length=1, max_length=LARGEST_GIVEN)] | None = None
    size: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_FILE)] | None = None
    seed: int = 0


class _FileContent(_Content, frozen=True, kw_only=True):
    file: FileInput


class _FleetingContent(_FileContent, frozen=True, kw_only=True):
    """view_once: linked devices learn that there was something, and no more."""

    view_once: bool = False


class ImageContent(_FleetingContent, frozen=True, kw_only=True, tag="IMAGE"):
    mime_type: MimeType = "image/jpeg"
    caption: Note = ""


class VideoContent(_FleetingContent, frozen=True, kw_only=True, tag="VIDEO"):
    mime_type: MimeType = "video/mp4"
    caption: Note = ""
    seconds: Duration = 0


class VoiceContent(_FleetingContent, frozen=True, kw_only=True, tag="VOICE"):
    mime_type: MimeType = "audio/ogg; codecs=opus"
    seconds: Duration = 0


class AudioContent(_FileContent, frozen=True, kw_only=True, tag="AUDIO"):
    mime_type: MimeType = "audio/mpeg"
    seconds: Duration = 0


class DocumentContent(_FileContent, frozen=True, kw_only=True, tag="DOCUMENT"):
    mime_type: MimeType = "application/pdf"
    file_name: Line = "document.pdf"
    caption: Note = ""


class StickerContent(_FileContent, frozen=True, kw_only=True, tag="STICKER"):
    mime_type: MimeType = "image/webp"


class CallContent(_Content, frozen=True, kw_only=True, tag="CALL"):
    """A call that rings; nobody hangs up."""

    video: bool = False


FileContent = (
    ImageContent | VideoContent | VoiceContent | AudioContent | DocumentContent | StickerContent
)
Content = (
    TextContent
    | FileContent
    | LocationContent
    | ContactContent
    | PollContent
    | ReactionContent
    | EditContent
    | DeleteContent
    | CallContent
)
Fleeting = ImageContent | VideoContent | VoiceContent
Captioned = ImageContent | VideoContent | DocumentContent
Timed = VideoContent | VoiceContent | AudioContent
# What may stand under a quoted message.
Quoting = TextContent | FileContent | LocationContent | ContactContent
# What is about another message, and what is about one's own alone.
Targeting = ReactionContent | EditContent | DeleteContent
OwnTargeting = EditContent | DeleteContent
