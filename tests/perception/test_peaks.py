"""The peak frame follows Algorithm 1; its variants do what they say."""

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from tests.reasoning.scenes import face

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.perception.peaks import Method, peak, peaks
from affectlens.perception.percepts import ActionUnit, FaceTrack


def track(**units: list[float]) -> FaceTrack:
    """A face at 25 moments a second with these action units only."""
    length = len(next(iter(units.values())))
    whole = face()
    return replace(
        whole,
        times_T=np.arange(length) / 25,
        action_units={
            name: ActionUnit(np.array(values, np.float32), "good") for name, values in units.items()
        },
    )


def test_the_example_of_the_paper_picks_the_frame_with_the_larger_sum() -> None:
    assert peak(track(AU05=[0.36, 0.00], AU26=[1.02, 1.25])) == 0


def test_blinks_count_as_published() -> None:
    assert peak(track(AU12=[1.0, 0.0], AU45=[0.0, 5.0])) == 1


def test_presence_sums_only_what_is_active_most_often() -> None:
    often = {f"AU0{i}": [1.0, 1.0, 1.2] for i in (1, 2, 4)}
    once = [5.0, 0.0, 0.0]
    assert peak(track(**often, AU12=once)) == 0
    assert peak(track(**often, AU12=once), "presence") == 2


def test_find_peaks_is_a_local_maximum_even_when_the_edge_is_higher() -> None:
    values = [9.0, 1.0, 2.0, 1.0]
    assert peak(track(AU12=values)) == 0
    assert peak(track(AU12=values), "find_peaks") == 2
    assert peak(track(AU12=[3.0, 2.0, 1.0]), "find_peaks") == 0


def test_peaks_are_high_and_apart() -> None:
    values = [0.0] * 60
    values[10], values[20], values[50], values[55] = 2.0, 3.0, 1.0, 0.5
    assert peaks(track(AU12=values)) == [20, 50]


def test_first_and_middle_ignore_the_face() -> None:
    values = [0.0, 0.0, 0.0, 5.0]
    assert (peak(track(AU12=values), "first"), peak(track(AU12=values), "middle")) == (0, 2)


def test_a_face_without_action_units_has_no_peak() -> None:
    unmeasured = replace(face(), action_units={"AU12": Missing("too dark")})
    assert isinstance(peak(unmeasured), Missing)
    assert peaks(unmeasured) == []


def test_an_unknown_method_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"'loudest'.*find_peaks"):
        peak(face(), cast(Method, "loudest"))
