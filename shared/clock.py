"""The only door to the wall clock, so that time can be a parameter everywhere else."""

from datetime import UTC, datetime
from typing import Protocol, runtime_checkable


@runtime_checkable  # Litestar checks what it injects
class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  the one place that asks the machine
