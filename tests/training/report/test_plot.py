"""Curves keep their extremes when they are thinned, and fit their frame."""

import math
import random
import re

import pytest

from affectlens.training.report.plot import (
    Best,
    Curve,
    Frame,
    Level,
    curves,
    number,
    scale,
    smooth,
    thin,
)


def test_thinning_keeps_ends_and_extremes() -> None:
    chance = random.Random(1)  # noqa: S311 - a drawing, no secret
    points = [(float(x), chance.random()) for x in range(50_000)]
    points[31_234] = (31_234.0, 9.0)
    points[777] = (777.0, -9.0)
    kept = thin(points)
    assert len(kept) < 500
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert {points[31_234], points[777]} <= set(kept)
    assert kept == sorted(kept)


def test_few_points_stay() -> None:
    points = [(float(x), 1.0) for x in range(100)]
    assert thin(points) == points


def test_smoothing_starts_where_the_values_do() -> None:
    assert smooth([(0, 5.0), (1, 5.0), (2, 5.0)], 10) == [(0, 5.0), (1, 5.0), (2, 5.0)]
    noisy = smooth([(float(x), float(x % 2)) for x in range(400)], 50)
    assert abs(noisy[-1][1] - 0.5) < 0.02


@pytest.mark.parametrize(
    "values",
    [[], [0.0], [3.0], [-2.0, -2.0], [1e-9, 2e-9], [1e12, 3e12], [0.001, 1000.0], [1.0, 1 + 1e-15]],
)
def test_axes_hold_all_values_and_are_few_round_numbers(values: list[float]) -> None:
    low, high, ticks = scale(values)
    assert low < high
    assert all(low <= value <= high or math.isclose(value, high) for value in values)
    assert 2 <= len(ticks) <= 7


def test_numbers_beside_axes_are_short() -> None:
    told = [number(value) for value in (0, 1e-5, 7.5e-6, 0.25, 12345, 3e9, 1 / 3)]
    assert told == ["0", "1e-5", "7.5e-6", "0.25", "12,345", "3e9", "0.333333"]


def test_a_single_point_is_a_dot() -> None:
    svg = curves("t", [Curve("a & b", [(1.0, 2.0)], "line0")], Frame(steps=1))
    assert "<circle" in svg
    assert "a &amp; b at step 1" in svg
    assert "nan" not in svg


@pytest.mark.parametrize("value", [0.2, 0.21, 0.9])
def test_words_on_the_best_point_do_not_run_into_those_on_the_level(value: float) -> None:
    page = curves(
        "A measure.",
        [Curve("held back", [(1.0, 0.1), (4.0, value)], "line0")],
        Frame(steps=4, shown=(0.0, 1.0)),
        level=Level(value=0.2, told="always the same"),
        best=Best(point=(4.0, value), told="the best"),
    )
    found = {
        name: float(re.search(rf'y="([\d.]+)"[^>]*>{name}<', page)[1])  # type: ignore[index]
        for name in ("always the same", "the best")
    }
    assert abs(found["always the same"] - found["the best"]) >= 14
