"""Numbers as shapes of an SVG: what a template draws, and a stylesheet colours. Pure.

Shapes alone: words stand beside them as HTML, so that they are as large on a phone as on a desk.
The box is WIDTH by HEIGHT, stretched to whatever room there is; its upper edge is `Plot.top`.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

WIDTH, HEIGHT = 1000, 100
# Of a bar's room; the rest keeps it from its neighbour.
_BAR = 0.8


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """tone: names a colour of the stylesheet (`plot-<tone>`). values: none below zero."""

    name: str
    tone: str
    values: Sequence[int]


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One series as the `d` of a path; empty where there is nothing to see. now: its last value."""

    name: str
    tone: str
    path: str
    now: int


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """The lowest layer first. marks: words below it, from its left edge to its right."""

    layers: list[Layer]
    top: int
    marks: list[str]


def draw_bars(series: Sequence[Series], *, marks: list[str]) -> Plot:
    """A bar for each value, those of the series on top of each other."""
    top, edges = _stack(series)
    count = len(edges[0])
    room = WIDTH / max(count, 1)
    return _to_plot(
        series,
        top=top,
        marks=marks,
        paths=[
            "".join(
                _bar(index * room, room * _BAR, _height(low, top), _height(high, top))
                for index, (low, high) in enumerate(zip(below, above, strict=True))
            )
            for below, above in pairwise(edges)
        ],
    )


def draw_areas(
    series: Sequence[Series], *, places: Sequence[float], gap: float, marks: list[str]
) -> Plot:
    """Areas on top of each other. places: of the values, ascending from 0 to 1.

    gap: between two values further apart nobody knows what was, and nothing is drawn.
    """
    top, edges = _stack(series)
    runs = _split(places, gap)
    return _to_plot(
        series,
        top=top,
        marks=marks,
        paths=[
            "".join(_area(places[a:b], below[a:b], above[a:b], top) for a, b in runs)
            if any(low != high for low, high in zip(below, above, strict=True))
            else ""
            for below, above in pairwise(edges)
        ],
    )


def round_up(value: int) -> int:
    """To one digit, mostly an even one, and noughts: what a person reads an axis by."""
    if value <= 1:
        return 1
    power: int = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= value)


def _stack(series: Sequence[Series]) -> tuple[int, list[list[int]]]:
    """The top, and the heights of all edges, the ground included."""
    edges = [[0] * len(series[0].values)]
    for each in series:
        edges.append([low + value for low, value in zip(edges[-1], each.values, strict=True)])
    return round_up(max(edges[-1], default=0)), edges


def _to_plot(series: Sequence[Series], *, top: int, marks: list[str], paths: Sequence[str]) -> Plot:
    layers = [
        Layer(name=each.name, tone=each.tone, path=path, now=each.values[-1] if each.values else 0)
        for each, path in zip(series, paths, strict=True)
    ]
    return Plot(layers=layers, top=top, marks=marks)


def _split(places: Sequence[float], gap: float) -> list[tuple[int, int]]:
    """The runs of places that are no further apart than `gap`, as slices."""
    starts = [i for i in range(len(places)) if i == 0 or places[i] - places[i - 1] > gap]
    return list(pairwise([*starts, len(places)]))


def _area(places: Sequence[float], below: Sequence[int], above: Sequence[int], top: int) -> str:
    if len(places) == 1:  # a moment between two gaps
        x = _short(places[0] * WIDTH)
        return f"M{x} {_height(below[0], top)}V{_height(above[0], top)}h2V{_height(below[0], top)}z"
    there, back = _corners(places, above, top), _corners(places, below, top)
    return f"M{'L'.join(there)}L{'L'.join(reversed(back))}z"


def _corners(places: Sequence[float], values: Sequence[int], top: int) -> list[str]:
    """Without those in the middle of a level stretch: most of a fleet's day is one."""
    last = len(values) - 1
    return [
        f"{_short(x * WIDTH)} {_height(y, top)}"
        for i, (x, y) in enumerate(zip(places, values, strict=True))
        if i in {0, last} or not values[i - 1] == y == values[i + 1]
    ]


def _bar(left: float, width: float, low: str, high: str) -> str:
    if low == high:
        return ""
    return f"M{_short(left)} {low}V{high}h{_short(width)}V{low}z"


def _height(value: int, top: int) -> str:
    """From above, as an SVG counts."""
    return _short(HEIGHT - HEIGHT * value / top)


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
