"""When a worker that ended is started again, as a table."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.reconcile.restarts import (
    BACKOFF,
    classify_exit,
    decide_restart,
    find_incident,
    is_crash_loop,
)
from shared.enums import IncidentKind
from tests.fakes.observations import NOW, SECOND, ended, incident, there

MINUTE = timedelta(minutes=1)
replace = msgspec.structs.replace


def crashes(*ago_in_seconds):
    return [incident(ago=SECOND * ago, ran=SECOND) for ago in sorted(ago_in_seconds, reverse=True)]


def waits(verdict):
    return verdict.start_at - NOW


@pytest.mark.parametrize(
    ("exit_code", "oom_killed", "kind"),
    [
        pytest.param(143, False, None, id="asked to end before Python could hear it"),
        (0, False, None),
        (64, False, IncidentKind.CONFIGURATION),
        (65, False, IncidentKind.SESSION_ENDED),
        (75, False, IncidentKind.SESSION_LOCKED),
        (137, True, IncidentKind.OOM),
        (137, False, IncidentKind.CRASH),
        (1, False, IncidentKind.CRASH),
        (1, True, IncidentKind.OOM),
        (139, False, IncidentKind.CRASH),
    ],
)
def test_an_exit_code_says_what_befell(exit_code, oom_killed, kind):
    assert classify_exit(exit_code, oom_killed=oom_killed) is kind


def test_a_container_that_was_never_started_is_no_incident():
    assert find_incident(there(), detail="") is None


def test_an_incident_is_named_by_container_and_end():
    container = ended(1)
    found = find_incident(container, detail="why")
    assert (found.container_id, found.finished_at) == (container.id, container.finished_at)
    assert found.generation == container.generation


@pytest.mark.parametrize(
    ("exit_code", "oom_killed", "kind"),
    [(65, False, IncidentKind.SESSION_ENDED), (137, True, IncidentKind.OOM)],
)
def test_an_incident_tells_how_it_ended_and_what_it_said_last(exit_code, oom_killed, kind):
    container = ended(exit_code, oom_killed=oom_killed)
    found = find_incident(container, detail="its last words")
    assert (found.kind, found.exit_code, found.detail) == (kind, exit_code, "its last words")
    assert found.started_at == container.started_at


@pytest.mark.parametrize("missing", ["exit_code", "finished_at"])
def test_a_container_of_whose_end_not_all_is_known_yet_is_no_incident(missing):
    assert find_incident(replace(ended(1), **{missing: None}), detail="") is None


@pytest.mark.parametrize(
    "kind", [IncidentKind.CONFIGURATION, IncidentKind.CONTAINER_REMOVED, IncidentKind.CRASH]
)
def test_the_incident_that_decides_is_named(kind):
    past = [incident(kind)]
    assert decide_restart(past, generation=1).because == past[0]


def test_a_worker_whose_start_is_not_known_is_started_again_at_once():
    unknown = replace(ended(0), started_at=None)
    assert decide_restart([], generation=1, ended=unknown).start_at <= NOW


@pytest.mark.parametrize(("times", "seconds"), [(1, 1), (2, 2), (4, 8)])
def test_a_start_that_fails_again_and_again_waits_from_the_first_time_on(times, seconds):
    past = [
        incident(IncidentKind.START_FAILED, ago=SECOND * ago, ran=SECOND)
        for ago in reversed(range(times))
    ]
    waited = waits(decide_restart(past, generation=1)).total_seconds()
    assert 0.75 * seconds <= waited <= 1.25 * seconds


def test_nothing_past_means_start():
    assert decide_restart([], generation=1).start_at <= NOW


def test_a_first_crash_is_repaired_at_once():
    assert waits(decide_restart(crashes(0), generation=1)) == timedelta(0)


@pytest.mark.parametrize(("number", "seconds"), [(2, 1), (3, 2), (4, 4), (7, 32), (11, 300)])
def test_each_further_crash_waits_twice_as_long_up_to_a_ceiling(number, seconds):
    verdict = decide_restart(crashes(*range(number)), generation=1)
    assert 0.75 * seconds <= waits(verdict).total_seconds() <= 1.25 * seconds


def test_workers_that_crashed_in_the_same_moment_are_not_all_started_in_the_same_moment():
    """As when the machine ran out of memory: each has its own lot in the whole of the spread."""
    crashed = [
        [incident(ago=SECOND * ago, ran=SECOND, container_id=f"c{n}") for ago in (4, 3, 2, 1, 0)]
        for n in range(100)
    ]
    seconds = sorted(waits(decide_restart(past, generation=1)).total_seconds() for past in crashed)
    assert seconds[0] < 8 * 0.8
    assert seconds[-1] > 8 * 1.2
    assert len(set(seconds)) == len(seconds)


def test_a_healthy_run_ends_the_streak():
    past = [*crashes(2000, 1999, 1998), incident(ran=10 * MINUTE)]
    assert waits(decide_restart(past, generation=1)) == timedelta(0)


def test_a_run_just_short_of_healthy_does_not():
    past = [*crashes(2000, 1999, 1998), incident(ran=10 * MINUTE - SECOND)]
    assert waits(decide_restart(past, generation=1)) > timedelta(0)


def test_five_crashes_in_ten_minutes_are_a_loop_that_is_still_tried():
    verdict = decide_restart(crashes(0, 60, 120, 180, 599), generation=1)
    assert verdict.is_failing
    assert verdict.start_at is not None


def test_five_crashes_in_ten_minutes_to_the_second_are_a_loop():
    assert is_crash_loop(crashes(0, 60, 120, 180, 600))


@pytest.mark.parametrize("ago", [(0, 60, 120, 180), (0, 60, 120, 180, 601)])
def test_fewer_or_slower_crashes_are_no_loop(ago):
    assert not decide_restart(crashes(*ago), generation=1).is_failing


@pytest.mark.parametrize("kind", [IncidentKind.CONFIGURATION, IncidentKind.SESSION_ENDED])
class TestAnEndForGood:
    def test_is_not_started_again(self, kind):
        verdict = decide_restart([incident(kind)], generation=1)
        assert verdict.start_at is None
        assert verdict.is_failing

    def test_is_lifted_by_a_risen_generation(self, kind):
        assert decide_restart([incident(kind)], generation=2).start_at is not None

    def test_is_not_lifted_by_what_came_after(self, kind):
        past = [incident(kind, ago=MINUTE), incident(IncidentKind.CONTAINER_REMOVED)]
        assert decide_restart(past, generation=1).start_at is None


def test_a_locked_session_backs_off_from_the_first_time_and_is_no_loop():
    past = [incident(IncidentKind.SESSION_LOCKED, ago=SECOND * ago) for ago in (4, 3, 2, 1, 0)]
    assert waits(decide_restart(past[-1:], generation=1)) > timedelta(0)
    assert not decide_restart(past, generation=1).is_failing


def test_a_start_that_failed_is_shown_as_failing_and_tried_again():
    verdict = decide_restart([incident(IncidentKind.START_FAILED)], generation=1)
    assert verdict.is_failing
    assert 0.75 <= waits(verdict).total_seconds() <= 1.25


def test_a_container_that_somebody_removed_is_made_anew_at_once():
    past = [incident(IncidentKind.CONTAINER_REMOVED)]
    assert decide_restart(past, generation=1).start_at <= NOW


def test_a_clean_exit_is_started_again_at_once():
    verdict = decide_restart(crashes(5, 6, 7), generation=1, ended=ended(0))
    assert verdict.start_at <= NOW
    assert verdict.because is None


def test_clean_exits_do_not_spin():
    verdict = decide_restart([], generation=1, ended=ended(0, ran=SECOND))
    assert waits(verdict) == 9 * SECOND


def test_crashes_of_another_generation_do_not_count():
    past = [incident(generation=1, ran=SECOND, ago=SECOND * ago) for ago in range(5)]
    assert not decide_restart(past, generation=2).is_failing


@given(
    st.lists(
        st.tuples(
            st.sampled_from(IncidentKind),
            st.integers(0, 10_000),
            st.integers(0, 2_000),
            st.integers(1, 2),
        ),
        max_size=20,
        unique_by=lambda end: end[1],  # one container ends once at one instant
    )
)
def test_the_same_past_gives_the_same_answer_and_a_bounded_wait(past):
    incidents = [
        incident(kind, ago=SECOND * ago, ran=SECOND * ran, generation=generation)
        for kind, ago, ran, generation in past
    ]
    verdict = decide_restart(incidents, generation=1)
    assert decide_restart(list(reversed(incidents)), generation=1).start_at == verdict.start_at
    if verdict.start_at is not None:
        assert waits(verdict) <= BACKOFF.ceiling * 1.25


@given(st.lists(st.integers(0, 5_000), min_size=5, max_size=12, unique=True))
def test_a_crash_loop_is_five_within_ten_minutes_of_the_newest(ago):
    newest_five = sorted(ago)[:5]
    assert is_crash_loop(crashes(*ago)) == (newest_five[4] - newest_five[0] <= 600)
