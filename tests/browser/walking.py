"""A person at a screen: goes through pages, looks at each, and keeps a picture of it."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Page

from launcher.paths import ROOT
from launcher.waiting import wait_for

PICTURES = ROOT / ".flowhq" / "screenshots"
MAX_BYTES = 60_000
MAIL_TIME = timedelta(seconds=10)
# What a page must be for a thumb and for a screen reader. Gives a list of what is wrong.
LOOK = """() => {
  const wrong = [];
  const shown = (e) => e.getClientRects().length > 0;
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('wider than the screen');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  if (!document.documentElement.lang) wrong.push('no language');
  if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
  for (const e of document.querySelectorAll('input, select, textarea')) {
    if (e.type !== 'hidden' && !e.labels.length) wrong.push('no label: ' + e.name);
  }
  for (const e of document.querySelectorAll('img')) {
    if (!e.hasAttribute('alt')) wrong.push('no alt: ' + e.src);
  }
  for (const e of document.querySelectorAll('button, .button, input:not([type=hidden])')) {
    if (shown(e) && e.getBoundingClientRect().height < 44) wrong.push('too small: ' + e.outerHTML);
  }
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id twice');
  for (const e of document.querySelectorAll('[aria-describedby]')) {
    const more = document.getElementById(e.getAttribute('aria-describedby'));
    if (!more) wrong.push('described by nothing: ' + e.name);
  }
  const luminance = (c) => {
    const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = c.map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  for (const e of document.querySelectorAll('h1, h2, p, a, button, label, li, dt, dd, footer')) {
    if (!shown(e) || !e.textContent.trim() || e.classList.contains('skip')) continue;
    const pair = [parse(getComputedStyle(e).color).slice(0, 3), ground(e)].map(luminance);
    const [low, high] = pair[0] < pair[1] ? pair : [pair[1], pair[0]];
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(2)}: ${e.outerHTML.slice(0, 80)}`);
  }
  return wrong;
}"""


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

    async def at(self, place: str) -> None:
        """What is open is this place: look at it, and keep a picture."""
        self.seen.append(place)
        PICTURES.mkdir(parents=True, exist_ok=True)
        file = PICTURES / f"{self.name}-{len(self.seen):02}-{place}.png"
        await self.page.screenshot(path=file, full_page=True)
        assert len((await self.page.content()).encode()) < MAX_BYTES
        if self.is_looking:
            assert await self.page.evaluate(LOOK) == [], place

    async def fill(self, **values: str) -> None:
        """The fields, and then Enter, as people do."""
        for name, value in values.items():
            await self.page.fill(f"#{name}", value)
        await self.page.press(f"#{list(values)[-1]}", "Enter")

    def _listen(self, message) -> None:
        # A form that is wrong is answered with 422, which the browser mentions.
        if message.type == "error" and " 422 " not in message.text:
            self.complaints.append(message.text)
