"""Clips that are held back are asked whole and in parts, and each set gets its temperature."""

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.model.affect_models import SYSTEM, features, trained

from affectlens.emotions.spaces import MER6
from affectlens.foundation.missing import Missing
from affectlens.model.answer import LabelScores
from affectlens.model.asking import Asking, ask
from affectlens.model.calibration import REST, Calibration
from affectlens.model.declaration import Layout
from affectlens.model.example import Example, Turn
from affectlens.model.processor import AffectProcessor
from affectlens.model.tokenizers import load_tokenizer
from affectlens.training import calibrating, temperatures
from affectlens.training.calibrating import LEAST, Scored, calibrated, scored
from affectlens.training.develop import Clip, Held

GONE = Missing("not made")
LAYOUT = Layout(
    first=("{patches}{context}", "It says {subtitle}.", "{question}"), later=("{question}",)
)
READING = replace(SYSTEM, training=LAYOUT, generation=LAYOUT)
PROCESSOR = AffectProcessor(load_tokenizer("tiny:llama"), system=READING)


def example(number: int, *things: str) -> Example:
    return Example(
        turns=(Turn(question="Which one?", task="emotion"),),
        features={
            "patches": (features(4, number),) if "patches" in things else GONE,
            "context": (features(1, number),) if "context" in things else GONE,
        },
        subtitle="no" if "subtitle" in things else None,
        clues="a smile",
        name=f"clip {number}",
    )


def held(count: int, *things: str) -> list[Clip]:
    labels = [MER6.labels[i % 4] for i in range(count)]
    return [Held(example(i, *things), label) for i, label in enumerate(labels)]


def asked(clips: list[Clip]) -> list[Scored]:
    torch.set_num_threads(1)
    return scored(trained(READING), PROCESSOR, clips, MER6)


def test_clips_come_whole_and_in_parts() -> None:
    found = asked(held(3, "patches", "context", "subtitle"))
    alone = {"patches", "context", "subtitle", "context+patches"}
    keys = {(one.key, one.whole) for one in found}
    assert keys == {("context+patches+subtitle", True), *((key, False) for key in alone)}
    assert Counter(one.clip for one in found) == dict.fromkeys(range(3), 5)


def test_what_is_scored_is_what_was_shown() -> None:
    """As in use, where a stream or the words are missing."""
    clips = held(2, "patches", "context", "subtitle")
    found = {(one.clip, one.key): one.levels for one in asked(clips)}
    how, model = Asking(max_tokens=0, labels=MER6), trained(READING)
    for number, key in found:
        answer = ask(model, PROCESSOR, [example(number, *key.split("+"))], how)[0].labels
        assert isinstance(answer, LabelScores)
        assert found[number, key] == pytest.approx(answer.log_likelihoods, abs=1e-4), key
    assert found[0, "patches"] != pytest.approx(found[0, "context"], abs=1e-3)
    assert found[0, "context+patches"] != pytest.approx(
        found[0, "context+patches+subtitle"], abs=1e-3
    )


def test_what_comes_often_by_itself_is_not_made_of_other_clips() -> None:
    found = asked([*held(2, "patches", "context"), *held(LEAST, "patches")])
    assert all(one.whole for one in found if one.key == "patches")
    assert [one.clip for one in found if one.key == "context"] == [0, 1]


def test_of_many_clips_some_are_shown_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "_MOST", 4)
    found = asked(held(10, "patches", "context"))
    parts = [one.clip for one in found if one.key == "patches"]
    assert parts == [0, 3, 6, 9]


def test_broken_clips_and_foreign_labels_are_passed_over() -> None:
    odd = [None, Missing("its file is broken"), Held(example(0, "patches"), "hangry")]
    assert {one.clip for one in asked([*odd, *held(1, "patches")])} == {3}


def test_clips_that_show_nothing_are_not_asked_about() -> None:
    """In use, nobody is."""
    assert asked(held(2)) == []


def made(key: str, clips: int, factor: float, first: int = 0) -> list[Scored]:
    """Clips whose labels are the true ones as often as levels over the factor say."""
    chance = np.random.default_rng(clips)
    levels_NL = chance.normal(scale=2.0, size=(clips, len(MER6.labels)))
    likely_NL = temperatures.probabilities(levels_NL, 1.0)
    true_N = (likely_NL.cumsum(1) > chance.random((clips, 1))).argmax(1)
    return [
        Scored(
            first + i,
            key,
            True,
            MER6.labels[true_N[i]],
            dict(zip(MER6.labels, factor * levels_NL[i], strict=True)),
        )
        for i in range(clips)
    ]


def fitted(found: list[Scored]) -> Calibration:
    made = calibrated(found, MER6)
    assert isinstance(made, Calibration)
    return made


def test_each_set_gets_the_temperature_of_its_own_likelihoods() -> None:
    found = fitted([*made("face", 1500, 4.0), *made("sound", 1500, 1.5, first=1500)])
    assert found.temperature({"face"}, subtitle=False) == pytest.approx(4.0, rel=0.1)
    assert found.temperature({"sound"}, subtitle=True) == pytest.approx(1.5, rel=0.1)
    assert 1.5 < found.fits[REST].temperature < 4.0
    assert found.space == "mer6"


def test_the_calibration_error_falls() -> None:
    fit = fitted(made("face", 2000, 5.0)).fits["face"]
    assert fit.ece_before is not None
    assert fit.ece is not None
    assert fit.ece_before > 0.2
    assert fit.ece < 0.05
    assert fit.clips == 2000


def test_sets_of_few_clips_have_that_of_all() -> None:
    found = fitted([*made("face", 200, 3.0), *made("sound", LEAST - 1, 1.0, first=200)])
    assert set(found.fits) == {REST, "face"}
    assert found.temperature({"sound"}, subtitle=False) == found.fits[REST].temperature


def test_few_clips_calibrate_nothing_however_often_they_are_shown() -> None:
    shown = [one._replace(clip=i % 20) for i, one in enumerate(made("face", 90, 3.0))]
    none = calibrated(shown, MER6)
    assert isinstance(none, Missing)
    assert "20 clips with a label are held back, 30 are wanted" in none.reason
    assert isinstance(calibrated([], MER6), Missing)


def test_the_threshold_is_one_of_calibrated_probabilities() -> None:
    """However sure the model was: the same clips are left without a label."""
    one, other = (fitted(made("face", 800, factor)) for factor in (1.0, 5.0))
    assert one.threshold is not None
    assert other.threshold == pytest.approx(one.threshold, abs=0.02)


def test_the_order_of_clips_changes_nothing() -> None:
    found = [*made("face", 100, 3.0), *made("sound", 100, 2.0, first=100)]
    mixed = random.Random(0).sample(found, len(found))  # noqa: S311 - a test, no secret
    one, other = fitted(found), fitted(mixed)
    assert one.threshold == other.threshold
    for key, fit in one.fits.items():
        assert fit.temperature == pytest.approx(other.fits[key].temperature, abs=1e-3)
