"""A fleet that is sent away for now is said, and not once for each of its tries."""

from datetime import timedelta

from structlog.testing import capture_logs

from controlplane.gateway.postponements import SAY_EVERY, Postponements
from tests.fakes.clocks import ManualClock


def test_the_first_is_said_at_once_and_the_others_are_counted() -> None:
    clock = ManualClock()
    postponements = Postponements(clock)
    with capture_logs() as lines:
        for _ in range(200):
            postponements.add(OSError("no database"))
        clock.advance(SAY_EVERY - timedelta(seconds=1))
        postponements.add(OSError("no database"))
        clock.advance(timedelta(seconds=1))
        postponements.add(OSError("still none"))
    assert [(line["count"], line["error"]) for line in lines] == [
        (1, "no database"),
        (201, "still none"),
    ]
