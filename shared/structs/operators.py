"""People who run the platform, as the API and the dashboard speak of them."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.structs.text import Password


class CreateOperatorInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: str
    password: Password


class SetPasswordInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Password


class OperatorView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    created_at: datetime
