"""Past chats, as a phone hands them to a device that it has linked.

Field numbers are those of `WAWebProtobufsHistorySync`, `WAWebProtobufsWeb` and `WAWebProtobufsE2E`.
"""

import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from sandbox.media.sealing import Seal
from sandbox.people.message_ids import new_message_id
from sandbox.people.person import Person
from sandbox.wire.protobuf import Message, encode

_RECENT = 3
_NOTIFICATION = 5
_ALL = 100  # per cent


class PastMessage(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    is_own: bool
    at: datetime


class PastChat(msgspec.Struct, frozen=True):
    partner: Person
    messages: Sequence[PastMessage]


def write_history(chats: Sequence[PastChat]) -> bytes:
    """The file that is stored, before it is sealed."""
    return zlib.compress(
        encode({1: _RECENT, 2: [_conversation(chat) for chat in chats], 5: 1, 6: _ALL})
    )


def write_notification(seal: Seal) -> bytes:
    """The message that tells a device where its history is."""
    notification: Message = {
        1: seal.sha256,
        2: seal.size,
        3: seal.key,
        4: seal.sealed_sha256,
        5: seal.direct_path,
        6: _RECENT,
        7: 1,
        9: _ALL,
    }
    return encode({12: encode({2: _NOTIFICATION, 6: encode(notification)})})


def _conversation(chat: PastChat) -> bytes:
    messages = [
        encode({1: _message(chat.partner, message), 2: order})
        for order, message in enumerate(chat.messages, 1)
    ]
    last = max((_seconds(message.at) for message in chat.messages), default=0)
    return encode({1: _chat(chat.partner), 2: messages, 12: last, 13: chat.partner.name})


def _message(partner: Person, message: PastMessage) -> bytes:
    key = encode({1: _chat(partner), 2: int(message.is_own), 3: new_message_id()})
    name, secret = None if message.is_own else partner.name, secrets.token_bytes(32)
    said, at = encode({1: message.text}), _seconds(message.at)
    return encode({1: key, 2: said, 3: at, 19: name, 49: secret})


def _chat(partner: Person) -> str:
    return str(partner.pn_jid if partner.hides_lid else partner.lid_jid)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
