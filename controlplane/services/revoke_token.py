"""Takes back a worker's token: it is cut off, refused, and ends with exit code 64."""

from controlplane.services.acting import Caller, Disconnect, leave_trace
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.stores import credentials, tenants
from shared.structs.tenants import RevocationView


async def revoke_token(
    tenant_id: TenantId, *, caller: Caller, disconnect: Disconnect
) -> RevocationView:
    async with transaction():
        await tenants.get(tenant_id)
        revoked = await credentials.revoke(tenant_id)
        await leave_trace(caller, "token.revoked", tenant_id=tenant_id, revoked=revoked)
    disconnect(tenant_id)
    return RevocationView(revoked=revoked)
