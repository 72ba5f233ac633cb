"""The best constant answer: as good as any other, and not a word longer."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pytest

from affectlens.evaluation.wheel.constant import best_constant
from affectlens.evaluation.wheel.sets import Pair, Sets, count, f_score, shares


class Drawn:
    """Tables of eight words whose clusters are drawn."""

    names = ("wheel1.level1", "wheel2.level1", "wheel3.level1")
    version = "drawn"

    def __init__(self, rng: np.random.Generator) -> None:
        self.clusters = {
            name: {w: str(rng.integers(0, 4)) if rng.random() < 0.9 else None for w in "abcdefgh"}
            for name in self.names
        }

    def map(self, mapping: str, word: str) -> str | None:
        return self.clusters[mapping][word]


def _drawn(seed: int) -> tuple[Sets, list[frozenset[str]]]:
    rng = np.random.default_rng(seed)
    made = Sets(Drawn(rng), Drawn.names, strict=False)
    sizes = [rng.choice(list("abcdefgh"), rng.integers(1, 4)).tolist() for _ in range(8)]
    return made, [frozenset(labels) for labels in sizes]


@pytest.mark.parametrize("seed", [19, 50, 83, 94, 102])  # adding words alone misses these
def test_words_are_exchanged_as_long_as_that_helps(seed: int) -> None:
    made, truths = _drawn(seed)
    every = [words for k in range(1, 7) for words in combinations("abcdefgh", k)]
    top = max(_merit(made, truths, words).f for words in every)
    assert _merit(made, truths, best_constant(made, truths)).f == pytest.approx(top)


@pytest.mark.parametrize("seed", [*range(12), 175, 282])  # the last two must drop one
def test_a_constant_that_hits_everything_has_no_word_too_many(seed: int) -> None:
    made, truths = _drawn(seed)
    best = best_constant(made, truths, recall_only=True)
    assert _merit(made, truths, best).recall == pytest.approx(1)
    for at in range(len(best)):
        fewer = best[:at] + best[at + 1 :]
        assert _merit(made, truths, fewer).recall < 1 - 1e-6


class Merit(NamedTuple):
    f: float
    recall: float


def _merit(made: Sets, truths: list[frozenset[str]], words: tuple[str, ...]) -> Merit:
    sums = count(made, [Pair(truth, frozenset(words)) for truth in truths]).sum(0)
    precision, recall, _ = shares(sums)
    return Merit(float(f_score(precision, recall).mean()), float(recall.mean()))


def test_the_order_of_the_truths_decides_nothing() -> None:
    for seed in range(10):
        made, truths = _drawn(seed)
        assert best_constant(made, truths) == best_constant(made, truths[::-1])
