"""Whisper's states slowed down to ten a second: nothing is lost but detail in time."""

import numpy as np
import pytest

from affectlens.encoders.backends import whisper
from affectlens.encoders.view import Waves
from affectlens.foundation.device import Place

CPU = Place(device="cpu")


def config(*layers: int) -> whisper.Config:
    return whisper.tiny(whisper.Config(layers=layers, pad="none"))


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.13])
def test_they_are_means_of_the_states_that_the_sound_covers(seconds: float) -> None:
    samples = np.random.default_rng(0).standard_normal(round(16000 * seconds)).astype(np.float32)
    found = whisper.build(config(1), CPU)(Waves((samples,), np.array([2.0])))
    states, tenths = found["states"].values_TD, found["tenths"].values_TD
    wanted = [states[first : first + 5].mean(0) for first in range(0, len(states), 5)]
    np.testing.assert_allclose(tenths, np.stack(wanted), atol=1e-5)
    times = found["tenths"].times_T
    np.testing.assert_allclose(times, 2.0 + 0.05 + 0.1 * np.arange(len(tenths)))


def test_layers_stand_side_by_side_in_their_order() -> None:
    sound = Waves(
        (np.random.default_rng(1).standard_normal(16000).astype(np.float32),), np.zeros(1)
    )
    both = whisper.build(config(2, 1), CPU)(sound)["tenths"].values_TD
    assert len(both) == 10
    assert whisper.outputs(config(2, 1))["tenths"] == both.shape[1]
    swapped = whisper.build(config(1, 2), CPU)(sound)["tenths"].values_TD
    half = both.shape[1] // 2
    np.testing.assert_allclose(both, np.hstack([swapped[:, half:], swapped[:, :half]]), atol=1e-5)
