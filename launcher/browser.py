"""Debian's Chromium, in which the tests look at the pages."""

from launcher import host
from launcher.console import step
from launcher.paths import Paths

COMMAND = "chromium"
# Without a font there is nothing to see in a picture of a page.
PACKAGES = ("chromium", "fonts-dejavu-core")


def ensure(paths: Paths) -> None:
    if host.find_tool(COMMAND) is None:
        with step(f"Debian's {COMMAND}"):
            host.install_packages(
                PACKAGES, log=paths.logs / "apt.log", purpose="Looking at the pages in a browser"
            )
