"""Sounds are named once, on the clip's clock, and speech is none of them."""

from dataclasses import dataclass

import numpy as np
import pytest
from tests.perception.sounds import Memory, buzz, decoded, hiss, ravdess, silence

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.backends import yamnet
from affectlens.perception.events import joined, sound_events
from affectlens.perception.percepts import Floats, SoundEvent
from affectlens.perception.ready import ready


@dataclass(frozen=True)
class LoudIsApplause:
    """An event net for these tests: loud seconds are applause."""

    def __call__(self, samples_S: Floats) -> list[SoundEvent]:
        """Spans of loud seconds."""
        return [
            SoundEvent(Span(i / 16_000, (i + 16_000) / 16_000), "applause", 0.9)
            for i in range(0, len(samples_S) - 15_999, 16_000)
            if np.abs(samples_S[i : i + 16_000]).max() > 0.01
        ]


def test_an_event_over_the_edge_of_a_block_is_one_event() -> None:
    sound = Memory(np.concatenate([silence(28), hiss(5), silence(40), hiss(2), silence(3)]))
    first, second = sound_events(sound, LoudIsApplause())
    assert first.span.start_s == pytest.approx(28, abs=1.0)
    assert first.span.end_s == pytest.approx(33, abs=1.0)
    assert second.span.start_s == pytest.approx(73, abs=1.0)
    assert sound.most_s <= 60.0


def test_the_same_sound_after_a_short_gap_is_one_and_as_sure_as_the_surest() -> None:
    parts = [
        SoundEvent(Span(0.0, 1.0), "laughter", 0.6),
        SoundEvent(Span(1.3, 2.0), "laughter", 0.8),
        SoundEvent(Span(1.0, 1.4), "sigh", 0.5),
        SoundEvent(Span(4.0, 5.0), "laughter", 0.5),
    ]
    assert joined(parts) == [
        SoundEvent(Span(0.0, 2.0), "laughter", 0.8),
        SoundEvent(Span(1.0, 1.4), "sigh", 0.5),
        SoundEvent(Span(4.0, 5.0), "laughter", 0.5),
    ]


def net() -> yamnet.YamNet:
    """The real net; skips the test where its model was not pulled."""
    found = ready("yamnet")
    if isinstance(found, Missing):
        pytest.skip(found.reason)
    assert isinstance(found, yamnet.YamNet)
    return found


@pytest.mark.weights
@pytest.mark.parametrize(
    "samples", [silence(3.0), hiss(3.0, 0.01), buzz(150, 3.0)], ids=["silence", "noise", "buzz"]
)
def test_plain_sounds_are_no_human_sounds(samples: Floats) -> None:
    human = {"laughter", "crying", "screaming", "shouting", "sigh", "gasp", "whispering"}
    assert not {event.name for event in net()(samples)} & human


@pytest.mark.weights
@pytest.mark.parametrize("samples", [0, 1, 399, 15_600, 15_601])
def test_short_sounds_do_no_harm_and_events_end_with_the_sound(samples: int) -> None:
    cut_S = hiss(2.0, 0.3)[:samples]
    assert all(event.span.end_s <= samples / 16_000 for event in net()(cut_S))


@pytest.mark.weights
def test_scores_come_every_half_second_for_every_class() -> None:
    scores_TL = net().scores(hiss(10.0))
    assert scores_TL.shape == (20, 521)
    assert ((scores_TL >= 0) & (scores_TL <= 1)).all()


@pytest.mark.weights
@pytest.mark.shared
def test_acted_speech_is_rarely_taken_for_another_sound() -> None:
    files = [
        ravdess(emotion, sentence, f"{actor:02}")
        for emotion in ("01", "03", "04", "05", "06", "08")
        for sentence in ("01", "02")
        for actor in (3, 8, 12)
    ]
    false = [event for file in files for event in net()(decoded(file))]
    assert len(false) <= len(files) // 10
