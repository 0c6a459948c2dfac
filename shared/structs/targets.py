"""Messages that other messages are about."""

from datetime import datetime

import msgspec

from shared.enums import Direction, MessageKind, OutboundState


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What a request names. to: the phone of the chat in which it should be.

    message_id: of a queued message, of a row of the log, or WhatsApp's.
    """

    to: str
    message_id: str


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """A message that went in or out. at: as WhatsApp says it happened, or was sent."""

    wa_message_id: str
    direction: Direction
    kind: MessageKind
    text: str
    at: datetime


class NotLogged(msgspec.Struct, frozen=True, kw_only=True):
    """A queued message that has no WhatsApp id, not yet or never."""

    state: OutboundState


Target = Logged | NotLogged
