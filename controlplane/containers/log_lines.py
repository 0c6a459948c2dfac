"""A log in pieces, made into lines. Pure but for what it keeps, which is bounded."""

from collections import deque

# A worker's own lines are shorter (worker/logtail.py); what else may be in its log is cut.
MAX_LINE = 8_192


class LogLines:
    """Keeps the newest `kept` lines until they are taken, and says how many it had to let go."""

    def __init__(self, kept: int) -> None:
        self._lines: deque[str] = deque(maxlen=kept)
        self._begun = b""
        self._left_out = 0

    def add(self, piece: bytes) -> None:
        *whole, begun = (self._begun + piece).split(b"\n")
        for line in whole:
            self._append(line)
        self._begun = begun[:MAX_LINE]

    def end(self) -> None:
        """What was begun is all that there is of the last line."""
        if self._begun:
            self._append(self._begun)
            self._begun = b""

    def take(self) -> list[str]:
        taken = list(self._lines)
        if self._left_out:
            taken.insert(0, f"({self._left_out} lines left out)")
        self._lines.clear()
        self._left_out = 0
        return taken

    def _append(self, line: bytes) -> None:
        if len(self._lines) == self._lines.maxlen:
            self._left_out += 1
        self._lines.append(to_line(line))


def to_line(line: bytes) -> str:
    return line[:MAX_LINE].decode(errors="replace").rstrip("\r")
