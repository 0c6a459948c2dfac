"""What a member did, for the business to read; and what was tried against a member's account."""

from typing import Any

from portal.insider import Insider
from shared.enums import SecurityKind, SecuritySite
from shared.security import note
from shared.stores import portal_events
from shared.structs.members import Member

SIGNED_IN, FROM_NEW_DEVICE = "signed_in", "signed_in_new_device"


async def leave_trace(insider: Insider, event_type: str, **detail: Any) -> None:
    """Call it in the transaction of the change itself.

    The address as well as the id: who it was is to be read when the member has long gone.
    """
    who = {"member": str(insider.member.id), "who": insider.member.email}
    await portal_events.record(insider.tenant_id, event_type, who | detail)


async def leave_sign_in(member: Member, *, is_known: bool, network: str) -> None:
    """Within the member's transaction. A first sign-in is from no new device: there was none."""
    if member.tenant_id is None:
        return
    kinds = (SIGNED_IN, FROM_NEW_DEVICE)
    is_new = not is_known and await portal_events.has_any(member.tenant_id, kinds, member.id)
    who = {"member": str(member.id)}
    if is_new:
        source = {"who": member.email, "network": network}
        await portal_events.record(member.tenant_id, FROM_NEW_DEVICE, who | source)
        note(
            SecuritySite.PORTAL,
            SecurityKind.NEW_DEVICE,
            source=network,
            tenant_id=member.tenant_id,
        )
    else:
        await portal_events.record(member.tenant_id, SIGNED_IN, who)


async def tell_in_vain(member: Member | None, network: str) -> None:
    """Somebody tried a password for this account. After the answer, which must not take longer
    where there is such an account.
    """
    if member is not None:
        await portal_events.tell_in_vain(member.email, network=network)
