"""Loads quiet hours with their time zone."""

from datetime import time

import structlog

from shared.structs.tenants import QuietHours
from worker.outbox.quiet_hours import Quiet

log = structlog.get_logger(__name__)


def load_quiet(wanted: QuietHours | None) -> Quiet | None:
    """Reads a file. None as well where this system does not know the zone: at the wrong hours
    messages would be late for no reason.
    """
    if wanted is None:
        return None
    from shared.zones import find_zone  # noqa: PLC0415  640 kB, for those who use it

    zone = find_zone(wanted.time_zone)
    if zone is None:
        log.warning("quiet_hours.unusable", time_zone=wanted.time_zone)
        return None
    return Quiet(
        begins=time.fromisoformat(wanted.begins), ends=time.fromisoformat(wanted.ends), zone=zone
    )
