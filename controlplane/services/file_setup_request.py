"""A request for a bot, filed by an operator for a business that is there already."""

from controlplane.services.acting import Caller, leave_trace
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.stores import setup_requests
from shared.structs.setup_requests import CreateSetupRequestInput, SetupRequestView


async def file_setup_request(given: CreateSetupRequestInput, *, caller: Caller) -> SetupRequestView:
    async with transaction():
        request = await setup_requests.create(TenantId(given.tenant_id), note=given.note)
        await leave_trace(
            caller,
            "setup_request.filed",
            tenant_id=TenantId(given.tenant_id),
            request=str(request.id),
        )
    return request
