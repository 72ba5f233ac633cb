"""The tone is of the voice alone, and a feeling only where the voice bears it out."""

from dataclasses import replace
from typing import Any

import pytest
from tests.annotation.checks.drafts import draft
from tests.reasoning.scenes import USUAL, face, percepts, tone, utterance

from affectlens.annotation.by_rule.tone import tone as told
from affectlens.annotation.draft import Draft
from affectlens.annotation.prompts import prompts
from affectlens.clues.gather import gather
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Percepts, SoundEvent

LAUGHTER = SoundEvent(Span(1, 3), "laughter", 0.9)
RAISED: dict[str, Any] = {
    "pitch_hz": 170.0,
    "loudness_db": -13.0,
    "brightness_db": -2.0,
    "rate_hz": 4.0,
}


def of(found: Percepts, **more: Any) -> Draft:
    """A draft of a scene made by hand."""
    made = draft(**more)
    analysis = replace(made.seen.analysis, clues=gather(found))
    return replace(made, seen=replace(made.seen, percepts=found, analysis=analysis))


def test_a_sound_that_tells_is_named_in_the_papers_words() -> None:
    assert told(of(percepts(utterances=[utterance(1, 3)], events=[LAUGHTER]))) == "joyful"


def test_a_voice_that_differs_from_its_usual_as_anger_does_is_angry() -> None:
    scene = percepts(utterances=[utterance(1, 3, **RAISED)], baselines={"P1": USUAL})
    assert told(of(scene)) == "angry"
    assert "angry" in prompts("merr").options


def test_without_its_usual_a_voice_is_told_as_it_was_measured() -> None:
    scene = percepts(
        utterances=[utterance(1, 3, rate_hz=7.0, pitch_range_st=14.0, pitch_slope_st_s=4.0)]
    )
    assert told(of(scene)) == "fast, with a rising pitch and a lively melody"
    usual = replace(USUAL, rate_hz=4.4, pitch_range_st=7.0)
    known = replace(scene, baselines={"P1": usual})
    assert told(of(known)) == "shocked"


def test_a_voice_of_which_nothing_stands_out_is_even() -> None:
    assert told(of(percepts(utterances=[utterance(1, 3)]))) == "even"


@pytest.mark.parametrize("label", ["happy", "sad", "angry", "neutral"])
def test_neither_face_nor_words_nor_label_change_it(label: str) -> None:
    heard: dict[str, Any] = {"utterances": [utterance(1, 3)], "events": [LAUGHTER]}
    sad = percepts(
        **heard,
        faces=[face(bursts={"AU15": (0, 4, 4.0), "AU01": (0, 4, 4.0)}, expression="sad")],
        tones=[tone(1, 3, "I miss her so much.", "sad")],
    )
    assert told(of(sad, label=label, read=label)) == told(of(percepts(**heard))) == "joyful"


def test_who_is_not_heard_has_no_tone() -> None:
    assert told(of(percepts(utterances=[utterance(1, 3, "P2")]))) == Missing("P1 is not heard")
    assert told(of(percepts(utterances=[]))) == Missing("P1 is not heard")
    assert told(of(percepts())) == Missing("the input has no sound")
    nobody = of(percepts(utterances=[]), person=Missing("nobody was seen or heard"))
    assert told(nobody) == Missing("nobody was seen or heard")


def test_a_sound_without_speech_is_no_even_voice() -> None:
    sigh = SoundEvent(Span(1, 2), "cough", 0.9)
    scene = percepts(faces=[face()], utterances=[], events=[sigh])
    assert told(of(scene)) == "marked by cough"
