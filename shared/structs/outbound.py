"""Messages that are queued to be sent, as the API, the store and the gateway speak of them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from shared.enums import MessageKind, OutboundState, ReceiptKind
from shared.structs.content import Content
from shared.structs.content_input import ContentInput
from shared.structs.text import MessageRef, MessageText, PhoneNumber

MAX_BATCH = 1000
# An instant without an offset would be a guess.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class SendMessageInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is unset is not encoded either: the fingerprint of a text is what it always was."""

    to: PhoneNumber
    text: Annotated[
        MessageText | msgspec.UnsetType,
        msgspec.Meta(description="Short for a content of type `text`: give one of the two."),
    ] = msgspec.UNSET
    send_at: Annotated[Instant | None, msgspec.Meta(description="At most 30 days ahead.")] = None
    expires_at: Annotated[
        Instant | None, msgspec.Meta(description="It is not sent from then on.")
    ] = None
    content: Annotated[
        ContentInput | msgspec.UnsetType,
        msgspec.Meta(description="What is not a text; a text as well, in full."),
    ] = msgspec.UNSET
    reply_to: MessageRef | msgspec.UnsetType = msgspec.UNSET


class SendBatchInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them are queued, or none."""

    messages: Annotated[list[SendMessageInput], msgspec.Meta(min_length=1, max_length=MAX_BATCH)]


class OutboundAccepted(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    state: OutboundState


class BatchAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """In the order of the request."""

    items: list[OutboundAccepted]


class NewOutbound(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be queued, every value of it checked."""

    to: str
    content: Content
    send_at: datetime | None = None
    expires_at: datetime | None = None


class OutboundView(msgspec.Struct, frozen=True, kw_only=True):
    """to: the phone; the LID of somebody who has told no more, and was answered in the portal.
    text: what the message log will show of `content`.

    reason: why it is FAILED or UNCERTAIN, for a person.
    cancel_requested_at: the worker had it already; the state says what came of it.
    """

    id: UUID
    to: str
    kind: MessageKind
    text: str
    content: Content
    state: OutboundState
    reason: str | None
    send_at: datetime | None
    expires_at: datetime | None
    attempts: int
    cancel_requested_at: datetime | None
    wa_message_id: str | None
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """One queued message as it is claimed for a worker. withdrawn: it is asked not to send it."""

    id: UUID
    to: str
    content: Content
    expires_at: datetime | None
    taken: bool
    withdrawn: bool


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    wa_message_id: str
    at: datetime


class NotSent(msgspec.Struct, frozen=True, kw_only=True):
    """state: FAILED, UNCERTAIN or EXPIRED."""

    id: UUID
    state: OutboundState
    reason: str | None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    wa_message_id: str
    kind: ReceiptKind
    at: datetime
