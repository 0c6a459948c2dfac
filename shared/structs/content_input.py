"""What a message may say, as the API takes it; each becomes its like in `structs.content`."""

from typing import Annotated

import msgspec

from shared.structs.text import Caption, Emoji, MessageRef, MessageText, Name, PhoneNumber, Sha256

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
MAX_PHONES = 10
# A day of it is longer than any file of a few megabytes.
Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]


class _Input(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag=lambda name: name.removesuffix("Input").lower(),
):
    pass


class TextInput(_Input, frozen=True):
    text: MessageText


class LocationInput(_Input, frozen=True):
    """Degrees, WGS 84: north and east are positive."""

    latitude: Latitude
    longitude: Longitude
    name: Name | None = None
    address: Name | None = None


class ContactInput(_Input, frozen=True):
    name: Name
    phones: Annotated[list[PhoneNumber], msgspec.Meta(min_length=1, max_length=MAX_PHONES)]


class ReactionInput(_Input, frozen=True):
    """emoji: one, or empty to take an earlier reaction back."""

    message_id: MessageRef
    emoji: Emoji


class EditInput(_Input, frozen=True):
    message_id: MessageRef
    text: MessageText


class DeleteInput(_Input, frozen=True):
    """For everyone."""

    message_id: MessageRef


class ImageInput(_Input, frozen=True):
    """media, here and below: the `sha256` that an upload was answered with."""

    media: Sha256
    caption: Caption | None = None


class VideoInput(_Input, frozen=True):
    media: Sha256
    caption: Caption | None = None
    duration: Seconds | None = None


class AudioInput(_Input, frozen=True):
    media: Sha256
    duration: Seconds | None = None


class VoiceInput(_Input, frozen=True):
    media: Sha256
    duration: Seconds | None = None


class DocumentInput(_Input, frozen=True):
    media: Sha256
    file_name: Name
    caption: Caption | None = None


class StickerInput(_Input, frozen=True):
    media: Sha256


FileInput = ImageInput | VideoInput | AudioInput | VoiceInput | DocumentInput | StickerInput
# These name the message that they are about; the others may answer one.
AboutAnother = ReactionInput | EditInput | DeleteInput
ContentInput = TextInput | LocationInput | ContactInput | AboutAnother | FileInput
