"""From what a queued message says to WhatsApp's own message (waE2E.Message). Pure.

Field numbers are those of WhatsApp's `WAWebProtobufsE2E`. What an edit or a delete needs beside
its message (the stanza's `edit` attribute) the library adds when it sees one.
"""

from datetime import datetime

from shared.structs.content import (
    ContactContent,
    Content,
    DeleteContent,
    EditContent,
    FileContent,
    LocationContent,
    Quote,
    ReactionContent,
    TextContent,
)
from shared.wire.events import Party
from worker.whatsapp.compose_file import compose_file
from worker.whatsapp.files import Uploaded
from worker.whatsapp.protobuf import Writable, write

Fields = dict[int, Writable]

# Fields of waE2E.Message.
_CONVERSATION, _CONTACT, _LOCATION, _EXTENDED_TEXT = 1, 4, 5, 6
_PROTOCOL, _REACTION, _EDITED = 12, 46, 58
_CONTEXT_INFO = 17  # of every content that can quote
# waE2E.ProtocolMessage.Type
_REVOKE, _MESSAGE_EDIT = 0, 14


def compose(
    content: Content, *, chat: Party, own_phone: str, now: datetime, file: Uploaded | None = None
) -> bytes:
    """chat: as it is written to, for messages that name others in it. file: of a content that
    sends one.
    """
    here = _to_jid(chat.lid or chat.phone or "")
    match content:
        case ReactionContent():
            key = _key(content.wa_message_id, here, from_me=content.from_me)
            return write({_REACTION: {1: key, 2: content.emoji, 4: _milliseconds(now)}})
        case EditContent():
            edit: Fields = {
                1: _key(content.wa_message_id, here, from_me=True),
                2: _MESSAGE_EDIT,
                14: {_EXTENDED_TEXT: {1: content.text}},
                15: _milliseconds(now),
            }
            return write({_EDITED: {1: {_PROTOCOL: edit}}})
        case DeleteContent():
            key = _key(content.wa_message_id, here, from_me=True)
            return write({_PROTOCOL: {1: key, 2: _REVOKE}})
        case _:
            field, fields = _say(content, file, now)
            if content.quote is not None:
                sender = _to_jid(own_phone) if content.quote.from_me else here
                fields[_CONTEXT_INFO] = _quote(content.quote, sender)
            return write({field: fields})


def compose_text(words: str) -> bytes:
    # Extended text is what official clients send for typed text.
    return write({_EXTENDED_TEXT: {1: words}})


def to_vcard(name: str, phones: list[str]) -> str:
    """A vCard 3.0 (RFC 2426). waid: by it a phone offers to write to the number."""
    escaped = name
    for special in "\\,;":
        escaped = escaped.replace(special, f"\\{special}")
    numbers = [f"TEL;type=CELL;type=VOICE;waid={phone[1:]}:{phone}" for phone in phones]
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:;{escaped};;;", f"FN:{escaped}", *numbers]
    return "\n".join([*lines, "END:VCARD"])


def _say(
    content: TextContent | LocationContent | ContactContent | FileContent,
    file: Uploaded | None,
    now: datetime,
) -> tuple[int, Fields]:
    match content:
        case TextContent(text=text):
            return _EXTENDED_TEXT, {1: text}
        case ContactContent(name=name, phones=phones):
            return _CONTACT, {1: name, 16: to_vcard(name, phones)}
        case LocationContent():
            names = {3: content.name, 4: content.address}
            place: Fields = {1: content.latitude, 2: content.longitude}
            return _LOCATION, place | {field: words for field, words in names.items() if words}
        case _:
            assert file is not None, "the file goes first"
            return compose_file(content, file, now=now)


def _quote(quote: Quote, sender: str) -> Fields:
    return {1: quote.wa_message_id, 2: sender, 3: {_CONVERSATION: quote.text}}


def _key(wa_message_id: str, chat: str, *, from_me: bool) -> Fields:
    """A WACommon.MessageKey."""
    return {1: chat, 2: from_me, 3: wa_message_id}


def _to_jid(address: str) -> str:
    return f"{address[1:]}@s.whatsapp.net" if address.startswith("+") else address


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
