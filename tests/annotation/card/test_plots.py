"""Bars, histograms and heat maps: every value is drawn, whatever its size."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectlens.annotation.card.plots import Bar, bars, even_edges, heat, histogram


@given(st.lists(st.floats(0, 1e5, allow_nan=False), min_size=1, max_size=30))
@settings(deadline=None, max_examples=80)
def test_edges_are_few_hold_every_value_and_no_value_is_lost(values: list[float]) -> None:
    edges = even_edges(values)
    assert 2 <= len(edges) <= 23
    assert edges[0] <= min(values) + 1e-6
    assert edges[-1] >= max(values) - 1e-6
    drawn = ET.fromstring(histogram({"all": values}, edges, "s", "t"))  # noqa: S314
    counts = [int(str(t.text).rpartition(" ")[2].replace(",", "")) for t in drawn.iter("title")]
    assert sum(counts) == len(values)


def test_the_longest_bar_is_the_greatest_value_and_nothing_is_outside() -> None:
    drawn = ET.fromstring(  # noqa: S314
        bars([Bar("a", 10, "10 of 20", behind=20), Bar("b", 0, "0"), Bar("c", 5, "5")], "t")
    )
    widths = [float(one.get("width", "")) for one in drawn.iter("rect")]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.02)
    assert len(widths) == 3  # none for zero


def test_what_was_not_measured_is_an_empty_cell() -> None:
    drawn = ET.fromstring(heat(["x", "y"], ["AU1"], {("x", "AU1"): 2.0}, "t"))  # noqa: S314
    assert [one.text for one in drawn.iter("title")] == ["x, AU1: 2.00", "y, AU1: not measured"]
    assert len(list(drawn.iter("rect"))) == 3
