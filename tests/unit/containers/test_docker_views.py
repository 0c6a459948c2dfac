"""Reading what the engine says, also where somebody else wrote the labels."""

from datetime import UTC, datetime

import pytest

from controlplane.containers.docker_views import read_inspected, read_listed, read_volume
from controlplane.containers.driver import ContainerState
from tests.fakes.observations import TENANT

LABELS = {"flowhq.tenant": str(TENANT), "flowhq.generation": "4", "flowhq.spec": "abc"}


def listed(**given):
    container = {
        "Id": "c1",
        "Names": ["/flowhq-worker"],
        "Image": "worker:1",
        "ImageID": "sha256:1",
        "State": "running",
        "Labels": LABELS,
    }
    return container | given


def inspected(status, **state):
    times = {"StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"}
    return {
        "Id": "c1",
        "Name": "/flowhq-worker",
        "Image": "sha256:1",
        "Config": {"Image": "worker:1", "Labels": LABELS},
        "State": {"Status": status, "ExitCode": 0, "OOMKilled": False, **times, **state},
    }


def test_a_listed_container_is_read_with_its_labels():
    seen = read_listed(listed())
    assert (seen.tenant_id, seen.generation, seen.spec_hash) == (TENANT, 4, "abc")
    assert (seen.name, seen.image_id) == ("flowhq-worker", "sha256:1")


@pytest.mark.parametrize("labels", [None, {}, {"flowhq.tenant": "nobody"}, {"flowhq.tenant": ""}])
def test_what_belongs_to_no_tenant_is_passed_over(labels):
    assert read_listed(listed(Labels=labels)) is None
    assert read_volume({"Name": "v", "Labels": labels}) is None


@pytest.mark.parametrize("generation", ["", "-3", "four", "1.5", "9" * 50])
def test_a_generation_that_nobody_of_us_wrote_matches_none(generation):
    seen = read_listed(listed(Labels=LABELS | {"flowhq.generation": generation}))
    assert seen.generation == -1


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("dead", ContainerState.EXITED),
        ("restarting", ContainerState.RUNNING),
        ("removing", ContainerState.REMOVING),
        ("paused", ContainerState.PAUSED),
    ],
)
def test_every_state_of_the_engine_is_one_of_ours(said, state):
    assert read_listed(listed(State=said)).state is state


def test_a_container_that_never_ran_has_no_end():
    seen = read_inspected(inspected("created"))
    assert (seen.exit_code, seen.started_at, seen.finished_at) == (None, None, None)


def test_an_earlier_end_of_a_running_container_is_not_its_end():
    seen = read_inspected(
        inspected(
            "running",
            ExitCode=137,
            OOMKilled=True,
            StartedAt="2026-11-23T09:00:01.5Z",
            FinishedAt="2026-11-23T09:00:00Z",
        )
    )
    assert (seen.exit_code, seen.oom_killed, seen.finished_at) == (None, False, None)
    assert seen.started_at == datetime(2026, 11, 23, 9, 0, 1, 500_000, UTC)


def test_instants_keep_the_microseconds_that_the_database_keeps():
    seen = read_inspected(inspected("exited", FinishedAt="2026-11-23T09:00:00.123456789Z"))
    assert seen.finished_at == datetime(2026, 11, 23, 9, 0, 0, 123_456, UTC)


@pytest.mark.parametrize("said", ["stopping", "hibernating", ""])
def test_a_state_that_a_newer_engine_has_a_word_for_is_left_alone(said):
    assert read_listed(listed(State=said)).state is ContainerState.REMOVING
    assert read_inspected(inspected(said)).state is ContainerState.REMOVING


@pytest.mark.parametrize("names", [None, []])
def test_a_container_that_has_lost_its_name_is_called_by_its_id(names):
    assert read_listed(listed(Names=names)).name == "c1"
