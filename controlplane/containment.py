"""What fails by a mistake of ours, at one tenant or in one round of a loop, ends nothing else.

The mistake still shows: a traceback in the log, and an incident of the tenant it was about.
Errors that are raised on purpose (`FlowHQError`) pass: who does the work knows what they mean.
"""

from datetime import timedelta
from traceback import format_tb
from types import TracebackType

import structlog

from shared.clock import SystemClock
from shared.enums import IncidentKind
from shared.errors import FlowHQError
from shared.ids import TenantId
from shared.seldom import Seldom
from shared.stores import incidents

log = structlog.get_logger(__name__)

# A loop that fails each second must not fill a log, nor a tenant's incidents.
LOG_EVERY = timedelta(minutes=1)
INCIDENT_EVERY = timedelta(hours=1)
_logged = Seldom(LOG_EVERY)


class contained:  # noqa: N801  read as a word: `async with contained(...)`
    """Goes on after the block whatever was raised in it; FlowHQErrors pass.

    tenant_id: whose work it is; None for what concerns all.
    """

    def __init__(self, work: str, tenant_id: TenantId | None = None) -> None:
        self._work = work
        self._tenant_id = tenant_id

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception) or isinstance(error, FlowHQError):
            return False
        await tell_contained(self._work, error, self._tenant_id)
        return True


async def tell_contained(
    work: str, error: Exception, tenant_id: TenantId | None = None, *, is_private: bool = False
) -> None:
    """Of a mistake that was caught by other means.

    is_private: the error's own words may repeat what a customer wrote: only where it was is told.
    """
    count = _logged.count((work, tenant_id, type(error)))
    concerned = {} if tenant_id is None else {"tenant_id": tenant_id}
    if count is not None and is_private:
        stack = "".join(format_tb(error.__traceback__))
        kind = type(error).__name__
        log.error("error.contained", work=work, count=count, error=kind, stack=stack, **concerned)
    elif count is not None:
        log.error("error.contained", work=work, count=count, exc_info=error, **concerned)
    if tenant_id is not None:
        await note_incident(
            tenant_id, IncidentKind.PLATFORM_ERROR, f"{work}: {type(error).__name__}"
        )


async def note_incident(tenant_id: TenantId, kind: IncidentKind, detail: str) -> None:
    """At most one of a kind an hour. A database that does not take it changes nothing else."""
    now = SystemClock().now()
    try:
        await incidents.note(tenant_id, kind, detail, now=now, at_most_every=INCIDENT_EVERY)
    except Exception as error:  # noqa: BLE001  whatever it is, it was told above
        log.warning("incident.unwritten", tenant_id=tenant_id, error=type(error).__name__)
