"""Instants, lengths and sizes as a person says them. Pure."""

from datetime import datetime, timedelta

import msgspec

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Less than two of a unit is said in the smaller one: "90 min" says more than "1 h".
_UNITS = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"))
_MB = 1 << 20


class Sayer(msgspec.Struct, frozen=True):
    """What templates say of values, at one moment for a whole page."""

    now: datetime

    def ago(self, at: datetime) -> str:
        return "just now" if self.now - at < timedelta(seconds=5) else f"{self.since(at)} ago"

    def since(self, at: datetime) -> str:
        return to_length(self.now - at)

    def until(self, at: datetime) -> str:
        return f"in {to_length(at - self.now)}"

    def exact(self, at: datetime) -> str:
        return f"{at:%Y-%m-%d %H:%M:%S} UTC"

    def length(self, begins: datetime, ends: datetime) -> str:
        return to_length(ends - begins)

    def size(self, size: int) -> str:
        return to_size(size)


def to_length(length: timedelta) -> str:
    """`4 d`, `3 h`, `90 min`; seconds only below two minutes."""
    for unit, name in _UNITS:
        if length >= 2 * unit:
            return f"{length // unit} {name}"
    return f"{max(0, int(length.total_seconds()))} s"


def to_size(size: int) -> str:
    """A MB is 1024 kB of 1024 bytes, as the engine counts."""
    return f"{size / _MB:.1f} MB" if size < 100 * _MB else f"{size // _MB} MB"
