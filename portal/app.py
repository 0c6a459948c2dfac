"""The portal's composition root."""

import asyncio
import socket
from contextlib import suppress

import structlog

from portal.mail import choose_mailer
from portal.settings import PortalSettings
from portal.site import create_site
from portal.sweep import sweep_for_ever
from shared.clock import SystemClock
from shared.db.engine import check_database, open_database
from shared.db.listening import CHANGED, Listener
from shared.errors import TransientError
from shared.log import configure_logging
from shared.security import keep_for_ever, write_down
from shared.stores import security_events
from shared.tasks import TaskGroup
from shared.web.changes import Changes
from shared.web.passwords import Passwords
from shared.web.serving import serve, stop_on_signals

log = structlog.get_logger(__name__)


async def run(settings: PortalSettings, listening: socket.socket) -> None:
    """Serves until SIGTERM or SIGINT."""
    configure_logging(json=settings.log_json, level=settings.log_level)
    stop = stop_on_signals()
    # It reads every template and static file, once.
    clock, changes = SystemClock(), Changes()
    site = await asyncio.to_thread(
        create_site,
        settings,
        clock=clock,
        mailer=choose_mailer(settings, clock=clock),
        passwords=Passwords(),
        changes=changes,
        checks={"database": check_database},
    )
    async with open_database(settings.database_url), TaskGroup() as tasks:
        listener = Listener(
            settings.database_url, CHANGED, changed=changes.tell, missed=changes.tell_all
        )
        tasks.supervise("listener", listener.run())
        tasks.supervise("sweep", sweep_for_ever(clock))
        tasks.supervise("security", keep_for_ever(security_events.add_as_portal))
        tasks.supervise("pages", serve(site, listening))
        log.info("portal.started", port=settings.port)
        await tasks.join(until=stop)
        log.info("portal.stopping")
        changes.end()
        with suppress(TransientError):  # the database is away: only counts are lost
            await write_down(security_events.add_as_portal)
