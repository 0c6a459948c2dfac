#!/usr/bin/env python3
"""Which system calls workers make while a command runs: what the filter has to let through.

    .venv/bin/python scripts/bench/system_calls.py .venv/bin/python -m pytest tests/e2e/platform

Needs root and perf, which counts the calls of every thread of the machine; those that were seen in
a container are the workers', and the engine's while it sets the container up. A call that the
filter refuses is counted too, but not what the program would have done after it.
"""

import re
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

LOOK_EVERY = 0.1
THREAD = re.compile(r"^ *\S.*\((\d+)\), \d+ events")
CALL = re.compile(r"^ +([a-z_0-9]+) +(\d+) +\d+ ")


def watch(threads: set[int], done: threading.Event) -> None:
    """Collects the threads of containers."""
    while not done.wait(LOOK_EVERY):
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if "/docker/" in (process / "cgroup").read_text():
                    threads.update(int(each.name) for each in (process / "task").iterdir())


def count(report: str, threads: set[int]) -> Counter[str]:
    calls: Counter[str] = Counter()
    ours = False
    for line in report.splitlines():
        if found := THREAD.match(line):
            ours = int(found[1]) in threads
        elif ours and (found := CALL.match(line)):
            calls[found[1]] += int(found[2])
    return calls


def main(command: list[str]) -> int:
    threads: set[int] = set()
    done = threading.Event()
    watcher = threading.Thread(target=watch, args=(threads, done))
    watcher.start()
    with TemporaryDirectory() as directory:
        report = Path(directory) / "report"
        code = subprocess.call(["perf", "trace", "-a", "-s", "-o", report, "--", *command])  # noqa: S603, S607
        done.set()
        watcher.join()
        calls = count(report.read_text(errors="replace"), threads)
    for name, times in sorted(calls.items()):
        print(f"{name:24} {times:>10}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
