"""Says that workers are sent away for now, without a line for each of a fleet's many tries."""

from datetime import datetime, timedelta

import structlog

from shared.clock import Clock

log = structlog.get_logger(__name__)

# A fleet of 500 tries 200 times a second while the database is away.
SAY_EVERY = timedelta(seconds=10)


class Postponements:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said_at: datetime | None = None
        self._since = 0

    def add(self, error: Exception) -> None:
        """At once the first time, and then with how many there were since."""
        self._since += 1
        now = self._clock.now()
        if self._said_at is not None and now - self._said_at < SAY_EVERY:
            return
        log.warning("connections.postponed", count=self._since, error=str(error))
        self._said_at, self._since = now, 0
