"""Who waits too long, and who does not."""

from attack.neighbours import LEAST_SECONDS, Waits, compare


def waits(seconds: float, failures: int = 0) -> dict[str, Waits]:
    return {"a": Waits(seconds=[seconds] * 20, failures=["TimeoutError"] * failures)}


def test_half_as_long_again_is_borne():
    assert compare(waits(1.0), waits(1.49)) == []


def test_longer_is_a_breach():
    assert compare(waits(1.0), waits(1.6))


def test_a_few_milliseconds_are_the_machines():
    assert compare(waits(0.005), waits(0.005 + LEAST_SECONDS / 2)) == []


def test_one_that_fails_is_a_breach_however_quick_it_is():
    assert "failed 1 times" in compare(waits(1.0), waits(0.1, failures=1))[0]


def test_one_slow_answer_of_twenty_is_no_p95():
    slow = {"a": Waits(seconds=[0.1] * 39 + [9.0])}
    assert compare(waits(0.1), slow) == []


def test_who_got_no_answer_at_all_waited():
    assert compare(waits(0.1), {"a": Waits()})
