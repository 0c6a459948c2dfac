"""Tenants and messages as tests need them: real structs, every value valid until changed."""

from datetime import UTC, datetime
from typing import Any

from shared.enums import Direction, Language, MessageKind, TemplateType
from shared.structs.messages import MessageLogInput
from shared.structs.tenants import CreateTenantInput

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def business(number: int = 1, **changes: Any) -> CreateTenantInput:
    values = {
        "name": f"Duka {number}",
        "phone_number": f"+2557123{number:05d}",
        "template_type": TemplateType.SUPPORT,
        "language": Language.SW,
    }
    return CreateTenantInput(**(values | changes))


def message(wa_message_id: str = "3EB0", **changes: Any) -> MessageLogInput:
    values = {
        "direction": Direction.IN,
        "kind": MessageKind.TEXT,
        "from_number": "+255754000001",
        "to_number": "+255712300001",
        "message_text": "Habari",
        "wa_message_id": wa_message_id,
        "occurred_at": NOW,
    }
    return MessageLogInput(**(values | changes))
