"""Every route of the portal, without a database or a setting."""

from typing import Any

from portal.settings import PortalSettings
from portal.site import create_site
from shared.clock import SystemClock
from shared.web.changes import Changes
from shared.web.routes import Route, list_routes

# Handlers are listed and none is called: what they would act through is never touched.
_UNUSED: Any = None


def list_all_routes() -> list[Route]:
    site = create_site(
        PortalSettings(database_url="", secret=""),
        clock=SystemClock(),
        mailer=_UNUSED,
        passwords=_UNUSED,
        changes=Changes(),
        checks={},
    )
    return list_routes("portal", site)
