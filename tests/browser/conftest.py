"""Portal and dashboard as they run, and Debian's Chromium in front of them."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from launcher import environment
from launcher.browser import COMMAND
from launcher.host import find_tool
from launcher.paths import ROOT
from launcher.waiting import wait_for
from shared.tasks import TaskGroup
from shared.web.serving import listening_socket, serve
from tests.browser.walking import Portal
from tests.conftest import TEMPLATE
from tests.databases import create_database, remove_rows
from tests.fakes.plain_http import NO_TLS
from tests.integration.dashboard.conftest import Dashboard, dashboard  # noqa: F401  the fixture
from tests.integration.portal.conftest import as_portal
from tests.integration.worker.conftest import free_port

START = timedelta(seconds=30)
# As root there is no sandbox to be had, and a test's browser asks nobody outside.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # What Playwright sets where it starts the browser itself: no page is kept or put to sleep.
    *("--disable-back-forward-cache", "--disable-renderer-backgrounding"),
    *("--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows"),
    *("--disable-dev-shm-usage", "--disable-extensions", "--hide-scrollbars"),
    "--force-color-profile=srgb",
)


@pytest.fixture(scope="session")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the browser is spoken to. One for all tests: it takes a second of a core to start."""
    path = find_tool(COMMAND)
    assert path, "run ./scripts/test: it installs what the tests need"
    profile = tmp_path_factory.mktemp("chromium")
    process = subprocess.Popen(  # noqa: S603  Debian's own
        [path, *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        said = wait_for(lambda: _read_port(profile / "DevToolsActivePort"), within=START)
        assert said, "the browser does not start"
        yield f"http://127.0.0.1:{said}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
async def chromium(devtools: str) -> AsyncIterator[Browser]:
    """What a test keeps in it is in a context of the test's own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(devtools)
        yield browser
        await browser.close()


@dataclass
class Standing:
    """database_url: as its owner."""

    portal: Portal
    database_url: str


@pytest.fixture(scope="session")
def standing(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """The portal's process. One for all tests: it takes two seconds of a core to start."""
    directory, port = tmp_path_factory.mktemp("portal"), free_port()
    url = f"http://127.0.0.1:{port}"
    (directory / "mail").mkdir()
    database_url = asyncio.run(create_database(postgres_server, template=TEMPLATE))
    settings = {
        "database_url": as_portal(database_url),
        "secret": "of the tests",
        "state_dir": str(directory),
        "port": str(port),
        "public_url": url,
    }
    log = directory / "portal.log"
    environ = environment.for_process(environment.current(), settings)
    with _serving([sys.executable, "-P", "-m", "portal"], f"{url}/readyz", log, environ):
        yield Standing(Portal(url=url, mails=directory / "mail", log=log), database_url)


@pytest.fixture
async def database_url(standing: Standing) -> str:
    """The portal's database, as empty as a new one."""
    await remove_rows(standing.database_url)
    return standing.database_url


@pytest.fixture
def portal(standing: Standing, database_url: str) -> Iterator[Portal]:  # noqa: ARG001  it is empty
    portal = standing.portal
    for mail in portal.mails.iterdir():
        mail.unlink()
    before = portal.log.stat().st_size
    yield portal
    with portal.log.open("rb") as log:
        log.seek(before)
        _judge_log(log.read().decode())


@pytest.fixture
async def dashboard_url(
    dashboard: Dashboard,  # noqa: F811  the fixture
    capsys: pytest.CaptureFixture[str],
) -> AsyncIterator[str]:
    """The dashboard's own pages; what they ask of workers is heard by nobody."""
    port = free_port()
    with listening_socket("127.0.0.1", port) as listening:
        async with TaskGroup() as tasks:
            tasks.supervise("pages", serve(dashboard.transport.app, listening))
            yield f"http://127.0.0.1:{port}"
            dashboard.changes.end()
    _judge_log(capsys.readouterr().out)


@contextmanager
def _serving(
    command: list[str], ready: str, log: Path, environ: Mapping[str, str]
) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own processes
            command, cwd=ROOT, env=dict(environ), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            assert wait_for(lambda: _is_ready(ready) or None, within=START), log.read_text()
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def _judge_log(said: str) -> None:
    """It must hold no defect and no token."""
    assert "page.failed" not in said
    assert not re.search(r"fh[kmost]_", said), "a token or a key reached the log"


def _read_port(file: Path) -> str | None:
    """Written by the browser, and then the path of its socket on a second line."""
    lines = file.read_text().splitlines() if file.exists() else []
    return lines[0] if len(lines) > 1 else None


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, verify=NO_TLS).is_success
    except httpx.TransportError:
        return False
