"""When a part that ended is started again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from launcher import vigil
from launcher.vigil import AGAIN, SETTLED, Vigil

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def seen(before: Vigil, *, alive: bool, after: timedelta = timedelta(0)) -> Vigil:
    return vigil.look(before, is_alive=alive, now=NOW + after)


def test_the_first_end_is_repaired_at_once() -> None:
    assert vigil.is_due(seen(Vigil(), alive=False), now=NOW)


def test_an_end_is_counted_once_however_often_it_is_seen() -> None:
    down = seen(Vigil(ends=1, alive_since=NOW), alive=False)
    assert seen(down, alive=False, after=SECOND / 10) == down
    assert not vigil.is_due(down, now=NOW)
    assert vigil.is_due(down, now=NOW + 2 * SECOND)


def test_a_part_that_ends_again_and_again_is_started_ever_more_rarely() -> None:
    waits, current = [], Vigil()
    for _ in range(12):
        current = vigil.fail(current, now=NOW)
        assert current.due is not None
        waits.append((current.due - NOW).total_seconds())
        current = Vigil(ends=current.ends, alive_since=NOW)  # started, and it ends again
    assert waits[0] == 0
    assert 0.75 <= waits[1] <= 1.25
    assert max(waits) <= AGAIN.ceiling.total_seconds() * 1.25
    assert waits[-1] > 40


def test_a_life_of_a_minute_ends_the_streak() -> None:
    up = Vigil(ends=5, alive_since=NOW)
    assert seen(up, alive=True, after=SETTLED - SECOND).ends == 5
    settled = seen(up, alive=True, after=SETTLED)
    assert settled.ends == 0
    assert vigil.is_due(seen(settled, alive=False, after=SETTLED), now=NOW + SETTLED)


def test_a_part_that_somebody_else_started_is_waited_for_no_longer() -> None:
    waiting = Vigil(ends=3, due=NOW + 9 * SECOND)
    assert seen(waiting, alive=True) == Vigil(ends=3, alive_since=NOW)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 200)), max_size=50))
def test_what_is_down_has_a_time_to_start_and_what_is_up_has_none(
    history: list[tuple[bool, int]],
) -> None:
    current, now = Vigil(), NOW
    for alive, seconds in history:
        now += timedelta(seconds=seconds)
        current = vigil.look(current, is_alive=alive, now=now)
        assert (current.due is None) == alive
        if current.due is not None:
            assert current.due - now <= AGAIN.ceiling * 1.25
