"""One launcher at a time on one state directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO

from launcher import records
from launcher.errors import LauncherError
from launcher.paths import Paths
from launcher.waiting import wait_for

SUPERVISOR = "supervisor"
# A supervisor that starts PostgreSQL after a kill waits until it has recovered.
PATIENCE = timedelta(seconds=90)


class HeldError(LauncherError):
    """Another launcher is at work on the state directory."""


@contextmanager
def exclusive(paths: Paths, *, patience: timedelta = PATIENCE) -> Iterator[None]:
    """Raises HeldError while another one holds it. The kernel lets go when a holder dies.

    patience: for a supervisor, which a person did not start and need not know of.
    """
    paths.state.mkdir(parents=True, exist_ok=True)
    with (paths.state / "lock").open("a+", encoding="utf-8") as file:
        if not _take(file):
            if _is_supervisor(paths, _holder(file)):
                wait_for(lambda: _take(file) or None, within=patience)
            if not _take(file):
                raise HeldError(
                    f"Another ./scripts/up or ./scripts/down (pid {_holder(file) or 'unknown'}) "
                    f"is at work on {paths.state}: wait for it and repeat"
                )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(file: IO[str]) -> bool:
    """Again and again, by who has it, is no error."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip()


def _is_supervisor(paths: Paths, holder: str) -> bool:
    record = records.find_alive(paths.records, SUPERVISOR)
    return record is not None and holder == str(record.pid)
