"""People of a business, as the portal knows them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from shared.enums import Language, ProofPurpose, UserRole
from shared.ids import TenantId
from shared.structs.text import Password


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """tenant_id: None until the business has been described."""

    id: UUID
    tenant_id: TenantId | None
    role: UserRole
    email: str
    language: Language


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What an invitation offers: to be this in that business."""

    tenant_id: TenantId
    role: UserRole


class CreateMemberInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """password: without one the member chooses it by "Forgot your password?" of the portal."""

    email: str
    role: Literal["OWNER", "STAFF"]
    language: Language = Language.SW
    password: Password | None = None


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a tenant, as operators see them."""

    id: UUID
    email: str
    role: UserRole
    language: Language


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A mailed link that is good. member_id: None at sign-up. offer: of an invitation."""

    purpose: ProofPurpose
    email: str
    member_id: UUID | None
    offer: Offer | None = None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """One that waits to be taken."""

    id: UUID
    email: str
    role: UserRole
    expires_at: datetime
