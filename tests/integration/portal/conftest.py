"""The portal's pages over the real stores and a real PostgreSQL, as the portal's own role."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from portal.settings import PortalSettings
from portal.site import create_site
from shared.db.engine import check_database, open_database
from tests.fakes.clocks import ManualClock
from tests.fakes.pages import Browser


def as_portal(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"flowhq_portal@{parts.netloc.rpartition('@')[2]}"))


@dataclass
class Portal:
    """browser: one person's. checks: what `/readyz` asks; a test may add to it."""

    browser: Browser
    clock: ManualClock
    settings: PortalSettings
    transport: httpx.ASGITransport
    checks: dict = field(default_factory=dict)

    def another_browser(self) -> Browser:
        return Browser(self.transport)


@pytest.fixture
async def portal(database_url: str, tmp_path: Path, blockbuster) -> AsyncIterator[Portal]:
    settings = PortalSettings(
        database_url=as_portal(database_url), secret="of the tests", state_dir=tmp_path
    )
    clock, checks = ManualClock(), {"database": check_database}
    blockbuster.deactivate()  # it reads its templates, before it serves
    site = create_site(settings, clock=clock, checks=checks)
    blockbuster.activate()
    transport = httpx.ASGITransport(site, client=("192.0.2.7", 4711), raise_app_exceptions=False)
    async with open_database(settings.database_url, min_size=1, max_size=4):
        yield Portal(
            browser=Browser(transport),
            clock=clock,
            settings=settings,
            transport=transport,
            checks=checks,
        )
