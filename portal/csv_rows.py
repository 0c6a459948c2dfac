"""Rows for spreadsheets (RFC 4180), in which no cell is a formula. Pure."""

import csv
import re
from collections.abc import Iterable
from io import StringIO

# By which spreadsheets know UTF-8.
MARK = "\ufeff"
# What begins a formula, also in the width of East Asian letters.
_BEGINS = "=+\\-@＝＋－＠"  # noqa: RUF001  those are meant
# A spreadsheet of a language in which the comma is for decimals parts cells at `;` and not at `,`.
# Then quotes around our cells do not count, and a cell may begin in the middle of one of ours.
_PARTS = r";|\t|\||[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]"
# What a reader may skip before it looks at how a cell begins: quotes, and blanks that part nothing.
_SKIPPED = rf"(?:(?!{_PARTS})[\s\"\ufeff])*"
_RISKY = re.compile(rf"(^|{_PARTS})({_SKIPPED})(?=[{_BEGINS}])")
# Which some readers throw away at a cell's beginning.
_ODD_BEGINNING = ("\t", "\r", "\n")


def to_cell(text: str) -> str:
    """With a `'` in front of whatever a spreadsheet might work out instead of showing it."""
    safe = _RISKY.sub(r"\1'\2", text)
    return f"'{safe}" if safe.startswith(_ODD_BEGINNING) else safe


def to_lines(rows: Iterable[Iterable[str]]) -> str:
    """Every cell is quoted: what a separator is, is then for nobody to guess."""
    file = StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([to_cell(text) for text in row] for row in rows)
    return file.getvalue()
