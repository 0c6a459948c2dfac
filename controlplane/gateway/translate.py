"""A worker's events as rows of the message log."""

from typing import assert_never

from shared.enums import Direction
from shared.structs.messages import MessageLogInput
from shared.wire.events import Event, MessageReceived, MessageSent


def to_message_log(event: Event) -> MessageLogInput:
    match event:
        case MessageReceived():
            return MessageLogInput(
                direction=Direction.IN,
                kind=event.kind,
                from_number=event.contact.number,
                to_number=event.own_phone,
                message_text=event.text,
                wa_message_id=event.wa_message_id,
                contact_lid=event.contact.lid,
                occurred_at=event.at,
            )
        case MessageSent():
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
            )
        case _:
            assert_never(event)
