"""Lists of labels: to the letter as published, or as they were meant."""

import json

import numpy as np
import pytest
from tests.evaluation.wheel_folder import SHARED

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.outcome import Prediction
from affectlens.evaluation.wheel import lists
from affectlens.evaluation.wheel.label_set import label_set
from affectlens.foundation.missing import Missing

VECTORS = SHARED / "specs" / "wheel_vectors.json"


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("", []),
        (None, []),
        (float("nan"), []),
        ("[]", []),
        ("[", []),
        ("[calm, tense]", ["calm", "tense"]),
        ("['let down', \"proud\"]", ["let down", "proud"]),
        ("someone's envy", ["someone", "s envy"]),
        ("calm; tense", ["calm; tense"]),
        ("Calm.", ["Calm."]),
        (" [calm]", ["[calm"]),  # a blank before the bracket keeps it
        ("[[calm], tense]", ["[calm]", "tense"]),
        (["Calm", "Calm"], ["Calm", "Calm"]),
        (("calm",), ["calm"]),
        (np.array(["calm", "tense"]), ["calm", "tense"]),
        (7, ["7"]),
    ],
)
def test_published_lists_are_read_with_their_faults(value: object, labels: list[str]) -> None:
    assert lists.parse(value) == labels


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.is_file(), reason="the team's ../shared/specs is not here")
def test_published_lists_are_those_of_the_reference() -> None:
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["string_to_list"]
    assert len(cases) == 20
    assert [lists.parse(case["inp"]) for case in cases] == [case["out"] for case in cases]


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("Happy.", ["happy"]),
        ("calm; tense，sad、joy\nfear", ["calm", "tense", "sad", "joy", "fear"]),
        ('["Let down", "proud"]', ["let down", "proud"]),
        ("['someone\\'s envy', 'calm']", ["someone's envy", "calm"]),
        ("[calm, tense]", ["calm", "tense"]),
        ("calm, Calm, calm.", ["calm"]),
        ("高兴。", ["高兴"]),
        (["Happy; sad.", " "], ["happy", "sad"]),
        ("[['calm'], 'tense']", ["calm", "tense"]),
        ("", []),
        (None, []),
        (float("nan"), []),
        (np.array(["Calm"]), ["calm"]),
    ],
)
def test_lists_are_read_as_they_were_meant(value: object, labels: list[str]) -> None:
    assert lists.words(value) == labels


def test_a_list_is_never_run_as_code() -> None:
    assert lists.words("[1 + 1]") == ["1 + 1"]


def test_what_has_no_open_labels_is_read_by_its_one_label() -> None:
    assert label_set(Sample(id="a", label="Happy "), strict=False) == frozenset({"happy"})
    both = Prediction(id="a", label="sad", labels=("Glad",))
    assert label_set(both, strict=True) == frozenset({"glad"})
    assert label_set(Prediction(id="a", labels=()), strict=True) == frozenset()
    refused = Missing("the model refused")
    assert label_set(Prediction(id="a", labels=refused), strict=True) == refused


def test_only_strict_reading_separates_what_was_meant_as_two() -> None:
    written = Prediction(id="a", labels=("Happy; sad.",))
    assert label_set(written, strict=False) == frozenset({"happy; sad."})
    assert label_set(written, strict=True) == frozenset({"happy", "sad"})
