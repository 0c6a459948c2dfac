"""Which bytes of a file are asked for (RFC 9110, 14.2): phones play nothing without. Pure."""

import re

import msgspec

from shared.errors import PermanentError

_ONE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.ASCII)


class UnsatisfiableRangeError(PermanentError):
    """Nothing of the file is where it is asked for."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes, and none of them is in that range.")
        self.size = size


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """first, last: bytes, counted from 0."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def find_span(asked: str, size: int) -> Span | None:
    """None for all of it: also of what is no range, or several, as the RFC allows.

    Raises UnsatisfiableRangeError.
    """
    match = _ONE.fullmatch(asked.strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:  # the last so many
        span = Span(first=max(0, size - int(last)), last=size - 1)
    else:
        span = Span(first=int(first), last=min(int(last), size - 1) if last else size - 1)
        if last and int(last) < int(first):
            return None
    if span.length <= 0:
        raise UnsatisfiableRangeError(size)
    return span
