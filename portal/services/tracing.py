"""What a member did, for the business to read."""

from typing import Any

from portal.insider import Insider
from shared.stores import portal_events


async def leave_trace(insider: Insider, event_type: str, **detail: Any) -> None:
    """Call it in the transaction of the change itself.

    The address as well as the id: who it was is to be read when the member has long gone.
    """
    who = {"member": str(insider.member.id), "who": insider.member.email}
    await portal_events.record(insider.tenant_id, event_type, who | detail)
