"""One launcher at a time on one state directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from launcher.errors import LauncherError
from launcher.paths import Paths


@contextmanager
def exclusive(paths: Paths) -> Iterator[None]:
    """Raises LauncherError while another one holds it. The kernel lets go when a holder dies."""
    paths.state.mkdir(parents=True, exist_ok=True)
    with (paths.state / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise LauncherError(
                f"Another ./scripts/up or ./scripts/down (pid {file.read().strip() or 'unknown'}) "
                f"is at work on {paths.state}: wait for it and repeat"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
