"""Episodes are the stretches during which a curve stays up."""

import numpy as np
import pytest

from affectlens.clues.episodes import episodes
from affectlens.foundation.timeline import Span

TIMES = np.arange(0, 4, 0.1)


def curve(*stretches: tuple[float, float, float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Zero but for stretches of start, end and value."""
    values = np.zeros(len(TIMES))
    for start, end, value in stretches:
        values[(start - 1e-9 <= TIMES) & (end + 1e-9 >= TIMES)] = value
    return values


def test_an_episode_knows_its_span_peak_and_mean() -> None:
    values = curve((1.0, 2.0, 2.0), (1.5, 1.5, 4.0))
    (found,) = episodes(TIMES, values, 1.0)
    assert found.span.start_s == pytest.approx(1.0)
    assert found.span.end_s == pytest.approx(2.0)
    assert found.peak_s == pytest.approx(1.5)
    assert found.peak == 4.0
    assert found.mean == pytest.approx(24 / 11)


def test_a_short_dip_does_not_cut_an_episode_and_a_long_one_does() -> None:
    assert len(episodes(TIMES, curve((1, 1.5, 2), (1.8, 2.5, 2)), 1.0)) == 1
    assert len(episodes(TIMES, curve((1, 1.5, 2), (2.2, 2.7, 2)), 1.0)) == 2


def test_a_dip_just_below_the_threshold_is_still_the_episode() -> None:
    assert len(episodes(TIMES, curve((0.5, 1, 2), (1.1, 2.5, 0.8), (2.6, 3, 2)), 1.0)) == 1


def test_a_moment_alone_counts_only_when_there_is_no_other() -> None:
    assert episodes(TIMES, curve((1, 1, 5)), 1.0) == []
    (still,) = episodes(np.zeros(1), np.array([5.0]), 1.0)
    assert still.span == Span(0, 0)


def test_an_absence_of_the_face_ends_an_episode() -> None:
    times = np.concatenate([np.arange(0, 1, 0.1), np.arange(2, 3, 0.1)])
    found = episodes(times, np.full(len(times), 2.0), 1.0)
    assert [round(e.span.start_s, 3) for e in found] == [0.0, 2.0]


def test_moments_and_values_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="do not match"):
        episodes(TIMES, np.zeros(3), 1.0)


def test_a_clip_of_few_pictures_a_second_has_episodes_too() -> None:
    for rate_hz in (1.0, 1.9):
        times = np.arange(20) / rate_hz
        (found,) = episodes(times, np.full(20, 2.0), 1.0)
        assert found.span == Span(0, float(times[-1]))


def test_stretches_are_not_merged_where_that_is_not_wanted() -> None:
    values = curve((1, 1.5, 2), (1.8, 2.5, 2))
    assert len(episodes(TIMES, values, 1.0, merge_s=0.0)) == 2
