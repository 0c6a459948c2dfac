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
    """Somebody who is signed in, or about to be. has_second_step: an authenticator is in force.

    proved_at: of a session by the provider, when they signed in there; None after a password.
    """

    id: UUID
    email: str
    role: OperatorRole
    has_second_step: bool = False
    proved_at: datetime | None = None


class SecondStep(msgspec.Struct, frozen=True, kw_only=True):
    """sealed: the authenticator's secret, encrypted. step: of the last code that was taken."""

    sealed: str
    step: int
    is_confirmed: bool


class OperatorView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    role: OperatorRole
    second_step: bool
    created_at: datetime
