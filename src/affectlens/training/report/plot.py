"""Curves over steps as SVG, thinned so that a long run stays a small page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from affectlens.evaluation.report.drawing import Axis, mark, picture, tip, words

_WIDTH, _HEIGHT = 480, 236
_LEFT, _RIGHT, _BASE = 58, 456, 200
_TOP, _NAMED_TOP = 16, 36  # the latter where colours are named above
_BUCKETS = 240  # of steps; of each the least and the greatest value are drawn
_LINE = 16  # two words nearer than this run into each other
_DOTS = 40  # points up to which each can be pointed at
_FLAT = 1e-12

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """Values by step, in order."""

    name: str
    points: Sequence[Point]
    kind: str  # CSS class: raw, line0 … line4
    dots: bool = False  # whether to mark every point


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A value that the others are seen against."""

    value: float
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """A point that stands out."""

    point: Point
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a plot shows."""

    steps: float
    ceiling: float = math.inf  # what is above is drawn at the edge
    shown: tuple[float, ...] = ()  # values that the scale reaches to, whatever is drawn


def curves(
    title: str,
    drawn: Sequence[Curve],
    frame: Frame,
    *,
    level: Level | None = None,
    best: Best | None = None,
) -> str:
    """Curves on one scale over all steps."""
    values = [min(y, frame.ceiling) for curve in drawn for _, y in curve.points]
    low, high, ticks = scale([*values, *frame.shown, *([level.value] if level else [])])
    across = Axis(0.0, max(1.0, frame.steps), _LEFT, _RIGHT)
    up = Axis(low, high, _BASE, _NAMED_TOP if len(drawn) > 1 else _TOP)
    parts = [*_grid(ticks, up, across), *_names(drawn)]
    if level is not None:
        y = up.at(level.value)
        parts.append(mark("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, class_="majority"))
        near = best is not None and abs(up.at(best.point[1]) - y) < _LINE
        told_y = y + _LINE if near else y - 5
        parts.append(words(level.told, _RIGHT, told_y, text_anchor="end", class_="soft"))
    for curve in drawn:
        parts += _curve(curve, across, up)
    if best is not None:
        parts += _best(best, across, up)
    return picture(_WIDTH, _HEIGHT, title, parts)


def smooth(points: Sequence[Point], over: int) -> list[Point]:
    """Each value as the mean of those so far, older ones counting less; `over` is how many count.

    The first ones are divided by the weight that they have, so that they are not drawn to zero.
    """
    keep = 1 - 1 / max(1, over)
    total = weight = 0.0
    found = []
    for x, y in points:
        total, weight = total * keep + y, weight * keep + 1
        found.append((x, total / weight))
    return found


def thin(points: Sequence[Point], buckets: int = _BUCKETS) -> list[Point]:
    """The least and the greatest of each bucket of neighbours, and both ends."""
    if len(points) <= 2 * buckets:
        return list(points)
    size = len(points) / buckets
    kept = [points[0]]
    for place in range(buckets):
        part = points[int(place * size) : int((place + 1) * size)]
        least, most = min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])
        kept += sorted({least, most})
    kept.append(points[-1])
    return list(dict.fromkeys(kept))


def scale(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """The ends of an axis around values, and round numbers on it."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if high - low < _FLAT + 1e-9 * abs(high):
        margin = abs(high) / 2 or 0.5
        low, high = low - margin, high + margin
    step = _round_up((high - low) / 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [step * place for place in range(first, last + 1)]
    return ticks[0], ticks[-1], ticks


def number(value: float) -> str:
    """A number beside an axis."""
    if value and (abs(value) < 1e-3 or abs(value) >= 1e6):
        mantissa, _, power = f"{value:.1e}".partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(power)}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{round(value, 6):g}"


def _round_up(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * part for part in (1, 2, 2.5, 5, 10) if power * part >= least * 0.999)


def _grid(ticks: Sequence[float], up: Axis, across: Axis) -> list[str]:
    parts = []
    for value in ticks:
        y = up.at(value)
        parts.append(mark("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(words(number(value), _LEFT - 6, y + 4, class_="soft", text_anchor="end"))
    step = max(1.0, _round_up(across.high / 5))
    value = 0.0
    while value <= across.high:
        place = {"class_": "soft", "text_anchor": "middle"}
        parts.append(words(number(value), across.at(value), _BASE + 17, **place))
        value += step
    parts.append(words("step", _RIGHT, _BASE + 32, class_="soft", text_anchor="end"))
    return parts


def _names(drawn: Sequence[Curve]) -> list[str]:
    """What the colours stand for, where there are several."""
    parts: list[str] = []
    if len(drawn) < 2:
        return parts
    x = float(_LEFT)
    for curve in drawn:
        name = curve.name if len(curve.name) <= 16 else curve.name[:15] + "…"
        parts.append(mark("line", x1=x, x2=x + 16, y1=14, y2=14, class_=curve.kind))
        parts.append(words(name, x + 21, 18, class_="soft"))
        x += 36 + 7 * len(name)
    return parts


def _curve(curve: Curve, across: Axis, up: Axis) -> list[str]:
    shown = thin(curve.points)
    line = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in shown)
    parts = [mark("polyline", points=line, class_=curve.kind)] if len(shown) > 1 else []
    if curve.dots or len(curve.points) == 1:
        told = shown if len(shown) <= _DOTS else ()
        parts += [
            mark("circle", tip(f"{curve.name} at step {x:g}: {number(y)}"), cx=across.at(x),
                 cy=up.at(y), r=3, class_=f"dot {curve.kind}")
            for x, y in told
        ]  # fmt: skip
    return parts


def _best(best: Best, across: Axis, up: Axis) -> list[str]:
    x, y = across.at(best.point[0]), up.at(best.point[1])
    is_right = x > (_LEFT + _RIGHT) / 2
    place = x - 9 if is_right else x + 9
    beside = words(
        best.told, place, max(_TOP - 2, y - 8), text_anchor="end" if is_right else "start",
        class_="head",
    )  # fmt: skip
    return [mark("circle", tip(best.told), cx=x, cy=y, r=6, class_="best"), beside]
