"""A chat is taken over from the bot by whoever answers in it, and handed back."""

from datetime import datetime, timedelta

from portal.insider import Insider
from portal.services.tracing import leave_trace
from shared.clock import Clock
from shared.db.guard import member_transaction
from shared.ids import TenantId
from shared.stores import announcements, contacts, takeovers
from shared.structs.contacts import ContactView
from shared.structs.takeovers import TAKEN_FOR, ChatTaken

# More than a worker's clock, kept as a float, could take for the same.
A_MOMENT = timedelta(milliseconds=1)


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
    names = [*filter(None, (contact.lid, contact.phone))]
    # The later word counts, and the phone's clock may be ahead of ours: what is said here and now
    # is later than all that was said before.
    last = await takeovers.find(tenant_id, names)
    said_at = max(now, last.changed_at + A_MOMENT) if last else now
    words = [ChatTaken(chat=name, until=until, changed_at=said_at) for name in names]
    await takeovers.record(tenant_id, words)
    await announcements.ask(tenant_id)
    await announcements.announce([tenant_id])


def name_of(contact: ContactView) -> str:
    """By which the chat is found, and a message sent."""
    return contact.phone or contact.lid or ""
