"""How a budget is spent, and how long who misbehaved is held off."""

from datetime import timedelta

import pytest

from controlplane.gateway import budgets, standings
from controlplane.gateway.budgets import Bucket, Budget, Rate, Standing
from controlplane.gateway.standings import Standings
from shared.ids import new_tenant_id


@pytest.fixture
def clock(monkeypatch):
    """The machine's, as the buckets read it; `pass_` lets time pass."""

    class Clock:
        now = 1_000.0

        def pass_(self, seconds):
            self.now += seconds

    made = Clock()
    monkeypatch.setattr(budgets, "monotonic", lambda: made.now)
    return made


def test_a_burst_goes_at_once_and_more_waits_for_its_rate(clock):
    bucket = Bucket(Rate(10, 100))
    assert bucket.take(100) == 0
    assert bucket.take(5) == pytest.approx(0.5)
    clock.pass_(0.5)
    assert bucket.take(10) == pytest.approx(1)


def test_a_quiet_time_saves_up_no_more_than_a_burst(clock):
    bucket = Bucket(Rate(10, 100))
    clock.pass_(3_600)
    assert bucket.try_take(100)
    assert not bucket.try_take(1)


def test_what_is_not_there_is_not_taken(clock):
    bucket = Bucket(Rate(10, 100))
    assert bucket.take_up_to(70) == 70
    assert bucket.take_up_to(70) == 30
    assert bucket.take_up_to(70) == 0
    clock.pass_(0.55)
    assert bucket.take_up_to(70) == 5


def test_an_overdrawn_bucket_gives_nothing_until_it_is_even(clock):
    bucket = Bucket(Rate(10, 100))
    bucket.take(120)
    assert not bucket.try_take(1)
    assert bucket.take_up_to(1) == 0
    clock.pass_(2.2)
    assert bucket.try_take(1)


def test_each_hold_is_twice_as_long_up_to_a_ceiling(clock):
    standing = Standing(Budget())
    waits = []
    for _ in range(9):
        waits.append(standing.hold().total_seconds())
        assert standing.held_for == pytest.approx(waits[-1])
        clock.pass_(waits[-1])
        assert standing.held_for == 0
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_who_behaved_for_a_while_is_held_off_as_shortly_as_at_first(clock):
    standing = Standing(Budget())
    standing.hold()
    standing.hold()
    clock.pass_((budgets.FORGIVEN_AFTER + timedelta(seconds=1)).total_seconds())
    assert standing.hold() == budgets.FIRST_HOLD


def test_a_tenants_standing_is_found_by_its_newest_token_alone():
    kept, tenant_id = Standings(Budget()), new_tenant_id()
    standing = kept.remember("older", tenant_id)
    assert kept.remember("newer", tenant_id) is standing
    assert kept.find("newer") is standing
    assert kept.find("older") is None
    assert kept.find("nobody's") is None


def test_standings_of_tenants_without_end_are_forgotten_again(monkeypatch):
    monkeypatch.setattr(standings, "MAX_KEPT", 10)
    kept = Standings(Budget())
    for number in range(50):
        kept.remember(f"token {number}", new_tenant_id())
    assert (len(kept._by_tenant), len(kept._by_token), len(kept._tokens)) == (10, 10, 10)
    assert kept.find("token 0") is None
    assert kept.find("token 49") is not None


def test_a_changed_limit_of_log_lines_counts_what_was_taken_before(clock):
    standing = Standing(Budget())
    standing.allow_lines(120)
    assert standing.lines.take_up_to(100) == 100
    standing.allow_lines(60)
    assert standing.lines.take_up_to(100) == 0
    assert standing.lines.spent == pytest.approx(100)
    clock.pass_(50)  # a line a second
    assert standing.lines.take_up_to(100) == 10


def test_used_lines_are_those_of_the_last_minute(clock):
    kept, tenant = Standings(Budget()), new_tenant_id()
    assert kept.lines_used(tenant) == 0
    standing = kept.of(tenant)
    standing.allow_lines(600)
    standing.lines.take_up_to(90)
    assert kept.lines_used(tenant) == pytest.approx(90)
    clock.pass_(60)
    assert kept.lines_used(tenant) == 0
