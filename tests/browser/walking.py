"""A person at a screen: goes through pages, looks at each, and keeps a picture of it."""

import asyncio
import io
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import zxingcpp
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.async_api import BrowserContext, Page

from launcher.paths import ROOT
from launcher.waiting import wait_for

PICTURES = ROOT / ".flowhq" / "screenshots"
MAX_BYTES = 60_000
MAIL_TIME = timedelta(seconds=10)
# What a thumb needs, and what the accessibility check does not ask. Gives a list of what is wrong.
LOOK = """() => {
  const wrong = [];
  const shown = (e) => e.getClientRects().length > 0;
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('wider than the screen');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
  for (const e of document.querySelectorAll('button, .button, input:not([type=hidden])')) {
    if (shown(e) && e.getBoundingClientRect().height < 44) wrong.push('too small: ' + e.outerHTML);
  }
  return wrong;
}"""
JUDGE = "axe.run(document, {resultTypes: ['violations']})"
GRAVE = {"serious", "critical"}


@dataclass
class Portal:
    url: str
    mails: Path
    log: Path

    async def newest_link(self, *, after: int) -> str:
        """Where the mail leads that is written once more than `after` of them are there."""

        def find() -> str | None:
            files = sorted(self.mails.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
            if len(files) <= after:
                return None
            found = re.search(r"http\S+", files[-1].read_text(encoding="utf-8"))
            return found[0] if found else None

        link = await asyncio.to_thread(wait_for, find, within=MAIL_TIME)
        assert link, "no mail came"
        return link


@dataclass
class Walk:
    """name: of the pictures. is_looking: also judges each page, for which scripts must run."""

    page: Page
    name: str
    is_looking: bool = True
    seen: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    async def begin(cls, context: BrowserContext, name: str, *, is_looking: bool = True) -> "Walk":
        """At a page of its own."""
        if is_looking:
            # Once: to send half a megabyte to each page costs more than to use it.
            await context.add_init_script(AXE_SCRIPT)
        return cls(await context.new_page(), name, is_looking)

    async def at(self, place: str) -> None:
        """What is open is this place: look at it, and keep a picture."""
        self.seen.append(place)
        PICTURES.mkdir(parents=True, exist_ok=True)
        file = PICTURES / f"{self.name}-{len(self.seen):02}-{place}.png"
        await self.page.screenshot(path=file, full_page=True)
        assert len((await self.page.content()).encode()) < MAX_BYTES
        if self.is_looking:
            wrong = [*await self.page.evaluate(LOOK), *await self._list_barriers()]
            assert not wrong, f"{place}: {wrong}"

    async def read_code(self) -> str:
        """What a phone's camera reads off the screen, where the code is."""
        picture = await self.page.locator("img.qr").screenshot()
        seen = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
        assert len(seen) == 1, "no code to be read"
        return seen[0].text

    async def fill(self, **values: str) -> None:
        """The fields, and then Enter, as people do."""
        for name, value in values.items():
            await self.page.fill(f"#{name}", value)
        await self.page.press(f"#{list(values)[-1]}", "Enter")

    async def _list_barriers(self) -> list[str]:
        """What axe-core finds that keeps somebody out: rule and place of each."""
        found = (await self.page.evaluate(JUDGE))["violations"]
        return [
            f"{rule['id']}: {node['html'][:120]}"
            for rule in found
            if rule["impact"] in GRAVE
            for node in rule["nodes"]
        ]

    def _listen(self, message) -> None:
        # A form that is wrong is answered with 422, which the browser mentions; and whatever starts
        # a container changes the machine's network, which is no fault of the page.
        harmless = (" 422 ", "net::ERR_NETWORK_CHANGED")
        if message.type == "error" and not any(each in message.text for each in harmless):
            self.complaints.append(message.text)
