"""People who run the platform, as the API and the dashboard speak of them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

# What is wrong with one is told in words by the services: here is only what no password is.
Password = Annotated[str, msgspec.Meta(max_length=2000)]


class CreateOperatorInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: str
    password: Password


class SetPasswordInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Password


class OperatorView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    created_at: datetime
