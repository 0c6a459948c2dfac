"""The fleet over time as a picture and a sentence."""

from datetime import UTC, datetime, timedelta

from controlplane.dashboard.history_plot import draw_history
from shared.enums import TenantStatus
from shared.structs.fleet_counts import FleetHistory, FleetSample

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def history(*counts, length=24 * HOUR, step=HOUR):
    """One sample a step, the last one now; None: nobody counted."""
    first = NOW - step * (len(counts) - 1)
    return FleetHistory(
        since=NOW - length,
        until=NOW,
        step=step,
        items=[
            FleetSample(at=first + step * place, status=count, worker={}, session={})
            for place, count in enumerate(counts)
            if count is not None
        ],
    )


def test_nothing_counted_is_no_picture():
    assert draw_history(history()) is None


def test_the_sentence_says_the_fewest_and_the_most_that_were_served():
    drawn = draw_history(history({TenantStatus.ACTIVE: 3}, {}, {TenantStatus.ACTIVE: 7}))
    assert (drawn.fewest, drawn.most) == (0, 7)
    assert drawn.plot.top == 8
    assert [layer.name for layer in drawn.plot.layers if layer.path] == ["ACTIVE"]


def test_a_day_is_marked_by_the_hour_and_a_week_by_its_days():
    assert draw_history(history({})).plot.marks == ["08:00", "14:00", "20:00", "02:00", "08:00"]
    week = draw_history(history({}, length=168 * HOUR))
    assert week.plot.marks[0] == "16 Nov"


def test_hours_in_which_nobody_counted_are_a_gap():
    one = {TenantStatus.ACTIVE: 1}
    drawn = draw_history(history(one, one, None, None, None, None, one, one))
    [path] = [layer.path for layer in drawn.plot.layers if layer.path]
    assert path.count("M") == 2
