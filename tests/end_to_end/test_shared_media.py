"""Real recordings of the team's shared folder: one face, none, several, one that comes and goes."""

from pathlib import Path

import pytest

import affectlens
from affectlens.reasoning.analysis import Analysis

MEDIA = Path(__file__).parents[3] / "shared" / "media"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not MEDIA.is_dir(), reason="the team's ../shared/media is not here"),
]


def _analyze(name: str, openface: Path | None = None) -> Analysis:
    rules = affectlens.Settings(model="rules")
    return affectlens.analyze(MEDIA / name, rules, offline=True, openface=openface)


def _faces(analysis: Analysis) -> list[str]:
    return [person.id for person in analysis.people if person.track is not None]


def test_a_video_without_a_face_says_so() -> None:
    analysis = _analyze("no_face.mp4")
    assert _faces(analysis) == []
    assert "no face" in next(a.why for a in analysis.missing if a.what == "faces")


def test_a_face_that_comes_and_goes_leaves_gaps_in_its_track() -> None:
    analysis = _analyze("face_noface.mov")
    tracks = [person.track for person in analysis.people if person.track is not None]
    assert tracks
    seen_s = sum(span.duration_s for track in tracks for span in track.presence)
    assert 0 < seen_s < 0.9 * analysis.input.duration_s


def test_a_group_photograph_has_several_people() -> None:
    assert len(_faces(_analyze("multi_face.jpg"))) >= 4


def test_one_face_is_one_person() -> None:
    assert _faces(_analyze("single_face.mp4")) == ["P1"]


def test_openface_units_take_the_place_of_ours() -> None:
    analysis = _analyze("single_face.mp4", openface=MEDIA / "OpenFace_Test.csv")
    units = analysis.people[0].action_units
    assert not isinstance(units["AU09"], str), "OpenFace measures AU09, our own path cannot"
