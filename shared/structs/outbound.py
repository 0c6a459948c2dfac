"""Messages that are queued to be sent, as the API, the store and the gateway speak of them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from shared.enums import OutboundState, ReceiptKind
from shared.structs.text import MessageText, PhoneNumber

MAX_BATCH = 1000
# An instant without an offset would be a guess.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class SendMessageInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """send_at: at most 30 days ahead. expires_at: not to be sent from then on."""

    to: PhoneNumber
    text: MessageText
    send_at: Instant | None = None
    expires_at: Instant | None = None


class SendBatchInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them are queued, or none."""

    messages: Annotated[list[SendMessageInput], msgspec.Meta(min_length=1, max_length=MAX_BATCH)]


class OutboundAccepted(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    state: OutboundState


class BatchAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """In the order of the request."""

    items: list[OutboundAccepted]


class OutboundView(msgspec.Struct, frozen=True, kw_only=True):
    """reason: why it is FAILED or UNCERTAIN, for a person.

    cancel_requested_at: the worker had it already; the state says what came of it.
    """

    id: UUID
    to: str
    text: str
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
    text: str
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
