"""The launcher in the foreground: one readable log, and Ctrl-C stops everything."""

from collections.abc import Mapping
from datetime import timedelta

from launcher import down, locking, postgres, processes, records
from launcher.console import complain, say
from launcher.logview import LogView
from launcher.platform import Platform
from launcher.waiting import wait_for

LOOK_EVERY = timedelta(milliseconds=300)
FOREVER = timedelta(days=36500)
NAME_WIDTH = 12


def follow(running: Platform, environ: Mapping[str, str]) -> int:
    """Until Ctrl-C (0), until `down` elsewhere (0), or until a part ends by itself (1).

    When a part ends by itself the others go on: a bot outlives its control plane.
    """
    parts = [*running.names, postgres.PROCESS]
    view = LogView(files={name: processes.log_path(running.paths, name) for name in running.names})
    view.from_now()
    say("  Ctrl-C stops everything.\n")
    try:
        ended = wait_for(lambda: _look(running, parts, view), within=FOREVER, pause=LOOK_EVERY)
    except KeyboardInterrupt:
        say("\nStopping")
        with locking.exclusive(running.paths):
            down.stop_everything(running.paths, environ)
        return 0
    if not ended:
        say("FlowHQ was stopped.")
        return 0
    complain(
        f"{ended} ended by itself; the rest goes on. "
        f"Its last lines:\n{processes.tail(processes.log_path(running.paths, ended))}\n"
        "Run ./scripts/up to start it again, or ./scripts/down to stop the rest."
    )
    return 1


def _look(running: Platform, parts: list[str], view: LogView) -> str | None:
    """Shows what is new. The name of a part that ended, "" when all was stopped, else None."""
    for name, line in view.read():
        say(f"{name:<{NAME_WIDTH}} {line}")
    for part in parts:
        record = records.find_record(running.paths.records, part)
        if record is None and part != postgres.PROCESS:
            return ""  # `down` forgets a part that it stops
        if record is not None and processes.is_gone(record):
            return part
    return None
