"""A chat is taken over from the bot by whoever answers in it, and handed back."""

from datetime import datetime

from shared.clock import Clock
from shared.db.guard import member_transaction
from shared.ids import TenantId
from shared.stores import announcements, contacts, portal_events, takeovers
from shared.structs.contacts import ContactView
from shared.structs.members import Member
from shared.structs.takeovers import TAKEN_FOR, ChatTaken


async def take_over(tenant_id: TenantId, name: str, *, member: Member, clock: Clock) -> None:
    """Raises NotFoundError."""
    async with member_transaction(member.id, tenant_id=tenant_id):
        contact = await contacts.get_named(tenant_id, name)
        await say_taken(tenant_id, contact, until=clock.now() + TAKEN_FOR, now=clock.now())
        await _record(tenant_id, "chat_taken", contact, member)


async def hand_back(tenant_id: TenantId, name: str, *, member: Member, clock: Clock) -> None:
    """Raises NotFoundError."""
    async with member_transaction(member.id, tenant_id=tenant_id):
        contact = await contacts.get_named(tenant_id, name)
        await say_taken(tenant_id, contact, until=clock.now(), now=clock.now())
        await _record(tenant_id, "chat_handed_back", contact, member)


async def say_taken(
    tenant_id: TenantId, contact: ContactView, *, until: datetime, now: datetime
) -> None:
    """Within a guard: to the worker, by way of the control plane, and to open pages."""
    names = filter(None, (contact.lid, contact.phone))
    words = [ChatTaken(chat=name, until=until, changed_at=now) for name in names]
    await takeovers.record(tenant_id, words)
    await announcements.ask(tenant_id)
    await announcements.announce([tenant_id])


async def _record(
    tenant_id: TenantId, event_type: str, contact: ContactView, member: Member
) -> None:
    chat = contact.phone or contact.lid
    await portal_events.record(tenant_id, event_type, {"member": str(member.id), "chat": chat})
