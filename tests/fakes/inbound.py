"""Messages as the intake makes them."""

from datetime import UTC, datetime

from shared.enums import MessageKind
from shared.wire.events import MessageReceived, MessageSent, Party

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OWN_PHONE = "+255700000099"
ASHA = "+255700000001"


def message(
    number: object, text: str = "hello", *, phone: str = ASHA, kind: MessageKind = MessageKind.TEXT
) -> MessageReceived:
    return MessageReceived(
        wa_message_id=f"ID{number}",
        kind=kind,
        contact=Party(phone=phone),
        own_phone=OWN_PHONE,
        text=text,
        at=NOW,
    )


def answer(number: object, to: MessageReceived) -> MessageSent:
    return MessageSent(
        wa_message_id=f"OUT{number}",
        kind=MessageKind.TEXT,
        contact=to.contact,
        own_phone=OWN_PHONE,
        text="an answer",
        at=NOW,
        in_reply_to=to.wa_message_id,
    )
