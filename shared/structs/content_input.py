"""What a message may say, as the API takes it; each becomes its like in `structs.content`."""

from typing import Annotated

import msgspec

from shared.structs.text import Emoji, MessageRef, MessageText, Name, PhoneNumber

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
MAX_PHONES = 10


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


# These name the message that they are about; the others may answer one.
AboutAnother = ReactionInput | EditInput | DeleteInput
ContentInput = TextInput | LocationInput | ContactInput | AboutAnother
