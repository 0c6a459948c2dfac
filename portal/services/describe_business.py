"""A business becomes a tenant, and asks for its bot."""

from shared.db.guard import NoProofError, member_transaction, open_business
from shared.errors import ConflictError
from shared.ids import TenantId, new_tenant_id
from shared.stores import members, portal_events, setup_requests, tenants
from shared.stores.tenants import PhoneNumberTakenError
from shared.structs.members import Member
from shared.structs.tenants import CreateTenantInput
from shared.web.fields import FormError


async def describe_business(given: CreateTenantInput, *, member: Member) -> TenantId:
    """Tenant, membership and request, or none of them.

    Raises FormError for another's phone number, ConflictError for a member who has a business.
    """
    tenant_id = new_tenant_id()
    try:
        async with member_transaction(member.id, tenant_id=None):
            await open_business(tenant_id)
            await tenants.create(given, tenant_id=tenant_id)
            await members.join(member.id, tenant_id)
            await setup_requests.create(tenant_id)
            await portal_events.record(tenant_id, "business_described", {"member": str(member.id)})
    except NoProofError as error:
        # The form was sent twice: the session is a member's of that business by now.
        raise ConflictError("the member has a business") from error
    except PhoneNumberTakenError as error:
        raise FormError({"phone": "business.phone_taken"}) from error
    return tenant_id
