"""How much may wait for the control plane, and who is held back beyond it.

Past the bound the client hands nothing more over: the library's channel fills, and WhatsApp
keeps the rest. What was handed over is still made durable, and its answers are still written
down: the bound is overstepped by at most what was under way.
"""

from threading import Lock
from typing import Protocol

import msgspec
import structlog

log = structlog.get_logger(__name__)

# Of the bound: once it is reached, this much of it must be free before more is taken in. The
# client is then let go now and then, and not for every acknowledged batch.
FREED = 0.2


class Size(msgspec.Struct, frozen=True):
    """bytes: of the events alone; their pages in the file take a little more."""

    events: int
    bytes: int


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """A business with a thousand messages a day fills neither within a month."""

    events: int = 100_000
    bytes: int = 64 * 1024 * 1024


def is_full(size: Size, bound: Bound, *, was_full: bool) -> bool:
    share = 1 - FREED if was_full else 1
    return size.events >= bound.events * share or size.bytes >= bound.bytes * share


class Held(Protocol):
    """What hands messages over."""

    def hold(self) -> None: ...
    def resume(self) -> None: ...


class Room:
    """Holds the client while the outbox is full, or the volume."""

    def __init__(self, client: Held, bound: Bound) -> None:
        self._client = client
        self._bound = bound
        self._given_up = False
        self._deciding = Lock()  # who finds the disk full may be on any thread
        self.is_full = False
        self.is_tight = False

    def measure(self, size: Size) -> None:
        """Holds or lets go when `size` has crossed the bound, or is well below it again."""
        full = is_full(size, self._bound, was_full=self.is_full)
        if full == self.is_full:
            return
        if full:
            log.warning("outbox.full", events=size.events, bytes=size.bytes)
        else:
            log.info("outbox.emptied", events=size.events, bytes=size.bytes)
        with self._deciding:
            self.is_full = full
            self._decide()

    def tighten(self, *, tight: bool) -> None:
        """The volume's disk is full, or is so no longer. From any thread."""
        with self._deciding:
            self.is_tight = tight
            self._decide()

    def give_up(self) -> None:
        """The worker stops: what the library holds, it has told WhatsApp of, and must be taken."""
        with self._deciding:
            self._given_up = True
            self._decide()

    def _decide(self) -> None:
        if (self.is_full or self.is_tight) and not self._given_up:
            self._client.hold()
        else:
            self._client.resume()
