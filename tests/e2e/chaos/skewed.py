"""Runs the control plane with a clock of its own: the machine's, and as many seconds more as the
file says that is the first argument. All else is the product as it is.

    python -P -m tests.e2e.chaos.skewed SECONDS_FILE
"""

import runpy
import sys
from datetime import datetime, timedelta
from pathlib import Path

from shared.clock import SystemClock

MODULE = "tests.e2e.chaos.skewed"


def skew(file: Path) -> None:
    """From here on every look at the clock is a look at the file as well."""
    honest = SystemClock.now

    def now(self: SystemClock) -> datetime:
        return honest(self) + timedelta(seconds=float(file.read_text()))

    SystemClock.now = now  # type: ignore[method-assign]  the point of this module


if __name__ == "__main__":
    skew(Path(sys.argv.pop(1)))
    runpy.run_module("controlplane", run_name="__main__", alter_sys=True)
