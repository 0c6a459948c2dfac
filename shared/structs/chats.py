"""Chats: all that a business and one contact wrote to each other, as the portal shows it."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import Direction, MessageKind, MessageOrigin, OutboundState
from shared.structs.contacts import ContactView
from shared.structs.media import Media


class ChatSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The newest message of a chat. beginning: of its text."""

    contact: ContactView
    direction: Direction
    kind: MessageKind
    beginning: str
    at: datetime
    origin: MessageOrigin | None


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True):
    """beginning: of its text, with one character more than is asked for where there is more.

    state, reason: of a message that was queued; `is_logged` is False until it went out.
    author: the address of the member who queued it; None for a program.
    """

    id: UUID
    at: datetime
    direction: Direction
    kind: MessageKind
    beginning: str
    is_logged: bool
    media: Media | None = None
    state: OutboundState | None = None
    reason: str | None = None
    origin: MessageOrigin | None = None
    author: str | None = None
