"""What `up --detach` leaves behind: starts again what ends by itself.

A part is down on purpose when its record is gone (`down` forgets what it stops), and by itself
when the record is there and its process is not. A part that hangs is left alone. The supervisor
ends when its own record is gone, so that none outlives its installation.
"""

import os
from collections.abc import Mapping
from datetime import timedelta

import structlog

from launcher import environment, instance, locking, logkeeper, parts, postgres, processes, records
from launcher import vigil as vigils
from launcher.errors import LauncherError
from launcher.paths import Paths
from launcher.processes import ProcessSpec
from launcher.records import ProcessRecord
from launcher.vigil import Vigil
from launcher.waiting import wait_for
from shared.clock import Clock, SystemClock
from shared.log import configure_logging

log = structlog.get_logger(__name__)

PROCESS = "supervisor"
# The database first: the control plane is of no use without it.
WATCHED = (postgres.PROCESS, logkeeper.PROCESS, parts.CONTROL_PLANE, parts.PORTAL, parts.SANDBOX)
LOOK_EVERY = timedelta(milliseconds=500)
FOREVER = timedelta(days=36500)
# Whoever started us writes our record a moment after.
RECORD_TIME = timedelta(seconds=10)


def start(paths: Paths, environ: Mapping[str, str]) -> ProcessRecord:
    """Starts it, or adopts the one that runs."""
    command = [parts.python(), "-P", "-m", "launcher", "supervise", "--state-dir", str(paths.state)]
    spec = ProcessSpec(name=PROCESS, command=command, environ=environment.for_process(environ, {}))
    return processes.start(paths, spec)


def supervise(paths: Paths, environ: Mapping[str, str]) -> int:
    """Until its record is gone or names another."""
    configure_logging(json=True)
    wait_for(lambda: _is_ours(paths) or None, within=RECORD_TIME)
    supervisor = Supervisor(paths, environ, SystemClock())
    log.info("supervisor.started", parts=WATCHED)
    wait_for(supervisor.look, within=FOREVER, pause=LOOK_EVERY)
    log.info("supervisor.ended")
    return 0


class Supervisor:
    def __init__(self, paths: Paths, environ: Mapping[str, str], clock: Clock) -> None:
        self._paths = paths
        self._environ = environ
        self._clock = clock
        self._vigils: dict[str, Vigil] = {}

    def look(self) -> bool | None:
        """Looks after every part; True when it is no longer for us to do."""
        if not _is_ours(self._paths):
            return True
        for name in WATCHED:
            record = records.find_record(self._paths.records, name)
            if record is None:
                self._vigils.pop(name, None)
            else:
                self._look_after(record)
        return None

    def _look_after(self, record: ProcessRecord) -> None:
        before, now = self._vigils.get(record.name, Vigil()), self._clock.now()
        seen = vigils.look(before, is_alive=not processes.is_gone(record), now=now)
        self._vigils[record.name] = seen
        if seen.due is not None and before.due is None:
            wait = (seen.due - now).total_seconds()
            log.error("part.ended", part=record.name, ends=seen.ends, again_in=round(wait, 1))
        if vigils.is_due(seen, now=now):
            self._start_again(record.name, seen)

    def _start_again(self, name: str, vigil: Vigil) -> None:
        try:
            started = restart(self._paths, name, self._environ)
        except locking.HeldError:
            return  # `up` or `down` is at work: it may well be on the same part
        except (LauncherError, OSError) as error:
            self._vigils[name] = vigils.fail(vigil, now=self._clock.now())
            log.warning("part.not_started", part=name, problem=str(error))
            return
        if started is not None:
            self._vigils[name] = Vigil(ends=vigil.ends, alive_since=self._clock.now())
            log.warning("part.started_again", part=name, pid=started.pid, ends=vigil.ends)


def restart(paths: Paths, name: str, environ: Mapping[str, str]) -> ProcessRecord | None:
    """As it was started last; None when somebody stopped or started it meanwhile.

    Raises LauncherError or OSError when it cannot be started, HeldError when it is not our turn.
    """
    with locking.exclusive(paths, patience=timedelta(0)):
        record = records.find_record(paths.records, name)
        if record is None or records.is_alive(record):
            return None
        if name == postgres.PROCESS:
            postgres.start(paths, postgres.cluster_of(paths, instance.find_id(paths) or ""))
        else:
            processes.start(paths, processes.get_spec(paths, name, environ))
        return records.find_record(paths.records, name)


def _is_ours(paths: Paths) -> bool:
    record = records.find_record(paths.records, PROCESS)
    return record is not None and record.pid == os.getpid()
