"""A portal as it runs, and Debian's Chromium in front of it."""

import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
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
from tests.integration.portal.conftest import as_portal

START = timedelta(seconds=30)
# As root there is no sandbox to be had, and a test's browser asks nobody outside.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = find_tool(COMMAND)
    assert path, "run ./scripts/test: it installs what the tests need"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    settings = {
        "database_url": as_portal(database_url),
        "secret": "of the tests",
        "state_dir": str(tmp_path),
        "port": str(port),
        "public_url": url,
    }
    log = tmp_path / "portal.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "portal"],
            cwd=ROOT,
            env=environment.for_process(environment.current(), settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            assert wait_for(lambda: _is_ready(url) or None, within=START), log.read_text()
            yield Portal(url=url, mails=tmp_path / "mail", log=log)
            said = log.read_text(encoding="utf-8")
            assert "page.failed" not in said
            assert not re.search(r"fh[ms]_", said), "a token reached the log"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False
