"""Rows for spreadsheets (RFC 4180), in which no cell is a formula. Pure."""

import csv
from collections.abc import Iterable
from io import StringIO

# By which spreadsheets know UTF-8.
MARK = "\ufeff"
# What begins a formula, also in the width of East Asian letters, and what may hide one.
_RISKY = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001  those are meant


def to_cell(text: str) -> str:
    """With a `'` in front of what a spreadsheet might work out instead of showing it."""
    return f"'{text}" if text.startswith(_RISKY) else text


def to_lines(rows: Iterable[Iterable[str]]) -> str:
    file = StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerows([to_cell(text) for text in row] for row in rows)
    return file.getvalue()
