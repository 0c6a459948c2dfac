"""Links that were mailed, by the hash of the token in each."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from shared.enums import ProofPurpose, UserRole
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores.members import NotAnOwnerError
from shared.stores.rows import read_each, to_uuid
from shared.structs.members import Invitation, Offer, Proof
from shared.tables import MailProof

LIFE = timedelta(hours=1)
# Whoever is invited did not wait for it.
INVITATION_LIFE = timedelta(days=3)
# What is over stays for as long as somebody may wonder why a link did not work.
KEPT = timedelta(days=7)


async def create(
    token_hash: str,
    purpose: ProofPurpose,
    email: str,
    *,
    member_id: UUID | None,
    now: datetime,
    life: timedelta = LIFE,
) -> None:
    """Within the transaction of the token."""
    await MailProof.raw(
        "INSERT INTO mail_proofs (token_hash, purpose, email, member, created_at, expires_at)"
        " VALUES ({}, {}, {}, {}, {}, {})",
        token_hash,
        purpose.value,
        email,
        member_id,
        now,
        now + life,
    )


async def invite(
    token_hash: str, email: str, offer: Offer, *, inviter: UUID, now: datetime
) -> None:
    """Within the transaction of the token, and of the owner who invites. An earlier one to the
    same address is no longer good. Raises NotAnOwnerError.
    """
    await MailProof.raw(
        "DELETE FROM mail_proofs WHERE tenant = {} AND purpose = 'INVITE' AND lower(email) = {}",
        offer.tenant_id,
        email.lower(),
    )
    try:
        await MailProof.raw(
            "INSERT INTO mail_proofs"
            " (token_hash, purpose, email, tenant, role, inviter, created_at, expires_at)"
            " VALUES ({}, {}, {}, {}, {}, {}, {}, {})",
            token_hash,
            ProofPurpose.INVITE.value,
            email,
            offer.tenant_id,
            offer.role.value,
            inviter,
            now,
            now + INVITATION_LIFE,
        )
    except asyncpg.InsufficientPrivilegeError as error:
        raise NotAnOwnerError("owners invite") from error


async def list_invitations(tenant_id: TenantId, *, now: datetime) -> list[Invitation]:
    """Those that are good, oldest first; at most a hundred."""
    rows = await MailProof.raw(
        "SELECT id, email, role, expires_at FROM mail_proofs WHERE tenant = {}"
        " AND purpose = 'INVITE' AND used_at IS NULL AND expires_at > {}"
        " ORDER BY seq LIMIT 100",
        tenant_id,
        now,
    )
    return read_each(rows, _to_invitation, of="invitation")


async def withdraw(tenant_id: TenantId, invitation_id: UUID) -> str:
    """The address it was for. In the transaction of an owner. Raises NotFoundError."""
    rows = await MailProof.raw(
        "DELETE FROM mail_proofs WHERE tenant = {} AND id = {} AND purpose = 'INVITE'"
        " AND used_at IS NULL RETURNING email",
        tenant_id,
        invitation_id,
    )
    if not rows:
        raise NotFoundError("there is no such invitation")
    return str(rows[0]["email"])


async def find(token_hash: str, purpose: ProofPurpose, *, now: datetime) -> Proof | None:
    """Within the transaction of the token; None when it is used, over, or for something else."""
    rows = await MailProof.raw(
        "SELECT email, member, tenant, role FROM mail_proofs WHERE token_hash = {} AND purpose = {}"
        " AND used_at IS NULL AND expires_at > {} FOR UPDATE",
        token_hash,
        purpose.value,
        now,
    )
    if not rows:
        return None
    member = rows[0]["member"]
    return Proof(
        purpose=purpose,
        email=rows[0]["email"],
        member_id=None if member is None else to_uuid(member),
        offer=_to_offer(rows[0]),
    )


async def use(token_hash: str, *, now: datetime) -> None:
    await MailProof.raw(
        "UPDATE mail_proofs SET used_at = {} WHERE token_hash = {}", now, token_hash
    )


async def use_all(member_id: UUID, *, now: datetime) -> None:
    """Every link that was mailed about this account is over. In the member's transaction."""
    await MailProof.raw(
        "UPDATE mail_proofs SET used_at = {} WHERE member = {} AND used_at IS NULL", now, member_id
    )


async def sweep(*, now: datetime) -> None:
    await MailProof.raw("SELECT flowhq_sweep_proofs({})", now - KEPT)


def _to_invitation(row: dict[str, Any]) -> Invitation:
    return Invitation(
        id=to_uuid(row["id"]),
        email=row["email"],
        role=UserRole(row["role"]),
        expires_at=row["expires_at"],
    )


def _to_offer(row: dict[str, Any]) -> Offer | None:
    if row["tenant"] is None:
        return None
    return Offer(tenant_id=TenantId(to_uuid(row["tenant"])), role=UserRole(row["role"]))
