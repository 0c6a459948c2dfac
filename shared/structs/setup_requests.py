"""A business asks for a bot; an operator approves or rejects."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import Language, SetupStatus, TemplateType
from shared.structs.text import Note


class CreateSetupRequestInput(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    tenant_id: UUID
    note: Note = ""


class DecisionInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    note: Note = ""


class SetupRequestView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    tenant_id: UUID
    tenant_name: str
    phone_number: str
    template_type: TemplateType
    language: Language
    status: SetupStatus
    note: str | None
    created_at: datetime
    decided_at: datetime | None
