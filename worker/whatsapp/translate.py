"""From the library's protobuf events to our own structs. Pure.

Field numbers are those of neonize 0.5.2's `Neonize.proto` and WhatsApp's `WAWebProtobufsE2E`.
"""

import re
from collections.abc import Callable, Container
from datetime import UTC, datetime, timedelta

import msgspec

from shared.enums import MessageKind, ReceiptKind, SkipReason
from shared.stored_text import cut
from shared.structs.text import MAX_MESSAGE_LENGTH
from shared.wire.events import Party
from worker.whatsapp import events as ours
from worker.whatsapp.files import read_file
from worker.whatsapp.protobuf import (
    Fields,
    Value,
    number,
    read,
    read_repeated,
    text,
    write,
)
from worker.whatsapp.targets import find_target

MAX_NAME = 200  # of a person, in the person's own words; phones take 25

PHONE_SERVERS = frozenset({"s.whatsapp.net", "c.us", "hosted"})
LID_SERVERS = frozenset({"lid", "hosted.lid"})


class EventCode:
    """Numbers under which the library announces events; only these are subscribed to."""

    PAIR_STATUS = 2
    CONNECTED = 3
    KEEPALIVE_TIMEOUT = 4
    KEEPALIVE_RESTORED = 5
    LOGGED_OUT = 6
    STREAM_REPLACED = 7
    TEMPORARY_BAN = 8
    CONNECT_FAILURE = 9
    CLIENT_OUTDATED = 10
    DISCONNECTED = 12
    MESSAGE = 17
    RECEIPT = 18
    CALL_OFFER = 36
    UNDECRYPTABLE = 44


_CONNECT_FAILURES = {
    1: "GENERIC",
    2: "LOGGED_OUT",
    3: "TEMP_BANNED",
    4: "MAIN_DEVICE_GONE",
    5: "UNKNOWN_LOGOUT",
    6: "CLIENT_OUTDATED",
    7: "BAD_USER_AGENT",
    8: "INTERNAL_SERVER_ERROR",
    9: "EXPERIMENTAL",
    10: "SERVICE_UNAVAILABLE",
}
# whatsmeow treats these as a lost connection and tries again by itself.
_RETRIED_FAILURES = frozenset({"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"})
_BANS = {
    1: "sent to too many people",
    2: "blocked by too many people",
    3: "created too many groups",
    4: "sent the same message too often",
    5: "sent to a broadcast list too often",
}


class Jid(msgspec.Struct, frozen=True):
    user: str
    server: str


def read_jid(data: Value | None) -> Jid:
    fields = read(data)
    return Jid(text(fields.get(1)), text(fields.get(5)))


def to_phone(jid: Jid) -> str | None:
    """E.164, or None when the JID is not a phone's."""
    # Digits of other scripts are digits too, and no part of a number.
    is_number = jid.user.isascii() and jid.user.isdigit()
    return f"+{jid.user}" if jid.server in PHONE_SERVERS and is_number else None


def to_lid(jid: Jid) -> str | None:
    return f"{jid.user}@lid" if jid.server in LID_SERVERS and jid.user else None


def to_instant(value: int) -> datetime:
    """Unix time in seconds, milliseconds, micro- or nanoseconds: the library uses several."""
    while value > 100_000_000_000:
        value //= 1000
    return datetime.fromtimestamp(value, UTC)


def to_duration(value: int) -> timedelta:
    """Seconds, or Go's nanoseconds when the number is too large for a ban in seconds."""
    return timedelta(seconds=value if value < 1_000_000_000 else value // 1_000_000_000)


def read_connected(data: bytes) -> ours.Connected:
    """Who is linked, from the library's Device message; empty where it does not say."""
    fields = read(data)
    jid = read_jid(fields.get(1))
    number_of_device = number(read(fields.get(1)).get(3))
    return ours.Connected(
        to_phone(jid) or "",
        to_lid(read_jid(fields.get(2))) or "",
        f"{jid.user}:{number_of_device}" if jid.user else "",
    )


def translate_link_event(code: int, data: bytes) -> ours.LinkEvent | None:
    """None for events that say nothing about the link. Connected comes without a phone."""
    reader = _LINK_EVENTS.get(code)
    return reader(read(data)) if reader is not None else None


def _pair_status(fields: Fields) -> ours.LinkEvent:
    if number(fields.get(4)) == 2:
        return ours.Paired(to_phone(read_jid(fields.get(1))) or "")
    return ours.PairFailed(text(fields.get(5)))


def _logged_out(fields: Fields) -> ours.LinkEvent:
    reason = _CONNECT_FAILURES.get(number(fields.get(2)), "LOGGED_OUT")
    return ours.LoggedOut(bool(number(fields.get(1))), reason)


def _temporary_ban(fields: Fields) -> ours.LinkEvent:
    detail = _BANS.get(number(fields.get(1)), "for a reason WhatsApp does not name")
    return ours.TemporaryBan(detail, to_duration(number(fields.get(2))))


def _connect_failure(fields: Fields) -> ours.LinkEvent:
    reason = _CONNECT_FAILURES.get(number(fields.get(1)), "GENERIC")
    return ours.ConnectFailure(reason, reason in _RETRIED_FAILURES)


def translate_end(error: str) -> ours.LinkEvent:
    """What the end of a round means. error: the library's, empty when it was stopped.

    It cannot put into words a refused login whose code it does not know (463, for one), and
    gives up over that.
    """
    if "ConnectFailure.Reason" in error:
        return ours.ConnectFailure("a code that the client library does not know", retried=False)
    return ours.RoundEnded(error)


_LINK_EVENTS: dict[int, Callable[[Fields], ours.LinkEvent]] = {
    EventCode.PAIR_STATUS: _pair_status,
    EventCode.CONNECTED: lambda _: ours.Connected(""),
    EventCode.KEEPALIVE_TIMEOUT: lambda fields: ours.KeepAliveTimedOut(
        number(fields.get(1)), to_instant(number(fields.get(2)))
    ),
    EventCode.KEEPALIVE_RESTORED: lambda _: ours.KeepAliveRestored(),
    EventCode.LOGGED_OUT: _logged_out,
    EventCode.STREAM_REPLACED: lambda _: ours.StreamReplaced(),
    EventCode.TEMPORARY_BAN: _temporary_ban,
    EventCode.CONNECT_FAILURE: _connect_failure,
    EventCode.CLIENT_OUTDATED: lambda _: ours.ClientOutdated(),
    EventCode.DISCONNECTED: lambda _: ours.Disconnected(),
}
# They come once and are journaled; the others say how things are now.
MESSAGES = frozenset({EventCode.MESSAGE, EventCode.CALL_OFFER, EventCode.UNDECRYPTABLE})
SUBSCRIBED = (*_LINK_EVENTS, *MESSAGES, EventCode.RECEIPT)


def translate_message_event(code: int, data: bytes) -> ours.MessageEvent:
    """code: one of MESSAGES."""
    match code:
        case EventCode.CALL_OFFER:
            return translate_call(data)
        case EventCode.UNDECRYPTABLE:
            return translate_unreadable(data)
        case _:
            return translate_message(data)


def translate_message(data: bytes) -> ours.MessageEvent:
    fields = read(data)
    info = read(fields.get(1))
    source = read(info.get(1))
    chat = read_jid(source.get(1))
    is_own = bool(number(source.get(3)))
    skip = _skip_reason(chat, from_me=is_own and not _is_to_somebody(chat, source))
    if skip is not None:
        announced = skip is SkipReason.FROM_ME and _HISTORY in read(
            read(fields.get(2)).get(_PROTOCOL)
        )
        return ours.Skipped(skip, brings_history=announced)
    message = unwrap(fields.get(2))
    content = _read_unwrapped(message)
    if content is None:
        if is_own:
            # Right after linking the app-state key arrives as an empty message "from me".
            return ours.Skipped(SkipReason.FROM_ME)
        return ours.Skipped(SkipReason.NO_CONTENT, text(info.get(2)))
    kind, words = content
    if number(fields.get(9)):  # IsEdit: the library has unwrapped the new text already
        kind = MessageKind.EDIT
    file = None if kind is MessageKind.EDIT else read_file(message)
    media, fetch_from = file or (None, None)
    if is_own:
        return ours.Own(
            wa_message_id=text(info.get(2)),
            kind=kind,
            contact=_party(chat, read_jid(source.get(7))),
            text=cut(words, MAX_MESSAGE_LENGTH),
            at=to_instant(number(info.get(6))),
            in_reply_to=find_target(message),
            media=media,
        )
    return ours.Inbound(
        wa_message_id=text(info.get(2)),
        kind=kind,
        contact=_party(read_jid(source.get(2)), read_jid(source.get(6)), chat),
        text=cut(words, MAX_MESSAGE_LENGTH),
        at=to_instant(number(info.get(6))),
        push_name=cut(text(info.get(5)), MAX_NAME),
        in_reply_to=find_target(message),
        media=media,
        source=fetch_from,
    )


# What the library keeps to itself of an undecryptable message, and we add: beyond its own fields.
_VIEW_ONCE = 1000
_HIDE = 2
_WARNING = re.compile(r'Unavailable message (\S+) from .*\(type: "view_once"\)')


def translate_unreadable(data: bytes) -> ours.MessageEvent:
    """data: with `mark_view_once` where that is known."""
    fields = read(data)
    info = read(fields.get(1))
    source = read(info.get(1))
    chat = read_jid(source.get(1))
    skip = _skip_reason(chat, from_me=bool(number(source.get(3))))
    if skip is not None:
        return ours.Skipped(skip)
    return ours.Unreadable(
        wa_message_id=text(info.get(2)),
        kind=MessageKind.VIEW_ONCE if number(fields.get(_VIEW_ONCE)) else MessageKind.UNREADABLE,
        contact=_party(read_jid(source.get(2)), read_jid(source.get(6)), chat),
        at=to_instant(number(info.get(6))),
        push_name=cut(text(info.get(5)), MAX_NAME),
        is_quiet=number(fields.get(3)) == _HIDE,
    )


def find_view_once(warning: str) -> str | None:
    """The id of a message that only a warning of the library tells to be one, just before its
    event.
    """
    found = _WARNING.match(warning)
    return found[1] if found is not None else None


_REPEATED = re.compile(
    r"Ignoring message (\S+) from (\d+)(?:[.:]\d+)*@([a-z.]+): .*received message with old counter"
)


def find_missed(warning: str) -> ours.Missed | None:
    """Told apart from `X in Y`, which is how it names groups and our own messages."""
    found = _REPEATED.match(warning)
    contact = _party(Jid(found[2], found[3])) if found is not None else Party()
    if found is None or not contact.number:
        return None
    return ours.Missed(wa_message_id=found[1], contact=contact)


def mark_view_once(data: bytes, ids: Container[str]) -> bytes:
    """An undecryptable message, with the mark if it is one of `ids`."""
    info = read(read(data).get(1))
    return data + write({_VIEW_ONCE: True}) if text(info.get(2)) in ids else data


def translate_call(data: bytes) -> ours.MessageEvent:
    meta = read(read(data).get(1))
    caller = read_jid(meta.get(1))
    skip = _skip_reason(caller, from_me=False)
    if skip is not None:
        return ours.Skipped(skip)
    return ours.Inbound(
        wa_message_id=text(meta.get(5)),
        kind=MessageKind.CALL,
        contact=_party(caller, read_jid(meta.get(3)), read_jid(meta.get(4))),
        text="",
        at=to_instant(number(meta.get(2))),
    )


# neonize's ReceiptType. INACTIVE: delivered to a device whose owner is not online, as bots are.
_RECEIPTS = {
    1: ReceiptKind.DELIVERED,
    9: ReceiptKind.DELIVERED,
    4: ReceiptKind.READ,
    6: ReceiptKind.READ,  # PLAYED: a voice message that was listened to
}


def translate_receipt(data: bytes) -> ours.Receipt | None:
    """None for what our own devices say, for groups, and for retries and the like."""
    fields = read(data)
    source = read(fields.get(1))
    chat = read_jid(source.get(1))
    kind = _RECEIPTS.get(number(fields.get(4)))
    if kind is None or _skip_reason(chat, from_me=bool(number(source.get(3)))) is not None:
        return None
    return ours.Receipt(
        kind=kind,
        wa_message_ids=[text(value) for value in read_repeated(data, 2)],
        contact=_party(read_jid(source.get(2)), read_jid(source.get(6)), chat),
        at=to_instant(number(fields.get(3))),
    )


def read_presence_on_whatsapp(data: bytes) -> bool:
    """Whether the one number that was asked about has an account."""
    return bool(number(read(read(data).get(1)).get(3)))


def _is_to_somebody(chat: Jid, source: Fields) -> bool:
    """Of what is our own: whether a contact sees it, and not only who wrote it."""
    is_contact = chat.server in PHONE_SERVERS or chat.server in LID_SERVERS
    return is_contact and chat.user not in {
        read_jid(source.get(field)).user
        for field in (2, 6)  # the sender, by both names
    }


def _skip_reason(chat: Jid, *, from_me: bool) -> SkipReason | None:
    if from_me:
        return SkipReason.FROM_ME
    if chat.server in PHONE_SERVERS or chat.server in LID_SERVERS:
        return None
    if chat.server == "broadcast":
        return SkipReason.STATUS if chat.user == "status" else SkipReason.BROADCAST
    return {"g.us": SkipReason.GROUP, "newsletter": SkipReason.NEWSLETTER}.get(
        chat.server, SkipReason.OTHER_SERVER
    )


def _party(*jids: Jid) -> Party:
    phones = [phone for jid in jids if (phone := to_phone(jid))]
    lids = [lid for jid in jids if (lid := to_lid(jid))]
    return Party(phone=next(iter(phones), None), lid=next(iter(lids), None))


Content = tuple[MessageKind, str]

# Fields of waE2E.Message that only wrap another one: wrapper → field of the inner message.
_WRAPPERS = {
    31: 2,  # deviceSentMessage
    37: 1,  # viewOnceMessage
    40: 1,  # ephemeralMessage
    53: 1,  # documentWithCaptionMessage
    55: 1,  # viewOnceMessageV2
    59: 1,  # viewOnceMessageV2Extension
    62: 1,  # groupMentionedMessage
    91: 1,  # associatedChildMessage (one picture of an album)
    93: 1,  # pollCreationMessageV4
    118: 1,  # spoilerMessage
}
# Field → kind and the path to the words worth logging.
_CONTENTS: dict[int, tuple[MessageKind, tuple[int, ...]]] = {
    3: (MessageKind.IMAGE, (3,)),
    4: (MessageKind.CONTACT, (1,)),
    5: (MessageKind.LOCATION, (3,)),
    6: (MessageKind.TEXT, (1,)),
    7: (MessageKind.DOCUMENT, (20,)),
    8: (MessageKind.AUDIO, ()),
    9: (MessageKind.VIDEO, (7,)),
    10: (MessageKind.CALL, ()),
    13: (MessageKind.CONTACT, (1,)),
    18: (MessageKind.LOCATION, (6,)),
    26: (MessageKind.STICKER, ()),
    29: (MessageKind.TEXT, (2,)),  # a tapped template button reads as its label
    39: (MessageKind.TEXT, (1,)),  # a chosen list row
    43: (MessageKind.TEXT, (2,)),  # a tapped button
    46: (MessageKind.REACTION, (2,)),
    48: (MessageKind.TEXT, (1, 1)),  # an answered interactive message
    49: (MessageKind.POLL, (2,)),
    50: (MessageKind.POLL, ()),
    56: (MessageKind.REACTION, ()),
    60: (MessageKind.POLL, (2,)),
    64: (MessageKind.POLL, (2,)),
    66: (MessageKind.VIDEO, (7,)),
    69: (MessageKind.CALL, ()),
    74: (MessageKind.STICKER, ()),
    86: (MessageKind.STICKER, ()),
    111: (MessageKind.POLL, (2,)),
    119: (MessageKind.POLL, (2,)),
}
_EDITED = 58
_PROTOCOL = 12
_REVOKE, _MESSAGE_EDIT = 0, 14
_HISTORY = 6
# They travel with a message or alone, and say nothing to a person.
_CARGO = frozenset({2, 15, 35, 123, 127})


def unwrap(message: Value | None) -> Fields:
    """The fields of a waE2E.Message without what is only wrapped around it."""
    fields = read(message)
    while wrapper := next((each for each in _WRAPPERS if each in fields), None):
        fields = read(read(fields[wrapper]).get(_WRAPPERS[wrapper]))
    return fields


def read_content(message: Value | None) -> Content | None:
    """Kind and words of a waE2E.Message; None when there is nothing a person sent."""
    return _read_unwrapped(unwrap(message))


def _read_unwrapped(fields: Fields) -> Content | None:
    if _PROTOCOL in fields:
        return _read_protocol(read(fields[_PROTOCOL]))
    if _EDITED in fields:
        content = read_content(read(fields[_EDITED]).get(1))
        return (MessageKind.EDIT, content[1] if content else "")
    if 1 in fields:
        return (MessageKind.TEXT, text(fields[1])) if fields[1] else None
    for field, (kind, path) in _CONTENTS.items():
        if field in fields:
            return _voice_or(kind, fields[field]), _words(fields[field], path)
    return (MessageKind.OTHER, "") if fields.keys() - _CARGO else None


def _read_protocol(fields: Fields) -> Content | None:
    kind = number(fields.get(2))
    if kind == _REVOKE and 1 in fields:
        return MessageKind.DELETE, ""
    if kind == _MESSAGE_EDIT:
        content = read_content(fields.get(14))
        return MessageKind.EDIT, content[1] if content else ""
    return None  # keys, settings and history: between the devices, not between people


def _voice_or(kind: MessageKind, value: Value) -> MessageKind:
    if kind is MessageKind.AUDIO and number(read(value).get(6)):  # PTT: push to talk
        return MessageKind.VOICE
    return kind


def _words(value: Value | None, path: tuple[int, ...]) -> str:
    for field in path:
        value = read(value).get(field)
    return text(value) if path else ""
