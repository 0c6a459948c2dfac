"""What a business is called, for passwords that must not be that."""

from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores import tenants


async def find_business_names(tenant_id: TenantId | None) -> tuple[str, ...]:
    """Within a guard. None of who has no business, or none any more."""
    if tenant_id is None:
        return ()
    try:
        tenant = await tenants.get(tenant_id)
    except NotFoundError:
        return ()
    return (tenant.name, tenant.config.business_name)
