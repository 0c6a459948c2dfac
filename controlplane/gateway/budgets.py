"""How much a worker may say: what is beyond it waits, and is read later or not at all.

Workers that are well never wait: the figures are several times what one says at its busiest. A
hostile one is slowed to a share that its neighbours do not notice. They are kept by tenant, not by
connection: who comes anew goes on where it was.
"""

from datetime import timedelta
from time import monotonic

import msgspec

_MIB = 1 << 20


class Rate(msgspec.Struct, frozen=True):
    """So many a second for ever, and `burst` at once after a quiet time."""

    per_second: float
    burst: float


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker may say.

    frames, bytes: of everything. events: rows of the log, of which a gateway commits some 30,000 a
        second in all. stored: bytes of events, which stay in the database: the burst is twice what
        a worker's full outbox holds, the rate 5 GB a day.
    reports: what is written at once and by itself: states of the link, outcomes of commands.
    refusals: frames that could not be taken, more of which close the connection. A newer worker
        may say now and then what this gateway does not know.
    lines, line_bytes: of its log; what is beyond is let go of, for the engine has it all. How many
        lines is a limit of the tenant's; this one holds until it was read.
    controls: WebSocket's own pings and pongs; the client library sends three a minute.
    arrivals: connections; a worker that fails tries twenty times a minute.
    """

    frames: Rate = Rate(200, 1_000)
    bytes: Rate = Rate(8 * _MIB, 32 * _MIB)
    events: Rate = Rate(5_000, 20_000)
    stored: Rate = Rate(64 * 1024, 128 * _MIB)
    reports: Rate = Rate(2, 40)
    refusals: Rate = Rate(1, 50)
    lines: Rate = Rate(50, 1_000)
    line_bytes: Rate = Rate(64 * 1024, _MIB)
    controls: Rate = Rate(5, 100)
    arrivals: Rate = Rate(1, 30)


class Bucket:
    """A token bucket that may be overdrawn: who takes from it waits until it is even again."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left = rate.burst
        self._at = monotonic()

    @property
    def spent(self) -> float:
        """What was taken and is not made good yet."""
        self._fill()
        return self._rate.burst - self._left

    def change(self, rate: Rate) -> None:
        """From now on another rate; what was taken stays taken."""
        spent = self.spent
        self._rate, self._left = rate, rate.burst - spent

    def take(self, amount: float = 1) -> float:
        """Takes it in any case; answers for how many seconds to wait before more is taken."""
        self._fill()
        self._left -= amount
        return max(0.0, -self._left / self._rate.per_second)

    def try_take(self, amount: float = 1) -> bool:
        """Takes it if it is there."""
        self._fill()
        if self._left < amount:
            return False
        self._left -= amount
        return True

    def take_up_to(self, amount: int) -> int:
        """Takes what there is of it, in whole ones."""
        self._fill()
        taken = max(0, min(amount, int(self._left)))
        self._left -= taken
        return taken

    def _fill(self) -> None:
        now = monotonic()
        self._left = min(self._rate.burst, self._left + (now - self._at) * self._rate.per_second)
        self._at = now


# First wait after a connection that was closed for its conduct, and the longest.
FIRST_HOLD = timedelta(seconds=5)
LONGEST_HOLD = timedelta(minutes=5)
# Whoever behaved for this long is held off as shortly as for the first time.
FORGIVEN_AFTER = timedelta(minutes=10)


class Standing:
    """How one tenant's worker stands: what is left of its budget, and when it may come again."""

    def __init__(self, budget: Budget) -> None:
        self.frames = Bucket(budget.frames)
        self.bytes = Bucket(budget.bytes)
        self.events = Bucket(budget.events)
        self.stored = Bucket(budget.stored)
        self.reports = Bucket(budget.reports)
        self.refusals = Bucket(budget.refusals)
        self.lines = Bucket(budget.lines)
        self.line_bytes = Bucket(budget.line_bytes)
        self.controls = Bucket(budget.controls)
        self.arrivals = Bucket(budget.arrivals)
        self._held_until = 0.0
        self._held_at = 0.0
        self._holds = 0

    def allow_lines(self, a_minute: int) -> None:
        """Lines of its log: a minute's worth at once, and evenly as many."""
        self.lines.change(Rate(a_minute / 60, a_minute))

    @property
    def held_for(self) -> float:
        """Seconds until it may come again; 0 when it may."""
        return max(0.0, self._held_until - monotonic())

    def hold(self) -> timedelta:
        """After its connection was closed for its conduct: each time for twice as long."""
        now = monotonic()
        if now - self._held_at > FORGIVEN_AFTER.total_seconds():
            self._holds = 0
        wait = min(LONGEST_HOLD, FIRST_HOLD * (1 << min(self._holds, 10)))
        self._holds += 1
        self._held_at = now
        self._held_until = now + wait.total_seconds()
        return wait
