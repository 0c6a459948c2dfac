"""Whether a page or a table runs what a customer wrote. Pure."""

import csv
from html.parser import HTMLParser
from io import StringIO

from attack.customers.texts import MARK

STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
DELIMITERS = (",", ";", "\t")
NUMBER = "+0123456789 ()-.:"


def find_running(page: str) -> list[str]:
    """Tags and attributes of a page that hold the attack's mark and would run."""
    reader = _Reader()
    reader.feed(page)
    return reader.found


def find_formulas(table: str) -> list[str]:
    """Cells that a spreadsheet would take for a formula, whichever sign it splits at."""
    found = []
    for delimiter in DELIMITERS:
        for row in csv.reader(StringIO(table), delimiter=delimiter, strict=False):
            found += [
                f"{cell[:40]!r} where cells end at {delimiter!r}"
                for cell in row
                if _is_formula(cell)
            ]
    return found


def _is_formula(cell: str) -> bool:
    """A phone number begins with a plus, and computes nothing; also where what stands behind it
    is another cell, for whoever splits at another sign.
    """
    return cell.startswith(STARTS) and bool(cell.partition(",")[0].strip(NUMBER))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        for name, value in attrs:
            said = value or ""
            is_run = name.startswith("on") or said.strip().lower().startswith("javascript:")
            if MARK in said and is_run:
                self.found.append(f"<{tag} {name}={said[:60]!r}>")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and MARK in data:
            self.found.append(f"<script> {data[:60]!r}")
