"""The portal's pages over the real stores and a real PostgreSQL, as the portal's own role."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher
from litestar import Litestar

from portal.file_window import FileWindow
from portal.house import House
from portal.mail import Mail, Mailer
from portal.pages import live
from portal.settings import PortalSettings
from portal.site import create_site
from shared.clock import Clock, SystemClock
from shared.db.engine import check_database, open_database
from shared.stores import members
from shared.web.changes import Changes
from shared.web.health import Check
from shared.web.passwords import Passwords
from tests.fakes.clocks import ManualClock
from tests.fakes.pages import Browser, looking_once


def as_portal(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"flowhq_portal@{parts.netloc.rpartition('@')[2]}"))


PASSWORD = "three good words"
ADDRESS = "192.0.2.7"
FILES_SECRET = "of the files"
# The real one takes 64 MB and a tenth of a second, which here proves nothing.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class MailBag:
    def __init__(self, mails: list[Mail]) -> None:
        self._mails = mails

    async def send(self, mail: Mail) -> None:
        self._mails.append(mail)


@dataclass
class Portal:
    """browser: one person's. checks: what `/readyz` asks; a test may add to it."""

    browser: Browser
    clock: ManualClock
    mails: list[Mail]
    settings: PortalSettings
    transport: httpx.ASGITransport
    checks: dict = field(default_factory=dict)

    def link(self) -> str:
        """Where the newest mail leads."""
        return urlsplit(re.search(r"http\S+", self.mails[-1].text)[0]).path

    async def sign_up(self, email: str = "asha@example.com", password: str = PASSWORD) -> Browser:
        """A new member, in a browser of their own."""
        browser = self.another_browser()
        await browser.go("/sign-up")
        await browser.send("/sign-up", email=email)
        await browser.go(self.link())
        answer = await browser.send(self.link(), password=password)
        assert answer.url.path == "/start", answer.text
        return browser

    def another_browser(self, address: str = ADDRESS) -> Browser:
        """address: of the machine that it runs on."""
        transport = httpx.ASGITransport(
            self.transport.app, client=(address, 4711), raise_app_exceptions=False
        )
        return Browser(transport)


def after_each_check(_portal: Portal, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """What a thief's guess meets: once it was found right, every password becomes another one."""
    check = members.is_password

    async def is_password(email: str, shown: str) -> bool:
        right: bool = await check(email, shown)
        connection = await asyncpg.connect(url)
        await connection.execute("UPDATE users SET password_hash = 'another'")
        await connection.close()
        return right

    monkeypatch.setattr(members, "is_password", is_password)


_standing: list[Litestar] = []


def serve(
    settings: PortalSettings, *, clock: Clock, mailer: Mailer, checks: Mapping[str, Check]
) -> Litestar:
    """One site for all tests: putting it together takes much longer than most of them."""
    passwords, changes = Passwords(QUICK), Changes()
    house = House(
        settings=settings,
        clock=clock,
        mailer=mailer,
        passwords=passwords,
        files=FileWindow(settings.slip_window),
    )
    if not _standing:
        site = create_site(
            settings,
            clock=clock,
            mailer=mailer,
            passwords=passwords,
            changes=changes,
            checks=checks,
        )
        _standing.append(site)
    _standing[0].state.update(
        {"house": house, "clock": clock, "changes": changes, "checks": checks}
    )
    return _standing[0]


@pytest.fixture
async def portal(database_url: str, tmp_path: Path, blockbuster) -> AsyncIterator[Portal]:
    settings = PortalSettings(
        database_url=as_portal(database_url),
        secret="of the tests",
        state_dir=tmp_path,
        files_socket=str(tmp_path / "files.socket"),
        files_secret=FILES_SECRET,
    )
    # The row policies ask the database's own clock whether a link is good.
    clock, checks = ManualClock(SystemClock().now()), {"database": check_database}
    mails: list[Mail] = []
    blockbuster.deactivate()  # it reads its templates, before it serves
    site = serve(settings, clock=clock, mailer=MailBag(mails), checks=checks)
    blockbuster.activate()
    transport = httpx.ASGITransport(site, client=(ADDRESS, 4711), raise_app_exceptions=False)
    async with open_database(settings.database_url, min_size=1, max_size=4):
        yield Portal(
            browser=Browser(transport),
            clock=clock,
            mails=mails,
            settings=settings,
            transport=transport,
            checks=checks,
        )


@pytest.fixture
def brief_streams(monkeypatch):
    """Streams that end after what there is to see now."""
    monkeypatch.setattr(live, "follow", looking_once(live.follow))
