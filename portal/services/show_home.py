"""How the member's bot is."""

from portal.standing import Standing, judge_standing
from shared.db.guard import tenant_transaction
from shared.ids import TenantId
from shared.stores import setup_requests, tenants
from shared.structs.tenants import TenantWithRelations


async def show_home(tenant_id: TenantId) -> tuple[TenantWithRelations, Standing]:
    async with tenant_transaction(tenant_id):
        tenant = await tenants.get(tenant_id)
        request = await setup_requests.find_newest(tenant_id)
    return tenant, judge_standing(tenant, setup=request.status if request else None)
