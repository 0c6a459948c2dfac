"""Messages as they are logged."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import Direction, MessageKind, MessageOrigin
from shared.structs.media import Media


class MessageLogInput(msgspec.Struct, frozen=True, kw_only=True):
    """A message that went in or out; its tenant is always a separate, first argument.

    from_number, to_number: E.164 where the phone is known, else the JID as text, so that a
        sender known by LID alone is logged and not dropped.
    contact_lid: the other side's LID (`…@lid`) where known.
    in_reply_to: the WhatsApp id of the message that this one answers, reacts to, edits or deletes.
    occurred_at: when WhatsApp says it happened (in), or when it was sent (out).
    media: of a message that holds a file.
    origin: of what went out.
    """

    direction: Direction
    kind: MessageKind
    from_number: str
    to_number: str
    message_text: str
    wa_message_id: str
    occurred_at: datetime
    contact_lid: str | None = None
    in_reply_to: str | None = None
    media: Media | None = None
    origin: MessageOrigin | None = None


class MessageLogView(msgspec.Struct, frozen=True, kw_only=True):
    """origin: of what went out; None also for what went out before it was written down."""

    id: UUID
    direction: Direction
    kind: MessageKind
    from_number: str
    to_number: str
    message_text: str
    wa_message_id: str
    contact_lid: str | None
    in_reply_to: str | None
    occurred_at: datetime
    created_at: datetime
    media: Media | None
    origin: MessageOrigin | None
