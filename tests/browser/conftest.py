"""Portal and dashboard as they run, and Debian's Chromium in front of them."""

import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
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
from tests.browser.walking import Portal
from tests.fakes.plain_http import NO_TLS
from tests.integration.portal.conftest import as_portal

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


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        "database_url": as_portal(database_url),
        "secret": "of the tests",
        "state_dir": str(tmp_path),
        "port": str(port),
        "public_url": url,
    }
    log = tmp_path / "portal.log"
    environ = environment.for_process(environment.current(), settings)
    with _serving([sys.executable, "-P", "-m", "portal"], f"{url}/readyz", log, environ):
        yield Portal(url=url, mails=tmp_path / "mail", log=log)


@pytest.fixture
def dashboard_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The dashboard's own pages; what they ask of workers is heard by nobody."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.fakes.dashboard_process", database_url, str(port)]
    ready = f"{url}/dashboard/sign-in"
    with _serving(command, ready, tmp_path / "dashboard.log", environment.current()):
        yield url


@contextmanager
def _serving(
    command: list[str], ready: str, log: Path, environ: Mapping[str, str]
) -> Iterator[None]:
    """Until the end of it; then its log must hold no defect and no token."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own processes
            command, cwd=ROOT, env=dict(environ), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            assert wait_for(lambda: _is_ready(ready) or None, within=START), log.read_text()
            yield
            said = log.read_text(encoding="utf-8")
            assert "page.failed" not in said
            assert not re.search(r"fh[kmst]_", said), "a token or a key reached the log"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _read_port(file: Path) -> str | None:
    """Written by the browser, and then the path of its socket on a second line."""
    lines = file.read_text().splitlines() if file.exists() else []
    return lines[0] if len(lines) > 1 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, verify=NO_TLS).is_success
    except httpx.TransportError:
        return False
