"""A new business."""

import msgspec

from controlplane.services.acting import Caller, leave_trace
from controlplane.services.read_name import read_name
from controlplane.services.set_config import check_config
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.phone import parse_phone
from shared.stores import tenants
from shared.structs.tenants import CreateTenantInput, TenantWithRelations


async def create_tenant(given: CreateTenantInput, *, caller: Caller) -> TenantWithRelations:
    """Raises InvalidInputError, PhoneNumberTakenError for another's phone number."""
    given = _clean(given)
    phone_number = parse_phone("phone_number", given.phone_number)
    await check_config(given.to_config())
    async with transaction():
        tenant = await tenants.create(msgspec.structs.replace(given, phone_number=phone_number))
        await leave_trace(
            caller,
            "tenant.created",
            tenant_id=TenantId(tenant.id),
            name=tenant.name,
            phone_number=tenant.phone_number,
        )
    return tenant


def _clean(given: CreateTenantInput) -> CreateTenantInput:
    """Raises InvalidInputError."""
    business = given.business_name
    return msgspec.structs.replace(
        given,
        name=read_name("name", given.name),
        business_name=None if business is None else read_name("business_name", business),
    )
