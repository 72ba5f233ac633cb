"""A voice belongs to the mouth that moves with it, to none, or it is said why that is unclear."""

import numpy as np
import pytest

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import FaceTrack, Floats, Sentence, Transcript, Word
from affectlens.perception.speakers import OFF_SCREEN, name_speakers, who_speaks

FIRST, SECOND, ALWAYS = Span(1.0, 3.0), Span(5.0, 7.0), Span(0.0, 8.0)
TIMES_T = np.arange(0, 8, 0.08)


def talking(*spans: Span, by: float = 0.2, jitter: float = 0.005) -> Floats:
    """A mouth that opens four times a second inside the spans and trembles outside."""
    noise_T = np.random.default_rng(0).normal(0.02, jitter, len(TIMES_T))
    for span in spans:
        inside_T = (span.start_s <= TIMES_T) & (span.end_s >= TIMES_T)
        noise_T += inside_T * by * (0.5 - 0.5 * np.cos(2 * np.pi * 4 * TIMES_T + 0.3))
    return noise_T.astype(np.float32)


def face(person: str, mouth_T: Floats | Missing, *, seen: Span = ALWAYS) -> FaceTrack:
    """A face whose mouth moves like this."""
    kept_T = (seen.start_s <= TIMES_T) & (seen.end_s >= TIMES_T)
    count = int(kept_T.sum())
    return FaceTrack(
        person=person,
        times_T=TIMES_T[kept_T],
        boxes_T4=np.zeros((count, 4), np.float32),
        confidence_T=np.ones(count, np.float32),
        pose_T3=Missing("not measured"),
        mouth_open_T=mouth_T if isinstance(mouth_T, Missing) else mouth_T[kept_T],
        blendshapes={},
        action_units={},
        expression=Missing("not measured"),
    )


def test_each_of_two_people_gets_what_their_mouth_says() -> None:
    faces = (face("P1", talking(FIRST)), face("P2", talking(SECOND)))
    assert who_speaks([FIRST, SECOND], faces) == ("P1", "P2")


def test_a_voice_while_every_mouth_is_still_comes_from_outside_the_picture() -> None:
    assert who_speaks([FIRST, SECOND], (face("P1", talking(FIRST)),)) == ("P1", OFF_SCREEN)


@pytest.mark.parametrize("faces", [Missing("no video"), ()])
def test_without_faces_there_is_only_a_voice(faces: tuple[FaceTrack, ...] | Missing) -> None:
    assert who_speaks([FIRST], faces) == (OFF_SCREEN,)


def test_a_face_that_is_not_there_does_not_speak() -> None:
    gone = face("P1", talking(FIRST, SECOND), seen=Span(0.0, 4.0))
    assert who_speaks([FIRST, SECOND], (gone,)) == ("P1", OFF_SCREEN)


def test_two_mouths_that_move_alike_are_not_guessed_between() -> None:
    faces = (face("P1", talking(FIRST)), face("P2", talking(FIRST, by=0.18)))
    (answer,) = who_speaks([FIRST], faces)
    assert isinstance(answer, Missing)
    assert "two mouths move: P1 and P2" in answer.reason


def test_a_small_twitch_beside_a_talking_mouth_is_no_second_speaker() -> None:
    faces = (face("P1", talking(FIRST, by=0.02)), face("P2", talking(FIRST)))
    assert who_speaks([FIRST], faces) == ("P2",)


def test_a_mouth_that_always_moves_loses_to_one_that_moves_with_the_voice() -> None:
    chewing = talking(Span(0, 8), by=0.15)
    faces = (face("P1", chewing), face("P2", talking(FIRST)))
    assert who_speaks([FIRST], faces) == ("P2",)


def test_mouths_that_were_not_measured_are_not_called_still() -> None:
    unmeasured = face("P1", Missing("imported without landmarks"))
    (answer,) = who_speaks([FIRST], (unmeasured,))
    assert isinstance(answer, Missing)


def sentence(*words: tuple[float, str]) -> Sentence:
    """Words of 0.2 s at these times."""
    made = tuple(Word(Span(t, t + 0.2), text, 0.9) for t, text in words)
    text = " ".join(word.text for word in made)
    return Sentence(Span(words[0][0], words[-1][0] + 0.2), text, made, Missing("?"), 0.9)


def test_sentences_get_the_speaker_of_their_time_and_are_cut_where_speakers_change() -> None:
    found = name_speakers(
        Transcript(
            (sentence((1.1, "Yes."), (2.0, "No."), (5.2, "Why?")), sentence((6.0, "So."))),
            "en",
            0.9,
            "speech",
        ),
        [FIRST, SECOND],
        ["P1", "P2"],
    )
    assert [(s.person, s.text) for s in found.sentences] == [
        ("P1", "Yes. No."), ("P2", "Why?"), ("P2", "So."),
    ]  # fmt: skip
    assert found.sentences[0].span == Span(1.1, 2.2)


def test_words_without_any_voice_belong_to_nobody() -> None:
    found = name_speakers(Transcript((sentence((1.0, "Hm.")),), None, None, "subtitles"), [], [])
    assert isinstance(found.sentences[0].person, Missing)
