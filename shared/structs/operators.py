"""People who run the platform, as the API and the dashboard speak of them."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import OperatorRole
from shared.structs.text import Password


class CreateOperatorInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: str
    password: Password
    role: OperatorRole = OperatorRole.ADMIN


class UpdateOperatorInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    role: OperatorRole


class SetPasswordInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Password


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in, or about to be."""

    id: UUID
    email: str
    role: OperatorRole


class OperatorView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    role: OperatorRole
    created_at: datetime
