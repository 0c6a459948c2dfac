"""A process is known by more than its number, so that nobody else's is ever stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from launcher import environment, processes, records
from launcher.paths import Paths
from launcher.processes import ProcessSpec
from launcher.waiting import wait_for

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
STUBBORN_CODE = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(600)"
)
STUBBORN = [sys.executable, "-c", STUBBORN_CODE]


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    paths = Paths(root=tmp_path, state=tmp_path / "state dir")
    paths.prepare()
    yield paths
    for name in ("one", "two"):
        processes.stop(paths, name, grace=timedelta(seconds=1))


def started(paths: Paths, command: list[str] = SLEEPER, name: str = "one") -> records.ProcessRecord:
    spec = ProcessSpec(name=name, command=command, environ=environment.current())
    record = processes.start(paths, spec)
    log = processes.log_path(paths, name)
    assert wait_for(lambda: log.read_text() or None, within=timedelta(seconds=20))
    return record


def test_a_started_process_is_alive_and_stops(paths: Paths) -> None:
    record = started(paths)
    assert records.is_alive(record)
    assert processes.stop(paths, "one")
    assert not records.is_alive(record)


def test_a_second_start_adopts_the_first(paths: Paths) -> None:
    assert started(paths) == started(paths)


def test_one_that_ignores_a_polite_stop_is_killed(paths: Paths) -> None:
    record = started(paths, STUBBORN)
    assert processes.stop(paths, "one", grace=timedelta(milliseconds=200))
    assert not records.is_alive(record)


def test_stopping_twice_says_that_there_was_nothing(paths: Paths) -> None:
    started(paths)
    processes.stop(paths, "one")
    assert not processes.stop(paths, "one")


def test_a_process_in_its_own_session_outlives_the_launchers_terminal(paths: Paths) -> None:
    assert os.getsid(started(paths).pid) != os.getsid(0)


def test_a_number_given_to_another_process_is_left_alone(paths: Paths) -> None:
    stranger = subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL)  # noqa: S603  our own sleeper
    try:
        record = records.record_of("one", stranger.pid)
        assert record is not None
        older = msgspec.structs.replace(record, started=record.started - 1)
        records.write_record(paths.records, older)
        assert not processes.stop(paths, "one")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_record_from_before_a_reboot_is_of_no_process(paths: Paths) -> None:
    record = started(paths)
    assert not records.is_alive(msgspec.structs.replace(record, boot="another boot"))


def test_a_dead_child_is_not_alive(paths: Paths) -> None:
    record = started(paths)
    os.kill(record.pid, signal.SIGKILL)
    assert wait_for(lambda: processes.is_gone(record) or None, within=timedelta(seconds=20))


@pytest.mark.parametrize("content", [b"", b"{", b'{"name": "one"}'], ids=["empty", "cut", "short"])
def test_a_damaged_record_is_no_record(paths: Paths, content: bytes) -> None:
    (paths.records / "one.json").write_bytes(content)
    assert records.find_record(paths.records, "one") is None


def test_a_program_name_with_brackets_and_spaces_is_read_over() -> None:
    fields = records._stat_fields("7 (a ) b) S 1 " + " ".join(str(n) for n in range(5, 30)))
    assert (fields[0], fields[1], fields[2]) == ("7", "(a ) b", "S")


def test_each_run_begins_its_own_log_and_keeps_the_last(paths: Paths) -> None:
    log = processes.log_path(paths, "one")
    log.write_text("before")
    processes.rotate(log)
    assert not log.exists()
    assert log.with_suffix(".log.1").read_text() == "before"


def test_a_tail_of_a_log_that_is_not_there_is_empty(paths: Paths) -> None:
    assert processes.tail(paths.logs / "none.log") == ""
