"""A chat is taken over from the bot by whoever answers in it, and handed back."""

from datetime import datetime

from portal.insider import Insider
from portal.services.tracing import leave_trace
from shared.clock import Clock
from shared.db.guard import member_transaction
from shared.ids import TenantId
from shared.stores import announcements, contacts, takeovers
from shared.structs.contacts import ContactView
from shared.structs.takeovers import TAKEN_FOR, ChatTaken


async def take_over(insider: Insider, name: str, *, clock: Clock) -> None:
    """Raises NotFoundError."""
    tenant_id = insider.tenant_id
    async with member_transaction(insider.member.id, tenant_id=tenant_id):
        contact = await contacts.get_named(tenant_id, name)
        await say_taken(tenant_id, contact, until=clock.now() + TAKEN_FOR, now=clock.now())
        await leave_trace(insider, "chat_taken", chat=name_of(contact))


async def hand_back(insider: Insider, name: str, *, clock: Clock) -> None:
    """Raises NotFoundError."""
    tenant_id = insider.tenant_id
    async with member_transaction(insider.member.id, tenant_id=tenant_id):
        contact = await contacts.get_named(tenant_id, name)
        await say_taken(tenant_id, contact, until=clock.now(), now=clock.now())
        await leave_trace(insider, "chat_handed_back", chat=name_of(contact))


async def say_taken(
    tenant_id: TenantId, contact: ContactView, *, until: datetime, now: datetime
) -> None:
    """Within a guard: to the worker, by way of the control plane, and to open pages."""
    names = filter(None, (contact.lid, contact.phone))
    words = [ChatTaken(chat=name, until=until, changed_at=now) for name in names]
    await takeovers.record(tenant_id, words)
    await announcements.ask(tenant_id)
    await announcements.announce([tenant_id])


def name_of(contact: ContactView) -> str:
    """By which the chat is found, and a message sent."""
    return contact.phone or contact.lid or ""
