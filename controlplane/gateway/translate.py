"""A worker's events as what they change: rows of the message log, states of queued messages,
and who is known.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec

from shared.enums import Direction, MessageKind, MessageOrigin, OutboundState
from shared.structs.contacts import Sighting
from shared.structs.messages import MessageLogInput
from shared.structs.outbound import NotSent, Receipt, Sent
from shared.structs.takeovers import ChatTaken
from shared.wire.events import (
    Event,
    MessageReceived,
    MessageSent,
    Party,
    ReceiptReceived,
    SendExpired,
    SendFailed,
    SendUncertain,
)

# What the owner does on the phone without answering a chat; the bot does none of it.
_GESTURES = {MessageKind.REACTION, MessageKind.EDIT, MessageKind.DELETE}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch of events says, each list in the order of the events.

    unknown_ids: of queued messages that no control plane can have named so.
    """

    log: list[MessageLogInput] = []
    sent: list[Sent] = []
    not_sent: list[NotSent] = []
    receipts: list[Receipt] = []
    sightings: list[Sighting] = []
    taken: list[ChatTaken] = []
    unknown_ids: list[str] = []

    @property
    def is_log_alone(self) -> bool:
        return not (self.sent or self.not_sent or self.receipts or self.taken)

    @property
    def has_settled(self) -> bool:
        return bool(self.sent or self.not_sent)


def to_told(events: Iterable[Event]) -> Told:
    told = Told()
    for event in events:
        _add(told, event)
    return told


def parse_outbound_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _add(told: Told, event: Event) -> None:
    match event:
        case MessageReceived():
            told.log.append(_to_received(event))
            _add_sighting(told, event.contact, event.at, event.push_name)
        case MessageSent():
            _add_message_sent(told, event)
        case SendFailed(outbound_id=text, reason=reason):
            _add_not_sent(told, text, OutboundState.FAILED, reason)
        case SendUncertain(outbound_id=text, reason=reason):
            _add_not_sent(told, text, OutboundState.UNCERTAIN, reason)
        case SendExpired(outbound_id=text):
            _add_not_sent(told, text, OutboundState.EXPIRED, None)
        case ReceiptReceived():
            told.receipts.extend(
                Receipt(wa_message_id=each, kind=event.kind, at=event.at)
                for each in event.wa_message_ids
            )
            _add_sighting(told, event.contact, event.at)
        case _:
            assert_never(event)


def _add_message_sent(told: Told, event: MessageSent) -> None:
    told.log.append(_to_sent(event))
    _add_sighting(told, event.contact, event.at)
    if event.outbound_id is not None:
        _add_sent(told, event, event.outbound_id)
    if event.bot_waits_until is not None:
        told.taken.extend(_to_taken(event, event.bot_waits_until))


def _add_sent(told: Told, event: MessageSent, outbound_id: str) -> None:
    parsed = parse_outbound_id(outbound_id)
    if parsed is None:
        told.unknown_ids.append(outbound_id)
        return
    told.sent.append(Sent(id=parsed, wa_message_id=event.wa_message_id, at=event.at))


def _to_taken(event: MessageSent, until: datetime) -> list[ChatTaken]:
    names = filter(None, (event.contact.lid, event.contact.phone))
    return [ChatTaken(chat=name, until=until, changed_at=event.at) for name in names]


def _add_not_sent(told: Told, outbound_id: str, state: OutboundState, reason: str | None) -> None:
    parsed = parse_outbound_id(outbound_id)
    if parsed is None:
        told.unknown_ids.append(outbound_id)
        return
    told.not_sent.append(NotSent(id=parsed, state=state, reason=reason))


def _add_sighting(told: Told, contact: Party, at: datetime, push_name: str = "") -> None:
    if not contact.number:
        return  # a sender whom the library could not name
    told.sightings.append(
        Sighting(
            phone=contact.phone,
            lid=contact.lid,
            first_at=at,
            last_at=at,
            push_name=push_name,
            named_at=at if push_name else None,
        )
    )


def _to_received(event: MessageReceived) -> MessageLogInput:
    return MessageLogInput(
        direction=Direction.IN,
        kind=event.kind,
        from_number=event.contact.number,
        to_number=event.own_phone,
        message_text=event.text,
        wa_message_id=event.wa_message_id,
        contact_lid=event.contact.lid,
        in_reply_to=event.in_reply_to,
        occurred_at=event.at,
        media=event.media,
    )


def _find_origin(event: MessageSent) -> MessageOrigin:
    if event.outbound_id is not None:
        return MessageOrigin.QUEUE
    is_from_phone = event.bot_waits_until is not None or event.kind in _GESTURES
    return MessageOrigin.PHONE if is_from_phone else MessageOrigin.BOT


def _to_sent(event: MessageSent) -> MessageLogInput:
    return MessageLogInput(
        direction=Direction.OUT,
        kind=event.kind,
        from_number=event.own_phone,
        to_number=event.contact.number,
        message_text=event.text,
        wa_message_id=event.wa_message_id,
        contact_lid=event.contact.lid,
        in_reply_to=event.in_reply_to,
        occurred_at=event.at,
        media=event.media,
        origin=_find_origin(event),
    )
