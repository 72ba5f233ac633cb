"""Scores as dots with their intervals, over the floors that looking at nothing reaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from affectlens.evaluation.report.drawing import Axis, mark, picture, tip, words
from affectlens.evaluation.score import Score
from affectlens.evaluation.wording import number
from affectlens.foundation.missing import Missing

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 760, 210, 740, 30, 26


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the plot."""

    name: str
    score: Score
    floors: Mapping[str, float]  # by name
    remark: str = ""


def plot(lines: Sequence[Line], title: str) -> str:
    """Rows under one axis; all of them are shares, or all are not."""
    axis = _axis(lines)
    height = _TOP + _ROW * len(lines) + 8
    parts = _grid(axis, height, share=lines[0].score.share)
    for place, line in enumerate(lines):
        parts += _row(line, axis, _TOP + _ROW * (place + 0.5))
    return picture(_WIDTH, height, title, parts)


def _axis(lines: Sequence[Line]) -> Axis:
    if lines[0].score.share:
        return Axis(0.0, 1.0, _LEFT, _RIGHT)
    found = [
        value
        for line in lines
        for value in (line.score.value, line.score.low, line.score.high)
        if not isinstance(value, Missing)
    ]
    most = max([1e-9, *map(abs, found)])  # a floor that lies far off is put at the edge
    found += [value for line in lines for value in line.floors.values() if abs(value) <= 3 * most]
    low, high = min([0.0, *found]), max([0.0, *found])
    return Axis(low, high if high > low else low + 1.0, _LEFT, _RIGHT)


def _grid(axis: Axis, height: float, *, share: bool) -> list[str]:
    parts = []
    for step in range(6):
        value = axis.low + (axis.high - axis.low) * step / 5
        x = axis.at(value)
        text = f"{100 * value:.0f}" if share else f"{value:.2f}"
        parts.append(mark("line", x1=x, x2=x, y1=_TOP - 6, y2=height - 4, class_="grid"))
        parts.append(words(text, x, 14, class_="soft", text_anchor="middle"))
    return parts


def _row(line: Line, axis: Axis, y: float) -> list[str]:
    score = line.score
    parts = [words(line.name, _LEFT - 12, y + 5, text_anchor="end")]
    for name, value in line.floors.items():
        x = axis.at(value)
        told = tip(f"{name}: {number(value, share=score.share)}")
        parts.append(mark("line", told, x1=x, x2=x, y1=y - 10, y2=y + 10, class_="floor"))
    if isinstance(score.value, Missing):
        return [*parts, words(score.value.reason, _LEFT + 6, y + 5, class_="soft")]
    if not isinstance(score.low, Missing) and not isinstance(score.high, Missing):
        ends: dict[str, Any] = {"x1": axis.at(score.low), "x2": axis.at(score.high)}
        parts.append(mark("line", **ends, y1=y, y2=y, class_="interval"))
    told = tip(f"{line.name}: {number(score.value, share=score.share)} {line.remark}")
    parts.append(mark("circle", told, cx=axis.at(score.value), cy=y, r=5.5, class_="value"))
    return parts
