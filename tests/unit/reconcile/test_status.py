"""What people are told of a worker."""

from datetime import timedelta

import msgspec
import pytest

from controlplane.containers.driver import ContainerState
from controlplane.reconcile.restarts import Verdict
from controlplane.reconcile.status import derive_record, explain_exit
from shared.enums import DesiredState, IncidentKind, WorkerStatus
from shared.structs.fleet import WorkerRecord
from tests.fakes.observations import NOW, ended, incident, there, worker

START = Verdict(start_at=NOW)


def test_a_running_container_is_running_since_it_started():
    started_at = NOW - timedelta(seconds=3)
    record = derive_record(worker(), there(started_at=started_at), START, NOW)
    assert record.status is WorkerStatus.RUNNING
    assert record.started_at == started_at
    assert record.container_id == "c1"


def test_what_is_recorded_and_still_so_stays_as_it_is():
    first = derive_record(worker(), there(started_at=NOW), START, NOW)
    again = derive_record(worker(recorded=first), there(), START, NOW + timedelta(hours=1))
    assert again == first


@pytest.mark.parametrize(("ran", "kept"), [(9, True), (10, False)], ids=["early", "healthy"])
def test_the_last_error_is_told_until_the_worker_is_healthy_again(ran, kept):
    recorded = WorkerRecord(status=WorkerStatus.STARTING, last_error="out of memory")
    seen = there(started_at=NOW - timedelta(minutes=ran))
    record = derive_record(worker(recorded=recorded), seen, START, NOW)
    assert (record.last_error == "out of memory") is kept


def test_a_worker_that_waits_for_its_next_attempt_is_starting_and_says_why_and_when():
    verdict = Verdict(start_at=NOW + timedelta(seconds=4), because=incident())
    record = derive_record(worker(), ended(1), verdict, NOW)
    assert record.status is WorkerStatus.STARTING
    assert record.last_error == "a CRASH"
    assert record.next_attempt_at == verdict.start_at


def test_a_failing_worker_is_an_error():
    verdict = Verdict(start_at=None, is_failing=True, because=incident(IncidentKind.CONFIGURATION))
    record = derive_record(worker(), ended(64), verdict, NOW)
    assert record.status is WorkerStatus.ERROR
    assert record.last_error == "a CONFIGURATION"
    assert record.next_attempt_at is None


@pytest.mark.parametrize("state", [DesiredState.STOPPED, DesiredState.REMOVED])
def test_an_unwanted_worker_without_container_is_stopped_and_has_no_error(state):
    recorded = WorkerRecord(status=WorkerStatus.ERROR, last_error="old")
    record = derive_record(worker(state, recorded=recorded), None, START, NOW)
    assert record == WorkerRecord(status=WorkerStatus.STOPPED)


def test_a_worker_that_still_drains_is_told_as_it_is():
    record = derive_record(worker(DesiredState.STOPPED), there(started_at=NOW), START, NOW)
    assert record.status is WorkerStatus.RUNNING


def test_a_paused_worker_is_not_running():
    record = derive_record(worker(), there(ContainerState.PAUSED), START, NOW)
    assert record.status is WorkerStatus.STARTING


@pytest.mark.parametrize(
    ("lines", "exit_code", "oom", "expected"),
    [
        (['{"event":"worker.exited","code":64,"reason":"No."}'], 64, False, "No."),
        (['{"event":"worker.exited","code":64,"reason":"No."}', "tini: x"], 64, False, "No."),
        (['{"event":"session.lost","reason":"x"}'], 75, False, "Another worker holds"),
        (["not JSON", "[1]", '{"event": 5}', ""], 65, False, "The phone link has ended"),
        (['{"event":' + "[" * 4000 + "]" * 4000 + "}"], 3, False, "exit code 3"),
        ([], 137, True, "ran out of memory"),
        ([], 137, False, "was killed"),
        ([], 3, False, "exit code 3"),
        (['{"event":"worker.exited","code":1,"reason":""}'], 1, False, "exit code 1"),
    ],
)
def test_an_exit_is_explained(lines, exit_code, oom, expected):
    assert expected in explain_exit(lines, exit_code=exit_code, oom_killed=oom)


def test_records_are_compared_by_value():
    record = derive_record(worker(), there(started_at=NOW), START, NOW)
    assert msgspec.structs.replace(record, last_error="x") != record
