"""What was measured of a person, cut by window, says in each window what the whole says there."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reasoning.scenes import USUAL, face, percepts, tone, utterance

from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.timeline import Span, windows
from affectlens.perception.percepts import SoundEvent
from affectlens.reasoning.evidence import evidence
from affectlens.reasoning.measured import cut, fall, moments, people
from affectlens.reasoning.pool import total
from affectlens.reasoning.weights import weights

STARTS = st.lists(st.floats(0, 18), max_size=8)


@settings(max_examples=30, deadline=None)
@given(starts=STARTS, length_s=st.floats(0.1, 6))
def test_a_window_of_a_person_says_what_the_whole_says_there(
    starts: list[float], length_s: float
) -> None:
    spans = [Span(s, s + length_s) for s in sorted(starts)]
    scene = percepts(
        faces=[face(duration_s=20.0, bursts={"AU12": (3.0, 8.0, 3.0)})],
        utterances=[utterance(s.start_s, s.end_s, pitch_hz=200.0) for s in spans],
        baselines={"P1": USUAL},
        events=[SoundEvent(s, "laughter", 0.8) for s in spans],
        tones=[tone(s.start_s, s.end_s, "Well.", "happy") for s in spans],
    )
    (whole,) = people(scene)
    cuts = windows(20.0, width_s=2.5)
    for part, span in zip(cut(whole, cuts), cuts, strict=True):
        own, all_of_it = (
            total(evidence(x, span, weights()), DFEW7, weights()) for x in (part, whole)
        )
        assert own == all_of_it


def test_items_fall_into_every_window_that_they_touch() -> None:
    spans = windows(7.5, width_s=2.5)
    across, inside = utterance(2, 3), utterance(6, 7)
    assert fall([across, inside], spans) == [(across,), (across,), (inside,)]


def test_a_moment_between_two_windows_is_in_the_later_and_the_last_in_the_last() -> None:
    track = face(duration_s=0.4)
    assert np.allclose(track.times_T, [0, 0.08, 0.16, 0.24, 0.32])
    assert moments(track, Span(0, 0.16)) == slice(0, 2)
    assert moments(track, Span(0.16, 0.32)) == slice(2, 4)
    assert moments(track, Span(0.32, 0.48)) == slice(4, 5)
    assert moments(track, Span(0.32, 0.32)) == slice(4, 5)
