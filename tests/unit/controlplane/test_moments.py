"""Instants, lengths and sizes as a person says them."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.dashboard.moments import Sayer, to_length, to_size

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_a_length_is_said_in_one_unit(length, said):
    assert to_length(length) == said


def test_an_instant_is_said_by_how_long_ago_it_was_and_exactly():
    say = Sayer(NOW)
    assert say.ago(NOW - timedelta(seconds=4)) == "just now"
    assert say.ago(NOW - timedelta(hours=3)) == "3 h ago"
    assert say.until(NOW + timedelta(minutes=5)) == "in 5 min"
    assert say.exact(NOW) == "2026-11-23 08:00:00 UTC"
    assert say.length(NOW, NOW + timedelta(seconds=9)) == "9 s"


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0.0 MB"), (28 << 20, "28.0 MB"), (4 << 30, "4096 MB")]
)
def test_a_size_is_said_in_megabytes(size, said):
    assert to_size(size) == said
