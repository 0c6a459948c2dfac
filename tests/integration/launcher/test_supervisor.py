"""The supervisor as a process of its own, with small programs in the place of the parts."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from launcher import environment, locking, parts, processes, records, supervisor
from launcher.errors import LauncherError
from launcher.paths import ROOT, Paths
from launcher.processes import ProcessSpec
from launcher.records import ProcessRecord
from launcher.waiting import wait_for

SOON = timedelta(seconds=20)
SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
# Ends at once, each time: nothing a restart cures.
BROKEN = [sys.executable, "-c", "raise SystemExit(3)"]
# Says what it was started with.
TALKER = [
    sys.executable,
    "-c",
    "import os, time; print(os.environ['FLOWHQ_PORT'], flush=True); time.sleep(600)",
]


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    paths = Paths(root=ROOT, state=tmp_path / "a state")
    paths.prepare()
    yield paths
    for name in (supervisor.PROCESS, *supervisor.WATCHED):
        processes.stop(paths, name, grace=timedelta(seconds=1))


def start_part(paths: Paths, name: str, command: list[str] = SLEEPER) -> ProcessRecord:
    environ = {**environment.current(), "FLOWHQ_PORT": "8123"}
    return processes.start(paths, ProcessSpec(name=name, command=command, environ=environ))


def start_supervisor(paths: Paths) -> ProcessRecord:
    record = supervisor.start(paths, environment.current())
    assert wait_for(lambda: said(paths, "supervisor.started") or None, within=SOON)
    return record


def said(paths: Paths, event: str) -> list[dict]:
    text = processes.log_path(paths, supervisor.PROCESS).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


def kill(record: ProcessRecord) -> None:
    os.kill(record.pid, signal.SIGKILL)
    await_true(lambda: processes.is_gone(record))


def await_other(paths: Paths, before: ProcessRecord) -> ProcessRecord:
    def look() -> ProcessRecord | None:
        found = records.find_alive(paths.records, before.name)
        return found if found is not None and found.pid != before.pid else None

    found = wait_for(look, within=SOON)
    assert found is not None, f"{before.name} did not come back"
    return found


def await_true(look: Callable[[], object]) -> None:
    assert wait_for(lambda: bool(look()) or None, within=SOON)


def test_a_killed_part_is_started_again_as_it_was(paths: Paths) -> None:
    before = start_part(paths, parts.CONTROL_PLANE, TALKER)
    start_supervisor(paths)
    kill(before)
    again = await_other(paths, before)
    await_true(lambda: processes.log_path(paths, parts.CONTROL_PLANE).read_text() == "8123\n")
    [ended] = said(paths, "part.ended")
    assert (ended["part"], ended["again_in"]) == (parts.CONTROL_PLANE, 0)
    assert [line["pid"] for line in said(paths, "part.started_again")] == [again.pid]


def test_a_part_that_was_stopped_stays_down_while_others_are_looked_after(paths: Paths) -> None:
    stopped, killed = start_part(paths, parts.CONTROL_PLANE), start_part(paths, parts.SANDBOX)
    start_supervisor(paths)
    assert processes.stop(paths, stopped.name)
    kill(killed)
    await_other(paths, killed)
    assert records.find_record(paths.records, stopped.name) is None
    assert {line["part"] for line in said(paths, "part.started_again")} == {parts.SANDBOX}


def test_a_part_that_cannot_live_is_started_ever_more_rarely(paths: Paths) -> None:
    start_supervisor(paths)
    before = start_part(paths, parts.SANDBOX)
    recipe = paths.records / f"{parts.SANDBOX}.recipe"
    recipe.write_text(json.dumps({"command": BROKEN, "settings": {}}), encoding="utf-8")
    kill(before)
    await_true(lambda: len(said(paths, "part.ended")) >= 3)
    waits = [line["again_in"] for line in said(paths, "part.ended")[:3]]
    assert waits[0] == 0
    assert waits[0] < waits[1] < waits[2]


def test_while_up_or_down_is_at_work_nothing_is_started(paths: Paths) -> None:
    before = start_part(paths, parts.SANDBOX)
    start_supervisor(paths)
    with locking.exclusive(paths):
        kill(before)
        await_true(lambda: said(paths, "part.ended"))
        assert records.find_alive(paths.records, parts.SANDBOX) is None
        # As `down` does: what it stopped is not brought back afterwards.
        processes.stop(paths, parts.SANDBOX)
    other = start_part(paths, parts.CONTROL_PLANE)
    kill(other)
    await_other(paths, other)
    assert records.find_record(paths.records, parts.SANDBOX) is None


def test_a_person_waits_for_a_supervisor_and_not_for_another_person(paths: Paths) -> None:
    with locking.exclusive(paths):
        with pytest.raises(LauncherError, match="is at work"), locking.exclusive(paths):
            pass
        own = records.record_of(supervisor.PROCESS, os.getpid())
        assert own is not None
        records.write_record(paths.records, own)
        with (
            pytest.raises(LauncherError, match="is at work"),
            locking.exclusive(paths, patience=timedelta(milliseconds=300)),
        ):
            pass
    records.forget(paths.records, supervisor.PROCESS)


def test_it_ends_with_its_record_and_takes_nobody_along(paths: Paths) -> None:
    part = start_part(paths, parts.SANDBOX)
    own = start_supervisor(paths)
    records.forget(paths.records, supervisor.PROCESS)
    await_true(lambda: processes.is_gone(own))
    assert records.is_alive(part)


def test_a_killed_supervisor_leaves_its_parts_running_and_can_be_started_again(
    paths: Paths,
) -> None:
    before = start_part(paths, parts.SANDBOX)
    own = start_supervisor(paths)
    kill(before)
    part = await_other(paths, before)  # the supervisor's own child now
    kill(own)
    await_true(lambda: processes.is_gone(own))
    assert records.is_alive(part)
    start_supervisor(paths)
    kill(part)
    await_other(paths, part)


def test_what_is_kept_to_start_a_part_again_is_its_owners_alone(paths: Paths) -> None:
    environ = {"FLOWHQ_DATABASE_URL": "postgresql://u:secret@h/d", "AWS_SECRET": "x"}
    spec = ProcessSpec(name=parts.SANDBOX, command=SLEEPER, environ=environ)
    processes.start(paths, spec)
    recipe = paths.records / f"{parts.SANDBOX}.recipe"
    assert recipe.stat().st_mode & 0o077 == 0
    assert "AWS_SECRET" not in recipe.read_text(encoding="utf-8")
    again = processes.get_spec(paths, parts.SANDBOX, {"PATH": "/bin", "FLOWHQ_TYPO": "1"})
    assert again.environ == {"PATH": "/bin", "FLOWHQ_DATABASE_URL": "postgresql://u:secret@h/d"}
    processes.stop(paths, parts.SANDBOX)
    assert not recipe.exists()
