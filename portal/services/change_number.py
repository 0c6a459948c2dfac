"""The number of a business: changed here; the control plane follows, and resets the link."""

from portal.insider import Insider
from portal.services.tracing import leave_trace
from shared.clock import Clock
from shared.db.guard import member_transaction, tenant_transaction
from shared.enums import LinkWish
from shared.errors import InvalidInputError
from shared.phone import parse_phone, to_phone
from shared.phone_forms import is_same_phone
from shared.stores import link_requests, tenants
from shared.stores.tenants import PhoneNumberTakenError
from shared.web.fields import FormError


async def get_number(insider: Insider) -> str:
    async with tenant_transaction(insider.tenant_id):
        return (await tenants.get(insider.tenant_id)).phone_number


async def change_number(owner: Insider, typed: str, *, clock: Clock) -> None:
    """The same number in another form unlinks nothing. Raises FormError."""
    try:
        wanted = parse_phone("phone", to_phone(typed))
    except InvalidInputError as error:
        raise FormError({"phone": "business.phone_wrong"}) from error
    try:
        async with member_transaction(owner.member.id, tenant_id=owner.tenant_id):
            before = await tenants.set_number_as_owner(wanted)
            if before is None or before == wanted:
                return
            await leave_trace(owner, "number_changed", before=before, after=wanted)
            if not is_same_phone(before, wanted):
                await link_requests.ask(owner.tenant_id, LinkWish.NEW_NUMBER, now=clock.now())
    except PhoneNumberTakenError as error:
        raise FormError({"phone": "business.phone_taken"}) from error
