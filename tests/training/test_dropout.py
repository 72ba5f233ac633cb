"""Modality dropout: chance that a seed repeats, reasons instead of zeros, never nothing left."""

import random
from collections import Counter

import pytest
from tests.model.affect_models import features

from affectlens.foundation.missing import Missing
from affectlens.model.example import Example, Turn
from affectlens.training.dropout import LEFT_OUT, dropped
from affectlens.training.recipe import Dropout

NO_SOUND = Missing("no sound")
EXAMPLE = Example(
    turns=(Turn(question="?", answer="!"),),
    features={"face": (features(1, 0),), "scene": (features(2, 1),), "voice": NO_SOUND},
    subtitle="Well.",
    clues="A smile.",
)


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - as in training


ALL = Dropout(stream=1, subtitle=1, clues=1)


def left(example: Example) -> frozenset[str]:
    texts = {name for name in ("subtitle", "clues") if getattr(example, name)}
    return example.present | texts


def seen(dropout: Dropout, times: int = 2000, example: Example = EXAMPLE) -> Counter[str]:
    return Counter(
        name for seed in range(times) for name in left(dropped(example, dropout, chance(seed)))
    )


def test_without_dropout_nothing_changes() -> None:
    assert dropped(EXAMPLE, Dropout(), chance(0)) is EXAMPLE


def test_each_thing_is_left_out_as_often_as_was_said() -> None:
    found = seen(Dropout(stream=0.2, subtitle=0.5, clues=0.1))
    shares = {name: count / 2000 for name, count in found.items()}
    wanted = {"face": 0.8, "scene": 0.8, "subtitle": 0.5, "clues": 0.9}
    assert shares == pytest.approx(wanted, abs=0.04)


def test_what_is_left_out_is_missing_with_the_reason_and_other_reasons_stay() -> None:
    found = dropped(EXAMPLE, Dropout(stream=1), chance(0))
    assert found.features == {"face": LEFT_OUT, "scene": LEFT_OUT, "voice": NO_SOUND}
    assert found.subtitle == "Well."
    assert found.turns == EXAMPLE.turns
    assert dropped(EXAMPLE, Dropout(subtitle=1), chance(0)).subtitle is None


def test_one_thing_always_stays_and_chance_says_which() -> None:
    found = seen(ALL, 400)
    assert sum(found.values()) == 400
    assert found.keys() == {"face", "scene", "subtitle", "clues"}
    assert min(found.values()) > 60


def test_what_alone_is_there_stays() -> None:
    only = Example(turns=EXAMPLE.turns, features={"voice": NO_SOUND}, subtitle="Well.", clues=" ")
    assert dropped(only, ALL, chance(0)) is only
    nothing = Example(turns=EXAMPLE.turns)
    assert dropped(nothing, ALL, chance(0)) is nothing


def test_the_same_seed_leaves_out_the_same_whatever_the_order_of_the_streams() -> None:
    half = Dropout(stream=0.5, subtitle=0.5, clues=0.5)
    turned = Example(
        turns=EXAMPLE.turns,
        features=dict(reversed(list(EXAMPLE.features.items()))),
        subtitle=EXAMPLE.subtitle,
        clues=EXAMPLE.clues,
    )
    for seed in range(50):
        one, other = (dropped(e, half, chance(seed)) for e in (EXAMPLE, turned))
        assert left(one) == left(other)
