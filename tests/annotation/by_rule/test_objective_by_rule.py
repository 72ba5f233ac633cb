"""What measurements know of the picture, and nothing that they do not."""

from dataclasses import replace

import numpy as np
import pytest
from tests.annotation.checks.drafts import draft
from tests.reasoning.scenes import face, percepts, smile

from affectlens.annotation.annotation import Peak
from affectlens.annotation.by_rule.objective import objective
from affectlens.annotation.draft import Draft
from affectlens.clues.gather import gather
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import FaceTrack, Percepts, Shot

DARK = Shot(Span(0, 5), 0.1, 0.1, -0.2, 0.3, 0.01)
PLAIN = Shot(Span(0, 5), 0.5, 0.1, 0.0, 0.3, 0.1)


def of(found: Percepts, time_s: float = 2.0, duration_s: float = 5.0) -> Draft:
    """A draft of a scene made by hand, its peak at some time."""
    made = draft(
        peak=Peak(
            person="P1", time_s=time_s, frame=0, method="sum", box=None, action_units={}, active=()
        )
    )
    facts = replace(made.seen.analysis.input, duration_s=duration_s)
    analysis = replace(made.seen.analysis, clues=gather(found), input=facts)
    return replace(made, seen=replace(made.seen, percepts=found, analysis=analysis))


def tall(height: float, person: str = "P1") -> FaceTrack:
    """A face as tall as this share of the picture."""
    track = face(person)
    box = np.array([0.4, 0.2, 0.6, 0.2 + height], np.float32)
    return replace(track, boxes_T4=np.tile(box, (len(track.times_T), 1)))


@pytest.mark.parametrize(
    ("height", "told"),
    [
        (0.6, "in close-up"),
        (0.3, "near the camera"),
        (0.1, "at some distance"),
        (0.03, "far away"),
    ],
)
def test_how_near_a_person_is_follows_from_the_size_of_the_face(height: float, told: str) -> None:
    assert objective(of(percepts(faces=[tall(height)], shots=[PLAIN]))) == (
        f"The person in the video is the only one in view, {told}. The picture has no cuts."
    )


def test_only_who_is_seen_at_the_peak_is_counted() -> None:
    late = replace(tall(0.3, "P2"), times_T=face().times_T + 20)
    both = percepts(faces=[tall(0.3), tall(0.3, "P2")])
    one = percepts(faces=[tall(0.3), late])
    assert str(objective(of(both))).startswith("The person in the video is one of two people in v")
    assert str(objective(of(one))).startswith("The person in the video is the only one in view")


def test_the_head_is_told_as_it_is_at_the_peak() -> None:
    track = tall(0.3)
    pose_T3 = np.zeros((len(track.times_T), 3), np.float32)
    pose_T3[track.times_T > 3, 0] = -30
    lowered = percepts(faces=[replace(track, pose_T3=pose_T3)])
    assert "with the head lowered" in str(objective(of(lowered, 4.0)))
    assert "head" not in str(objective(of(lowered, 1.0)))


def test_light_colour_motion_and_cuts_are_told() -> None:
    assert str(objective(of(percepts(faces=[tall(0.3)], shots=[DARK])))).endswith(
        "The picture is dark and has cool colours, hardly any motion and no cuts."
    )


def test_a_still_is_a_picture() -> None:
    still = percepts(faces=[face(duration_s=0)])
    assert str(objective(of(still, 0.0, 0.0))).startswith("The person in the picture is")


def test_who_is_heard_only_is_not_in_view() -> None:
    made = replace(of(percepts(faces=[], shots=[PLAIN])), peak=Missing("none"), person="V1")
    assert objective(made) == "The person in the video is not in view. The picture has no cuts."


def test_without_pictures_there_is_nothing_to_describe() -> None:
    assert objective(of(percepts())) == Missing("the input has no video")


def test_without_a_peak_the_middle_of_the_persons_time_counts() -> None:
    made = replace(of(smile()), peak=Missing("no unit was measured"))
    assert "near the camera" in str(objective(made))
