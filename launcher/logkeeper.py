"""Keeps the processes' logs from growing without end, also when no launcher is there.

A shell and not this program: it runs as long as the platform does, in a megabyte.
"""

from collections.abc import Iterable

from launcher import accounts, processes
from launcher.paths import Paths
from launcher.records import ProcessRecord

PROCESS = "logkeeper"
LOG_MAX_BYTES = 10_000_000
LOOK_SECONDS = 60
# The processes append, so cutting a file under them is safe but for what they write in that very
# moment. The newest half is kept beside it.
SCRIPT = """
limit=$1 pause=$2
shift 2
trap 'kill "$!"; exit 0' TERM
while sleep "$pause" & wait "$!"; do
  for log in "$@"; do
    if [ -f "$log" ] && [ "$(stat -c %s "$log")" -gt "$limit" ]; then
      tail -c "$((limit / 2))" "$log" > "$log.1"
      : > "$log"
    fi
  done
done
"""


def start(
    paths: Paths,
    names: Iterable[str],
    *,
    max_bytes: int = LOG_MAX_BYTES,
    pause_seconds: float = LOOK_SECONDS,
) -> ProcessRecord:
    logs = [str(processes.log_path(paths, name)) for name in names]
    arguments = [str(max_bytes), str(pause_seconds), *logs]
    spec = processes.ProcessSpec(
        name=PROCESS, command=["sh", "-c", SCRIPT, PROCESS, *arguments], environ=accounts.ENVIRON
    )
    return processes.start(paths, spec)
