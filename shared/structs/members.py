"""People of a business, as the portal knows them."""

from uuid import UUID

import msgspec

from shared.enums import Language, ProofPurpose, UserRole
from shared.ids import TenantId


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """tenant_id: None until the business has been described."""

    id: UUID
    tenant_id: TenantId | None
    role: UserRole
    email: str
    language: Language


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A mailed link that is good. member_id: None at sign-up."""

    purpose: ProofPurpose
    email: str
    member_id: UUID | None
