"""Mails that the portal wrote to files, for want of a mail server: read anew for each look."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

# More than a person looks through; a stress test may leave thousands.
MOST = 50
_LINK = re.compile(r"(https?://[^\s<>]+)")


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    to: str
    subject: str
    text: str

    def pieces(self) -> list[tuple[str, bool]]:
        """The text, cut at its links; whether each is one."""
        cut = _LINK.split(self.text)
        return [(piece, index % 2 == 1) for index, piece in enumerate(cut) if piece]


def read_mailbox(directory: Path, *, most: int = MOST) -> list[Mail]:
    """Newest first. What is no mail is left out: another process may be about to write it."""
    files = [(file.stat().st_mtime_ns, file) for file in directory.glob("*.eml")]
    newest = sorted(files, reverse=True)[:most]
    return [mail for written, file in newest if (mail := _parse(file, written)) is not None]


def _parse(file: Path, written: int) -> Mail | None:
    head, blank, text = file.read_text(encoding="utf-8", errors="replace").partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    if not blank or "To" not in fields:
        return None
    return Mail(
        at=datetime.fromtimestamp(written / 1e9, UTC),
        to=fields["To"],
        subject=fields.get("Subject", ""),
        text=text,
    )
