"""A new round of codes, or one to type: the worker is asked by way of the control plane."""

from portal.insider import Insider
from portal.services.tracing import leave_trace
from shared.clock import Clock
from shared.db.guard import member_transaction
from shared.enums import LinkWish
from shared.stores import link_requests


async def ask_for_code(owner: Insider, wish: LinkWish, *, clock: Clock) -> None:
    async with member_transaction(owner.member.id, tenant_id=owner.tenant_id):
        await link_requests.ask(owner.tenant_id, wish, now=clock.now())
        await leave_trace(owner, f"{wish.lower()}_asked")
