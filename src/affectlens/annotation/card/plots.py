"""The plots of a data card as SVG: bars, histograms and heat maps."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from affectlens.evaluation.report.drawing import Axis, mark, picture, tip, words

_WIDTH = 480  # readable on a phone, and two beside each other on a desk
_LEFT, _RIGHT, _ROW, _BAR = 122, 372, 28, 16
_HIGH, _BASE, _TOP = 150, 180, 20
_CELL_W, _CELL_H, _SIDE, _HEAD = 46, 30, 130, 34


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar plot."""

    name: str
    value: float
    told: str  # the text beside it
    behind: float = 0.0  # of the paler bar behind it


def bars(rows: Sequence[Bar], title: str) -> str:
    """One bar a row, all on one scale."""
    most = max((max(row.value, row.behind) for row in rows), default=0.0) or 1.0
    axis = Axis(0.0, most, _LEFT, _RIGHT)
    parts = []
    for place, row in enumerate(rows):
        y = _ROW * place + 6
        parts.append(words(_short(row.name), _LEFT - 10, y + 13, text_anchor="end"))
        for value, kind in ((row.behind, "behind"), (row.value, "bar")):
            if value:
                width = max(1.5, axis.at(value) - _LEFT)
                told = tip(f"{row.name}: {row.told}")
                size = {"width": width, "height": _BAR, "rx": 3}
                parts.append(mark("rect", told, x=_LEFT, y=y, class_=kind, **size))
        end = axis.at(max(row.value, row.behind))
        parts.append(words(row.told, end + 8, y + 13, class_="soft"))
    return picture(_WIDTH, _ROW * len(rows) + 8, title, parts)


def histogram(
    groups: Mapping[str, Sequence[float]], edges: Sequence[float], unit: str, title: str
) -> str:
    """Counts of values between edges, the groups' on top of each other; classes are bar0, bar1."""
    counts = [_counts(values, edges) for values in groups.values()]
    most = max(map(sum, zip(*counts, strict=True))) or 1
    up = Axis(0.0, most, _BASE, _BASE - _HIGH)
    width = (_WIDTH - 70) / (len(edges) - 1)
    parts = _levels(most, up)
    for place, low in enumerate(edges[:-1]):
        x, bottom, below = 50 + width * place, float(_BASE), 0
        for layer, (name, each) in enumerate(zip(groups, counts, strict=True)):
            if not each[place]:
                continue
            below += each[place]
            top = up.at(below)
            told = tip(f"{low:g}–{edges[place + 1]:g} {unit}, {name}: {each[place]:,}")
            size = {"width": width - 2, "height": max(1.0, bottom - top)}
            parts.append(mark("rect", told, x=x + 1, y=top, class_=f"bar{layer}", **size))
            bottom = top
    every = next(n for n in (1, 2, 4, 5, 10, 20, len(edges)) if len(edges) <= 6 * n + 1)
    for place in range(0, len(edges), every):
        x = 50 + width * place
        parts.append(words(f"{edges[place]:g}", x, _BASE + 16, class_="soft", text_anchor="middle"))
    parts.append(words(unit, _WIDTH - 8, _BASE + 32, class_="soft", text_anchor="end"))
    return picture(_WIDTH, _BASE + 38, title, parts)


def even_edges(values: Sequence[float], most: int = 20) -> list[float]:
    """Round edges around values, at most `most` intervals; what lies far off is not cut off."""
    low, high = min(values), max(values)
    step = _step(max((high - low) / most, 1e-9))
    first = math.floor(low / step)
    last = max(first + 1, math.floor(high / step) + 1)
    return [round(step * place, 9) for place in range(first, last + 1)]


def heat(
    rows: Sequence[str], columns: Sequence[str], values: Mapping[tuple[str, str], float], title: str
) -> str:
    """A number in each cell, its colour by its share of the greatest; absent ones stay empty."""
    most = max(values.values(), default=0.0) or 1.0
    parts = []
    for place, column in enumerate(columns):
        x = _SIDE + _CELL_W * (place + 0.5)
        parts.append(words(column, x, _HEAD - 12, text_anchor="middle", class_="soft"))
    for line, row in enumerate(rows):
        y = _HEAD + _CELL_H * line
        parts.append(words(_short(row), _SIDE - 10, y + 20, text_anchor="end"))
        for place, column in enumerate(columns):
            parts += _cell(row, column, values.get((row, column)), most, place, y)
    width = _SIDE + _CELL_W * len(columns) + 8
    return picture(width, _HEAD + _CELL_H * len(rows) + 6, title, parts)


def _step(least: float) -> float:
    """The first round number from here on."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * part for part in (1, 2, 5, 10) if power * part >= least * 0.999)


def _cell(
    row: str, column: str, value: float | None, most: float, place: int, y: float
) -> list[str]:
    x = _SIDE + _CELL_W * place
    size: dict[str, Any] = {"x": x, "y": y, "width": _CELL_W - 2, "height": _CELL_H - 2, "rx": 3}
    if value is None:
        return [mark("rect", tip(f"{row}, {column}: not measured"), class_="cell", **size)]
    share = value / most
    told = tip(f"{row}, {column}: {value:.2f}")
    middle = x + _CELL_W / 2 - 1
    ink = "on" if share > 0.55 else "off"
    return [
        mark("rect", class_="cell", **size),
        mark("rect", told, class_="heat", fill_opacity=max(0.04, share), **size),
        words(f"{value:.1f}", middle, y + 19, text_anchor="middle", class_=ink),
    ]


def _counts(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    counts = [0] * (len(edges) - 1)
    width = (edges[-1] - edges[0]) / len(counts)
    for value in values:
        place = math.floor((value - edges[0]) / width + 1e-9)
        counts[min(max(place, 0), len(counts) - 1)] += 1
    return counts


def _levels(most: float, up: Axis) -> list[str]:
    parts = []
    step = max(1, round(_step(most / 4)))
    for value in range(0, int(most) + 1, step):
        y = up.at(value)
        parts.append(mark("line", x1=48, x2=_WIDTH - 18, y1=y, y2=y, class_="grid"))
        parts.append(words(f"{value:,}", 42, y + 4, class_="soft", text_anchor="end"))
    return parts


def _short(name: str) -> str:
    return name if len(name) <= 17 else name[:16] + "…"
