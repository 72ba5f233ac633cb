"""A clue is a reason for the label that it speaks for, and for no other."""

import pytest
from tests.reasoning.test_grounding import clue

from affectlens.emotions.spaces import DFEW7, MER6
from affectlens.foundation.timeline import Span
from affectlens.reasoning.weights import weights
from affectlens.reasoning.worth import leading, telling, worth


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("AU12", "happy"),
        ("face.rest", "neutral"),
        ("voice.plain", "neutral"),
        ("expression.sad", "sad"),
        ("tone.fear", "fear"),
        ("event.crying", "sad"),
        ("pitch.wide", "surprise"),
        ("brightness.high", "angry"),
    ],
)
def test_a_clue_speaks_for_its_label_and_not_for_others(kind: str, label: str) -> None:
    one = clue(kind)
    assert worth(one, label, DFEW7, weights()) > 0
    assert worth(one, None, DFEW7, weights()) == worth(one, label, DFEW7, weights())
    assert sum(worth(one, other, DFEW7, weights()) > 0 for other in DFEW7.labels) <= 4


def test_a_plain_fact_speaks_for_nothing() -> None:
    for kind in ("light.dark", "face.away", "face.slight", "quote", "gaze.down"):
        assert worth(clue(kind), None, DFEW7, weights()) == 0


def test_in_a_space_without_fear_its_clues_speak_for_worried() -> None:
    assert worth(clue("expression.fear"), "worried", MER6, weights()) > 0


def test_the_strongest_reason_is_told_first_and_each_kind_once() -> None:
    clues = [clue("AU06"), clue("AU12"), clue("AU12", span=(1.5, 2.5)), clue("expression.neutral")]
    told = telling(clues, Span(0, 3), ["happy"], DFEW7, weights())
    assert [c.kind for c in told] == ["AU12", "AU06"]


def test_without_a_reason_what_was_seen_instead_is_told() -> None:
    clues = [clue("face.away"), clue("AU04")]
    (told,) = telling(clues, Span(0, 3), ["happy"], DFEW7, weights())
    assert told.kind == "face.away"


def test_where_no_label_is_given_the_reasons_for_the_two_nearest_are_told() -> None:
    assert leading("sad", {"sad": 0.5, "happy": 0.5}) == ("sad",)
    labels = leading(None, {"happy": 0.2, "sad": 0.34, "angry": 0.33, "neutral": 0.13})
    assert labels == ("sad", "angry")
    clues = [clue("AU12"), clue("AU15"), clue("AU23")]
    told = telling(clues, Span(0, 3), labels, DFEW7, weights())
    assert [c.kind for c in told] == ["AU15", "AU23"]
