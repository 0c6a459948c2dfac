"""From what a person writes to a waE2E.Message, and how the server labels it.

Field numbers are those of WhatsApp's `WAWebProtobufsE2E`.
"""

import secrets
from datetime import datetime

import msgspec

from sandbox.media.sealing import Seal
from sandbox.messages import contents
from sandbox.messages.media_fields import MEDIA_FIELDS, VOICE_FLAG
from sandbox.wire import protobuf
from sandbox.wire.nodes import GROUP_SERVER, Jid
from sandbox.wire.protobuf import encode
from shared.enums import MessageKind

_REVOKE, _MESSAGE_EDIT = 0, 14
_CONTEXT = 17
_DOCUMENT_WITH_CAPTION = 53
_EPHEMERAL = 40
_SECRET_BYTES = 32


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A message that another one is about. chat: as its author sees it. text: as far as known."""

    id: str
    chat: Jid
    sender: Jid
    is_own: bool
    text: str = ""


class Attachment(msgspec.Struct, frozen=True):
    """A file that is stored: what the message says of it. url: for clients that want no path."""

    seal: Seal
    url: str


class Letterhead(msgspec.Struct, frozen=True):
    """What the server and the client read without opening: the stanza's `type` and `edit`, and
    the `mediatype` of its `enc`.
    """

    type: str = "text"
    edit: str = ""
    media_type: str = ""


_LETTERHEADS = {
    MessageKind.LOCATION: Letterhead("media", media_type="location"),
    MessageKind.CONTACT: Letterhead("media", media_type="vcard"),
    MessageKind.POLL: Letterhead("poll"),
    MessageKind.REACTION: Letterhead("reaction"),
    MessageKind.EDIT: Letterhead(edit="1"),
    MessageKind.DELETE: Letterhead(edit="7"),
    **{kind: Letterhead("media", media_type=it.label) for kind, it in MEDIA_FIELDS.items()},
}


def letterhead(content: contents.Content) -> Letterhead:
    return _LETTERHEADS.get(kind_of(content), Letterhead())


def write_message(
    content: contents.Content,
    *,
    target: Target | None = None,
    quoted: Target | None = None,
    attachment: Attachment | None = None,
    now: datetime,
) -> bytes:
    """target: of a reaction, an edit or a delete. attachment: of what has a file."""
    if isinstance(content, contents.FileContent):
        assert attachment is not None
        return _file(content, attachment, quoted, now)
    if isinstance(content, contents.Targeting):
        assert target is not None
        return _about(content, target, now)
    match content:
        case contents.TextContent():
            return _text(content.text, quoted)
        case contents.LocationContent():
            return _location(content, quoted)
        case contents.ContactContent():
            return _card(content, quoted)
        case contents.PollContent():
            return _poll(content)
        case contents.CallContent():
            raise AssertionError("a call is no message")


def kind_of(content: contents.Content) -> MessageKind:
    return MessageKind(str(content.__struct_config__.tag))


def disappearing(message: bytes) -> bytes:
    """As it is written in a chat whose messages disappear after a while."""
    return encode({_EPHEMERAL: encode({1: message})})


def with_secret(message: bytes) -> bytes:
    """As official clients send whatever others may later vote on, react to or report."""
    return message + encode({35: encode({3: secrets.token_bytes(_SECRET_BYTES)})})


def sent_elsewhere(message: bytes, *, chat: Jid) -> bytes:
    """The copy of an own message that the phone gives its companions."""
    return encode({31: encode({1: str(chat), 2: message})})


def _text(text: str, quoted: Target | None) -> bytes:
    if quoted is None:
        return encode({1: text})
    return encode({6: encode({1: text, _CONTEXT: _context(quoted)})})


def _file(
    content: contents.FileContent, attachment: Attachment, quoted: Target | None, now: datetime
) -> bytes:
    kind, seal = kind_of(content), attachment.seal
    where = MEDIA_FIELDS[kind]
    caption = content.caption if isinstance(content, contents.Captioned) else ""
    values: dict[int, protobuf.Value | list[bytes] | None] = {
        where.url: attachment.url,
        where.mime_type: content.mime_type,
        where.sha256: seal.sha256,
        where.size: seal.size,
        where.key: seal.key,
        where.sealed_sha256: seal.sealed_sha256,
        where.direct_path: seal.direct_path,
        where.key_timestamp: int(now.timestamp()),
        _CONTEXT: _context(quoted),
    }
    if caption:
        values[where.caption] = caption
    if isinstance(content, contents.Timed):
        values[where.seconds] = content.seconds
    if isinstance(content, contents.VoiceContent):
        values[VOICE_FLAG] = 1
    if isinstance(content, contents.DocumentContent):
        values[where.file_name] = content.file_name
    message = encode({where.message: encode(values)})
    if isinstance(content, contents.DocumentContent) and caption:
        return encode({_DOCUMENT_WITH_CAPTION: encode({1: message})})
    return message


def _location(content: contents.LocationContent, quoted: Target | None) -> bytes:
    place: protobuf.Message = {
        1: content.latitude,
        2: content.longitude,
        3: content.name or None,
        4: content.address or None,
        _CONTEXT: _context(quoted),
    }
    return encode({5: encode(place)})


def _card(content: contents.ContactContent, quoted: Target | None) -> bytes:
    card: protobuf.Message = {1: content.name, 16: _vcard(content), _CONTEXT: _context(quoted)}
    return encode({4: encode(card)})


def _vcard(content: contents.ContactContent) -> str:
    name, number = content.name, content.phone_number
    return (
        f"BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\n"
        f"TEL;type=CELL;waid={number[1:]}:{number}\nEND:VCARD"
    )


def _poll(content: contents.PollContent) -> bytes:
    options = [encode({1: option}) for option in content.options]
    return encode({64: encode({2: content.question, 3: options, 4: 1})})


def _about(content: contents.Targeting, target: Target, now: datetime) -> bytes:
    match content:
        case contents.ReactionContent():
            reaction: protobuf.Message = {1: _key(target), 2: content.emoji, 4: _milliseconds(now)}
            return encode({46: encode(reaction)})
        case contents.EditContent():
            return _edit(content, target, now)
        case contents.DeleteContent():
            return encode({12: encode({1: _key(target), 2: _REVOKE})})


def _edit(content: contents.EditContent, target: Target, now: datetime) -> bytes:
    protocol: protobuf.Message = {
        1: _key(target),
        2: _MESSAGE_EDIT,
        14: encode({1: content.text}),
        15: _milliseconds(now),
    }
    return encode({58: encode({1: encode({12: encode(protocol)})})})


def _key(target: Target) -> bytes:
    in_group = target.chat.server == GROUP_SERVER and not target.is_own
    participant = str(target.sender) if in_group else None
    return encode({1: str(target.chat), 2: int(target.is_own), 3: target.id, 4: participant})


def _context(quoted: Target | None) -> bytes | None:
    if quoted is None:
        return None
    return encode({1: quoted.id, 2: str(quoted.sender), 3: encode({1: quoted.text})})


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
