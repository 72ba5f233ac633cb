"""Whether a probability of 0.8 is right in 8 of 10 cases: a reliability plot."""

from collections.abc import Mapping, Sequence
from typing import Any

from affectlens.evaluation.report.drawing import Axis, mark, picture, tip, words

_SIZE, _LEFT, _TOP, _BOTTOM = 300, 54, 34, 44


def plot(bins: Sequence[Mapping[str, Any]]) -> str:
    """Of `details["reliability"]`: low, high, confidence, accuracy and samples of each bin."""
    across = Axis(0.0, 1.0, _LEFT, _LEFT + _SIZE)
    up = Axis(0.0, 1.0, _TOP + _SIZE, _TOP)
    filled = [one for one in bins if one["samples"]]
    most = max((one["samples"] for one in filled), default=1)
    parts = [*_frame(across, up)]
    for one in filled:
        parts += _bin(one, across, up, one["samples"] / most)
    height = _TOP + _SIZE + _BOTTOM
    title = "Reliability: accuracy against confidence; on the diagonal both are the same"
    return picture(_LEFT + _SIZE + 16, height, title, parts)


def _frame(across: Axis, up: Axis) -> list[str]:
    parts = []
    for step in range(6):
        value = step / 5
        x, y = across.at(value), up.at(value)
        parts.append(mark("line", x1=x, x2=x, y1=up.start, y2=up.end, class_="grid"))
        parts.append(mark("line", x1=across.start, x2=across.end, y1=y, y2=y, class_="grid"))
        parts.append(words(f"{value:.1f}", x, up.start + 16, class_="soft", text_anchor="middle"))
        parts.append(
            words(f"{value:.1f}", across.start - 8, y + 4, class_="soft", text_anchor="end")
        )
    corner: dict[str, Any] = {"x1": across.start, "y1": up.start, "x2": across.end, "y2": up.end}
    middle = (across.start + across.end) / 2
    return [
        *parts,
        mark("line", **corner, class_="diagonal"),
        words("confidence", middle, up.start + 36, class_="soft", text_anchor="middle"),
        words("accuracy", across.start - 46, up.end - 18, class_="soft"),
    ]


def _bin(one: Mapping[str, Any], across: Axis, up: Axis, weight: float) -> list[str]:
    """A dot, larger where more samples lie, and the gap to what would be right."""
    x, y = across.at(one["confidence"]), up.at(one["accuracy"])
    told = tip(
        f"{one['low']:.2f}–{one['high']:.2f}: {one['samples']:g} samples, mean confidence "
        f"{one['confidence']:.2f}, accuracy {one['accuracy']:.2f}"
    )
    return [
        mark("line", x1=x, x2=x, y1=y, y2=up.at(one["confidence"]), class_="gap"),
        mark("circle", told, cx=x, cy=y, r=3 + 8 * weight**0.5, class_="value"),
    ]
