"""Another time: `scripts/at` moves the clocks of processes, and files are dated to match."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import SystemClock
from tests.another_time import SECOND, clock_is_ahead, move_file_times

SCRIPT = Path(__file__).parents[3] / "scripts" / "at"
DAY = 24 * 60 * 60
# A busy machine takes this long between two looks at a clock.
SLACK = 60


def now():
    return SystemClock().now().timestamp()


def at(*words, **environ):
    return subprocess.run(  # noqa: S603  our own script
        [SCRIPT, *words],
        env={**os.environ, **environ},  # noqa: TID251  a child process's own
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def told(*words):
    done = at(*words, sys.executable, "-c", "import time; print(time.time(), time.monotonic())")
    assert done.returncode == 0, done.stderr
    wall, monotonic = (float(each) for each in done.stdout.split())
    assert abs(monotonic - time.monotonic()) < SLACK, "what is waited for is as long as ever"
    return wall


@pytest.mark.parametrize("days", [400, -400])
def test_a_command_runs_days_from_now(days):
    assert abs(told(f"{days} days") - (now() + days * DAY)) < SLACK


def test_a_command_runs_at_an_instant_and_time_goes_on_from_there():
    wanted = datetime(2028, 2, 29, 23, 59, 50, tzinfo=UTC).timestamp()
    assert wanted <= told("2028-02-29 23:59:50") < wanted + SLACK


def test_what_the_command_starts_is_at_that_time_too():
    assert abs(told("400 days", SCRIPT, "1 day ago") - (now() + 399 * DAY)) < SLACK


def test_a_command_can_wait_at_another_time():
    wait = "import threading, time; time.sleep(0.01); threading.Event().wait(0.01); print('waited')"
    assert at("400 days", sys.executable, "-c", wait).stdout == "waited\n"


def test_the_result_is_the_commands():
    assert at("400 days", "sh", "-c", "exit 7").returncode == 7


def test_what_killed_processes_left_is_removed_and_nobody_elses():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    shared = Path("/dev/shm")
    left = [shared / f"{name}_{gone.pid}" for name in ("faketime_shm", "sem.faketime_sem")]
    ours = shared / f"faketime_shm_{os.getpid()}"
    was_there = ours.exists()
    for path in (*left, ours):
        path.touch()
    try:
        assert at("400 days", "true").returncode == 0
        assert [path.exists() for path in (*left, ours)] == [False, False, True]
    finally:
        if not was_there:
            ours.unlink()


@pytest.mark.parametrize("words", [[], ["400 days"]])
def test_words_that_are_missing_are_asked_for(words):
    done = at(*words)
    assert (done.returncode, done.stderr.count("Usage:")) == (1, 1)


def test_what_is_no_time_is_refused():
    done = at("soonish", "echo", "ran")
    assert (done.returncode, done.stdout) == (1, "")
    assert '"soonish" is no time' in done.stderr


def test_where_no_clock_can_be_moved_nothing_is_run():
    done = at("500 days", "echo", "ran", FAKETIME_SKIP_CMDS="python")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no clock can be moved here" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_new_file_is_dated_by_the_clock_of_the_tests(tmp_path):
    path = tmp_path / "file"
    path.touch()
    for status in (path.stat(), path.lstat(), os.stat(path)):  # noqa: PTH116  also by this name
        assert abs(status.st_mtime - now()) < SLACK


@pytest.mark.parametrize("by", [400 * DAY * SECOND, -400 * DAY * SECOND])
def test_file_times_are_moved_and_what_was_set_is_what_is_found(tmp_path, monkeypatch, by):
    path = tmp_path / "file"
    path.write_text("x")
    before = path.stat()
    move_file_times(monkeypatch, by)
    after = path.stat()
    assert after.st_mtime_ns == before.st_mtime_ns + by
    assert after.st_mtime == pytest.approx(before.st_mtime + by / SECOND)
    assert (after.st_ino, after.st_size, after.st_mode) == (before.st_ino, 1, before.st_mode)
    os.utime(path, (5, 7))
    assert (path.stat().st_atime, path.stat().st_mtime) == (5, 7)
    os.utime(path, ns=(SECOND, 2 * SECOND))
    assert path.stat().st_mtime_ns == 2 * SECOND
    os.utime(path)
    assert abs(path.stat().st_mtime - now() - by / SECOND) < SLACK


def test_how_far_the_clock_was_moved_is_found(ahead):
    moved = os.environ.get("FAKETIME", "0")  # noqa: TID251  it is set for this whole process
    assert abs(ahead - int(moved) * SECOND) < SLACK * SECOND
    assert abs(clock_is_ahead()) < SLACK * SECOND, "and made up for"
