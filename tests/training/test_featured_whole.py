"""Promises of what is shown of a whole clip: its main person, as an analysis would."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.reasoning.scenes import face, percepts, utterance
from tests.training.toys import PICTURE, SOUND

from affectlens.analyzer.settings import Settings
from affectlens.foundation.device import Place
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip
from affectlens.perception.percepts import Percepts
from affectlens.training import whole
from affectlens.training.kept_features import kind

CPU = Place(device="cpu")


def empty() -> Clip:
    """A file with nothing in it."""
    nothing = Missing("there is nothing")
    return Clip("x.mp4", Path("x.mp4"), "0" * 64, 2.0, nothing, nothing, nothing)


def test_who_is_silent_among_others_has_no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """P1 is seen all the time, and P2, seen for a moment, is who speaks."""
    seen = percepts(
        faces=[face("P1", duration_s=5.0), face("P2", duration_s=1.0)],
        utterances=[utterance(0.2, 0.8, "P2")],
    )
    monkeypatch.setattr(whole, "observe", lambda clip, settings: seen)
    (found,) = whole.shown(empty(), {"heard": SOUND, "seen": PICTURE}, CPU)
    assert found["heard"] == Missing("P1 is not heard in it")
    assert found["seen"] == Missing("there is nothing")


def test_nobody_is_looked_for_where_no_view_hangs_on_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: object) -> Percepts:
        raise AssertionError("faces cost time")

    monkeypatch.setattr(whole, "observe", never)
    (found,) = whole.shown(empty(), {"seen": PICTURE}, CPU)
    assert found == {"seen": Missing("there is nothing")}


def test_words_are_not_recognised_and_all_else_is_as_in_an_analysis() -> None:
    ours, usual = whole.without_words(), Settings()
    assert ours.perception.voice.words == "none"
    assert ours.perception.faces == usual.perception.faces
    assert ours.perception.voice.activity == usual.perception.voice.activity


def test_features_of_people_are_others_where_people_are_found_otherwise() -> None:
    usual = whole.without_words()
    faces = replace(usual.perception.faces, rate_hz=usual.perception.faces.rate_hz / 2)
    other = replace(usual, perception=replace(usual.perception, faces=faces))
    assert kind(SOUND, CPU, usual) != kind(SOUND, CPU, other)  # of who is heard
    assert kind(PICTURE, CPU, usual) == kind(PICTURE, CPU, other)
