"""Links that were mailed, by the hash of the token in each."""

from datetime import datetime, timedelta
from uuid import UUID

from shared.enums import ProofPurpose
from shared.stores.rows import to_uuid
from shared.structs.members import Proof
from shared.tables import MailProof

LIFE = timedelta(hours=1)
# What is over stays for as long as somebody may wonder why a link did not work.
KEPT = timedelta(days=7)


async def create(
    token_hash: str, purpose: ProofPurpose, email: str, *, member_id: UUID | None, now: datetime
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
        now + LIFE,
    )


async def find(token_hash: str, purpose: ProofPurpose, *, now: datetime) -> Proof | None:
    """Within the transaction of the token; None when it is used, over, or for something else."""
    rows = await MailProof.raw(
        "SELECT email, member FROM mail_proofs WHERE token_hash = {} AND purpose = {}"
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
    )


async def use(token_hash: str, *, now: datetime) -> None:
    await MailProof.raw(
        "UPDATE mail_proofs SET used_at = {} WHERE token_hash = {}", now, token_hash
    )


async def sweep(*, now: datetime) -> None:
    await MailProof.raw("DELETE FROM mail_proofs WHERE expires_at < {}", now - KEPT)
