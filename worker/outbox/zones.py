"""Loads time zones, for those who use one: the machinery takes 640 kB."""

from datetime import tzinfo

import structlog

from shared.enums import WhenClosed
from shared.quiet_hours import Quiet, to_quiet
from shared.structs.tenants import QuietHours, TenantConfig

log = structlog.get_logger(__name__)


def load_quiet(wanted: QuietHours | None) -> Quiet | None:
    """Reads a file. None as well where this system does not know the zone: at the wrong hours
    messages would be late for no reason.
    """
    if wanted is None:
        return None
    zone = _load(wanted.time_zone)
    return None if zone is None else to_quiet(wanted, zone)


def load_zone(config: TenantConfig) -> tzinfo | None:
    """Reads a file. None as well where nothing that the bot says depends on the hour."""
    if config.when_closed is WhenClosed.MENU and not config.holidays:
        return None
    return _load(config.time_zone)


def _load(name: str) -> tzinfo | None:
    from shared.zones import find_zone  # noqa: PLC0415  see above

    zone = find_zone(name)
    if zone is None:
        log.warning("time_zone.unknown", time_zone=name)
    return zone
