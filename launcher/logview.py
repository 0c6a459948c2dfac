"""The logs of all processes as one stream for a person."""

from pathlib import Path

import msgspec

CHUNK_BYTES = 1_000_000


class LogView(msgspec.Struct, kw_only=True):
    """Follows files by their position; a file that shrank was rotated and begins anew."""

    files: dict[str, Path]
    positions: dict[str, int] = {}
    rests: dict[str, bytes] = {}

    def from_now(self) -> "LogView":
        for name, file in self.files.items():
            self.positions[name] = file.stat().st_size if file.exists() else 0
        return self

    def read(self) -> list[tuple[str, str]]:
        """The complete lines that are new, as (process, line)."""
        return [(name, line) for name in self.files for line in self._lines(name)]

    def _lines(self, name: str) -> list[str]:
        file = self.files[name]
        if not file.exists():
            return []
        start = self.positions.get(name, 0)
        if file.stat().st_size < start:
            start = 0
        with file.open("rb") as stream:
            stream.seek(start)
            content = stream.read(CHUNK_BYTES)
        self.positions[name] = start + len(content)
        *lines, self.rests[name] = (self.rests.get(name, b"") + content).split(b"\n")
        return [line.decode(errors="replace") for line in lines]
