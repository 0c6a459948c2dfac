"""A new round of codes, or one to type: the worker is asked by way of the control plane."""

from shared.clock import Clock
from shared.db.guard import member_transaction
from shared.enums import LinkWish
from shared.ids import TenantId
from shared.stores import link_requests, portal_events
from shared.structs.members import Member


async def ask_for_code(
    tenant_id: TenantId, wish: LinkWish, *, member: Member, clock: Clock
) -> None:
    async with member_transaction(member.id, tenant_id=tenant_id):
        await link_requests.ask(tenant_id, wish, now=clock.now())
        await portal_events.record(tenant_id, f"{wish.lower()}_asked", {"member": str(member.id)})
