"""From a decrypted waE2E.Message to what a person sees of it. Pure."""

from collections.abc import Callable
from functools import partial

from sandbox.media.sealing import Seal
from sandbox.messages.media_fields import MEDIA_FIELDS, VOICE_FLAG
from sandbox.messages.seen import Card, Media, Place, Seen
from sandbox.wire.protobuf import Fields
from shared.enums import MessageKind

_CONVERSATION, _PROTOCOL, _DEVICE_SENT, _EDITED = 1, 12, 31, 58
# Fields that only wrap another message: wrapper → field of the inner one.
_WRAPPERS = {_DEVICE_SENT: 2, 37: 1, 40: 1, 53: 1, 55: 1, 59: 1, _EDITED: 1}
_REVOKE, _MESSAGE_EDIT = 0, 14
_CONTEXT = 17
_POLL_CONTEXT = 5


def read_message(plaintext: bytes) -> Seen | None:
    """None for a message that shows nothing. Raises ProtobufError when it is no message."""
    return _read(Fields.decode(plaintext))


def _read(message: Fields) -> Seen | None:
    for wrapper, inner in _WRAPPERS.items():
        if message.find_bytes(wrapper) is not None:
            return _read(message.get_message(wrapper).get_message(inner))
    if message.find_bytes(_PROTOCOL) is not None:
        return _protocol(message.get_message(_PROTOCOL))
    if message.find_bytes(_CONVERSATION) is not None:
        return Seen(text=message.text(_CONVERSATION))
    for field, reader in _READERS.items():
        if message.find_bytes(field) is not None:
            return reader(message.get_message(field))
    return Seen(kind=MessageKind.OTHER)


def _protocol(fields: Fields) -> Seen | None:
    kind = fields.find_integer(2) or 0
    if kind == _REVOKE and fields.find_bytes(1) is not None:
        return Seen(kind=MessageKind.DELETE, target=_target(fields))
    if kind == _MESSAGE_EDIT:
        inner = _read(fields.get_message(14))
        return Seen(kind=MessageKind.EDIT, text=inner.text if inner else "", target=_target(fields))
    return None  # keys, settings and history: between devices, not between people


def _target(fields: Fields) -> str:
    return fields.get_message(1).text(3)


def _text(fields: Fields) -> Seen:
    return Seen(text=fields.text(1), reply_to=_quoted(fields))


def _location(fields: Fields) -> Seen:
    place = Place(
        latitude=fields.double(1),
        longitude=fields.double(2),
        name=fields.text(3),
        address=fields.text(4),
    )
    return Seen(kind=MessageKind.LOCATION, location=place, reply_to=_quoted(fields))


def _contact(fields: Fields) -> Seen:
    return Seen(kind=MessageKind.CONTACT, contacts=[_card(fields)], reply_to=_quoted(fields))


def _contacts(fields: Fields) -> Seen:
    cards = [_card(card) for card in fields.list_messages(2)]
    return Seen(kind=MessageKind.CONTACT, contacts=cards, reply_to=_quoted(fields))


def _card(fields: Fields) -> Card:
    return Card(name=fields.text(1), vcard=fields.text(16))


def _poll(fields: Fields) -> Seen:
    options = [option.text(1) for option in fields.list_messages(3)]
    return Seen(
        kind=MessageKind.POLL,
        text=fields.text(2),
        options=options,
        reply_to=_quoted(fields, context=_POLL_CONTEXT),
    )


def _reaction(fields: Fields) -> Seen:
    return Seen(kind=MessageKind.REACTION, target=_target(fields), emoji=fields.text(2))


def _media(kind: MessageKind, fields: Fields) -> Seen:
    where = MEDIA_FIELDS[kind]
    media = Media(
        mime_type=fields.text(where.mime_type),
        file_name=fields.text(where.file_name),
        caption=fields.text(where.caption),
        seconds=fields.find_integer(where.seconds) or 0,
        seal=Seal(
            key=fields.find_bytes(where.key) or b"",
            sha256=fields.find_bytes(where.sha256) or b"",
            sealed_sha256=fields.find_bytes(where.sealed_sha256) or b"",
            size=fields.find_integer(where.size) or 0,
            direct_path=fields.text(where.direct_path),
        ),
    )
    return Seen(kind=kind, media=media, reply_to=_quoted(fields))


def _audio(fields: Fields) -> Seen:
    is_voice = bool(fields.find_integer(VOICE_FLAG))
    return _media(MessageKind.VOICE if is_voice else MessageKind.AUDIO, fields)


def _quoted(fields: Fields, *, context: int = _CONTEXT) -> str | None:
    if fields.find_bytes(context) is None:
        return None
    return fields.get_message(context).text(1) or None


# Fields of waE2E.Message.
_READERS: dict[int, Callable[[Fields], Seen]] = {
    3: partial(_media, MessageKind.IMAGE),
    4: _contact,
    5: _location,
    6: _text,
    7: partial(_media, MessageKind.DOCUMENT),
    8: _audio,
    9: partial(_media, MessageKind.VIDEO),
    13: _contacts,
    26: partial(_media, MessageKind.STICKER),
    46: _reaction,
    49: _poll,
    60: _poll,
    64: _poll,
    66: partial(_media, MessageKind.VIDEO),
    111: _poll,
}
