"""Numbers as shapes: every value where it belongs, nothing outside the box."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.plots import HEIGHT, WIDTH, Series, draw_areas, draw_bars, round_up

NUMBERS = st.lists(st.integers(0, 10**9), max_size=30)


def series(*values, name="in", tone="brand"):
    return Series(name=name, tone=tone, values=values)


def test_bars_stand_on_each_other_below_the_top():
    plot = draw_bars([series(1, 0), series(3, 5, name="out", tone="soft")], marks=["Mon", "Tue"])
    assert plot.top == 5
    assert [layer.path for layer in plot.layers] == [
        "M0 100V80h400V100z",
        "M0 80V20h400V80zM500 100V0h400V100z",
    ]
    assert [(layer.name, layer.now) for layer in plot.layers] == [("in", 0), ("out", 5)]


def test_areas_lie_on_each_other():
    plot = draw_areas(
        [series(1, 2), series(1, 0, name="out")], places=[0, 1], gap=1, marks=["then", "now"]
    )
    assert [layer.path for layer in plot.layers] == [
        "M0 50L1000 0L1000 100L0 100z",
        "M0 0L1000 0L1000 0L0 50z",
    ]


def test_the_middle_of_a_level_stretch_is_left_out():
    plot = draw_areas([series(2, 2, 2, 2, 0)], places=[0, 0.1, 0.2, 0.3, 1], gap=1, marks=[])
    assert plot.layers[0].path == "M0 0L300 0L1000 100L1000 100L0 100z"


def test_where_nobody_looked_nothing_is_drawn():
    plot = draw_areas([series(1, 1, 1, 1)], places=[0, 0.1, 0.5, 0.6], gap=0.2, marks=[])
    assert plot.layers[0].path.count("M") == 2


def test_a_moment_between_two_gaps_is_seen():
    plot = draw_areas([series(1)], places=[0.5], gap=0.1, marks=[])
    assert plot.layers[0].path == "M500 100V0h2V100z"


def test_a_series_of_nothing_has_no_shape():
    plot = draw_areas([series(0, 0), series(1, 1)], places=[0, 1], gap=1, marks=[])
    assert [bool(layer.path) for layer in plot.layers] == [False, True]


@pytest.mark.parametrize("draw", [draw_bars, lambda s, **m: draw_areas(s, places=[], gap=1, **m)])
def test_no_values_are_an_empty_box(draw):
    plot = draw([series()], marks=[])
    assert (plot.top, [layer.path for layer in plot.layers]) == (1, [""])


@pytest.mark.parametrize(
    ("value", "top"),
    [
        (0, 1),
        (1, 1),
        (2, 2),
        (3, 3),
        (7, 8),
        (9, 10),
        (10, 10),
        (11, 20),
        (24, 30),
        (412, 500),
        (501, 600),
    ],
)
def test_the_top_is_a_number_that_people_read_by(value, top):
    assert round_up(value) == top


@given(NUMBERS)
def test_nothing_leaves_the_box(values):
    bars = draw_bars([series(*values)], marks=[])
    places = [index / max(len(values) - 1, 1) for index in range(len(values))]
    areas = draw_areas([series(*values)], places=places, gap=1, marks=[])
    for drawn in (bars, areas):
        assert drawn.top >= max(values, default=0)
        for path in (layer.path for layer in drawn.layers):
            for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", path):
                assert 0 <= float(x) <= WIDTH
                assert 0 <= float(y) <= HEIGHT
