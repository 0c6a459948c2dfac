"""Workers' tokens: each names its tenant, at most one a tenant is good."""

from shared.db.engine import transaction
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores.rows import to_uuid
from shared.stores.secrets import hash_secret, new_secret
from shared.structs.keys import CredentialOwner
from shared.tables import WorkerCredential

# How long a revoked token is told apart from an unknown one; both are refused.
_MEMORY = "7 days"


async def issue(tenant_id: TenantId, generation: int) -> str:
    """A new token, shown once; every older one of the tenant is revoked with it.

    Raises NotFoundError when the tenant is gone or going.
    """
    token = new_secret("fhw")
    async with transaction():
        # The lock is on the tenant: of two that issue at once, the later one's token is good.
        owner = await WorkerCredential.raw(
            "SELECT id FROM tenants WHERE id = {} AND removal_requested_at IS NULL"
            " FOR NO KEY UPDATE",
            tenant_id,
        )
        if not owner:
            raise NotFoundError("there is no such tenant")
        await revoke(tenant_id)
        await WorkerCredential.raw(
            f"DELETE FROM worker_credentials WHERE tenant = {{}}"
            f" AND revoked_at < now() - interval '{_MEMORY}'",
            tenant_id,
        )
        await WorkerCredential.raw(
            "INSERT INTO worker_credentials (tenant, token_hash, generation) VALUES ({}, {}, {})",
            tenant_id,
            hash_secret(token),
            generation,
        )
    return token


async def revoke(tenant_id: TenantId) -> bool:
    """Takes back the tenant's token; the worker is refused at its next `Hello`.

    False when there was none to take back.
    """
    rows = await WorkerCredential.raw(
        "UPDATE worker_credentials SET revoked_at = now()"
        " WHERE tenant = {} AND revoked_at IS NULL RETURNING id",
        tenant_id,
    )
    return bool(rows)


async def find_tenant(token: str) -> CredentialOwner | None:
    """Whose the token is; None for one that was never issued, or revoked long ago."""
    rows = await WorkerCredential.raw(
        "SELECT tenant, generation, revoked_at FROM worker_credentials WHERE token_hash = {}",
        hash_secret(token),
    )
    if not rows:
        return None
    row = rows[0]
    return CredentialOwner(
        tenant_id=TenantId(to_uuid(row["tenant"])),
        generation=row["generation"],
        revoked=row["revoked_at"] is not None,
    )
