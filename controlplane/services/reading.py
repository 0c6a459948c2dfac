"""What operators, and keys of theirs, read of a tenant is written down, as what they do is."""

from enum import StrEnum

from controlplane.services.acting import Caller, leave_hourly_trace
from shared.clock import Clock
from shared.ids import TenantId
from shared.structs.sessions import QrView


class Reading(StrEnum):
    """CODE: with which a phone can be linked, as a QR or to type."""

    MESSAGES = "messages.read"
    CONTACTS = "contacts.read"
    FILE = "file.read"
    CODE = "code.read"
    WORKER_LOG = "worker_log.read"


async def trace_reading(
    reading: Reading, tenant_id: TenantId, *, caller: Caller, clock: Clock
) -> None:
    """Before it is given. One row an hour for whoever reads, the tenant and the kind: that it was
    read, and when first; not each time. A tenant's own programs read what is theirs.
    """
    if caller.tenant_id is None:
        await leave_hourly_trace(caller, reading.value, clock=clock, tenant_id=tenant_id)


async def trace_code(
    code: QrView | None, tenant_id: TenantId, *, caller: Caller, clock: Clock
) -> None:
    """Only where there is one to be seen."""
    if code is not None and (code.qr or code.pairing):
        await trace_reading(Reading.CODE, tenant_id, caller=caller, clock=clock)
