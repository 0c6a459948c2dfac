"""Holds back what a session brings until it is known whether its phone may serve this tenant.

The library has told WhatsApp "delivered" by the time it hands something over, so what is held is
not to be had again: the client's journal holds it too, for the worker that comes after a kill.
"""

from collections import deque
from collections.abc import Callable
from enum import StrEnum

import structlog

from shared.enums import SkipReason
from worker.whatsapp.events import Inbound, MessageEvent, Missed, Own, Receipt, Skipped, Unreadable

log = structlog.get_logger(__name__)

Brought = MessageEvent | Receipt | Missed
_MESSAGES = Inbound | Own | Unreadable | Skipped


class Position(StrEnum):
    """HELD: nobody has said yet. SHUT: the phone was refused; what comes is counted and let go."""

    OPEN = "OPEN"
    HELD = "HELD"
    SHUT = "SHUT"


class Gate:
    """`through` takes, on the loop and in order, what may be recorded and answered. A message that
    may not is a `Skipped` there: the client has to hear that it is settled, in its turn.
    """

    def __init__(self, position: Position, *, through: Callable[[Brought], None]) -> None:
        self.position = position
        self._through = through
        self._held: deque[Brought] = deque()

    def handle(self, event: Brought) -> None:
        match self.position:
            case Position.OPEN:
                self._through(event)
            case Position.HELD:
                self._held.append(event)
            case Position.SHUT:
                self._let_go(event)

    def move(self, position: Position) -> None:
        self.position = position
        if position is Position.HELD:
            return
        held, self._held = self._held, deque()
        if held:
            log.info("session.held_back", count=len(held), then=position)
        for event in held:
            self.handle(event)

    def _let_go(self, event: Brought) -> None:
        if isinstance(event, _MESSAGES):
            self._through(Skipped(SkipReason.OTHER_PHONE))


def place_at_start(*, device: str, accepted: str | None) -> Position:
    """For a worker that finds `device` on its volume (empty: no session), and what was accepted
    there last. What an earlier worker was handed and did not settle is judged by it.
    """
    if device:
        return Position.OPEN if device == accepted else Position.HELD
    # A session that ended: of a phone that was refused, or of one that served until then.
    return Position.SHUT if accepted == "" else Position.OPEN
