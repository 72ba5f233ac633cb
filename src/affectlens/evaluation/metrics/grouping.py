"""Open-vocabulary label sets by a judge's groups of synonyms, which were stored (MER2024-OV).

A judge once grouped the words of each sample, true and predicted ones together. With G and P the
sets of their groups, accuracy_s is the mean of |G∩P|/|P|, recall_s that of |G∩P|/|G|, and "average"
the mean of both. Words that the judge did not name stand for themselves; so do those of floors,
which it never saw. A prediction without labels has 0 in both. Every sample needs a grouping; an
empty list says that there was nothing to group. Source: specs/affectgpt-emer.md §2.2.

compat: labels and the judge's words are compared as they stand but for the labels' case. A truth
without labels is an error where labels were predicted, on which the published script stops.

strict: separators and stops in labels are read as meant, the judge's words lower-cased and
stripped, and a truth without labels is neutral.
"""

# N samples, K 3 sums: precision, recall, samples

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.wheel import groups, sets
from affectlens.evaluation.wheel.constant import best_constant, word_counts
from affectlens.evaluation.wheel.groups import Groups
from affectlens.evaluation.wheel.label_set import read_by_rules
from affectlens.foundation.errors import ConfigError, InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score, and where the groupings are."""

    mode: Mode = "strict"
    groupings: str = ""  # a folder of {name}.npy, or a file with names and replies


@dataclass(frozen=True, slots=True)
class Grouping:
    """Scores label sets by stored groups."""

    groupings: Mapping[str, Groups]  # by the id of a sample
    mode: Mode

    name: ClassVar[str] = "grouping"
    reads: ClassVar[frozenset[str]] = frozenset({"labels"})
    headline: ClassVar[str] = "average"
    numbers: ClassVar[frozenset[str]] = frozenset()
    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = False

    @property
    def strict(self) -> bool:
        """Whether words are read as meant."""
        return self.mode == "strict"

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Precision, recall and 1 of each sample.

        Raises:
            InputError: a truth has no labels, or a sample no grouping.
        """
        compared = sets.pairs(outcomes, strict=self.strict)
        counts_NK = np.ones((len(outcomes), 3))
        for at, (outcome, pair) in enumerate(zip(outcomes, compared, strict=True)):
            counts_NK[at, :2] = self._count(outcome.truth, pair)
        bare = sum(not any(self.groupings[outcome.truth.id]) for outcome in outcomes)
        return Tally(
            counts_NK=counts_NK,
            finish=_scores,
            counted_N=np.ones(len(outcomes), bool),
            parsed_N=np.array([pair.answer is not None for pair in compared], bool),
            per_sample={"accuracy_s": counts_NK[:, 0], "recall_s": counts_NK[:, 1]},
            notes=(
                *((f"Stored groupings without any word: {bare}.",) if bare else ()),
                *read_by_rules(outcome.prediction for outcome in outcomes),
            ),
        )

    def perfect(self, truth: Sample) -> Prediction:
        """Its labels."""
        labels = sets.true_labels(truth, strict=self.strict)
        return Prediction(id=truth.id, labels=tuple(sorted(labels)))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """The words that are best answered always, were none a synonym, and the most frequent."""
        true = [sets.true_labels(truth, strict=self.strict) for truth in truths]
        best = best_constant(sets.Sets(_Themselves(), ("word",), strict=True), true)
        return {
            f"always [{', '.join(words)}]": Prediction(id="", labels=words)
            for words in (best, tuple(word_counts(true))[:1])
            if words
        }

    def _count(self, truth: Sample, pair: sets.Pair) -> tuple[float, float]:
        if truth.id not in self.groupings:
            raise InputError(
                f"{truth.place or truth.id}: there is no stored grouping of {truth.id!r}. "
                "Let a judge group its words; an empty list says that there is nothing to group."
            )
        if not pair.truth and pair.answer:
            raise InputError(f"{truth.place or truth.id}: wanted labels, found an empty list.")
        named = self.groupings[truth.id]
        if self.strict:
            named = [[word.lower().strip() for word in group] for group in named]
        first = groups.representatives(named)
        true = {first.get(word, word) for word in pair.truth}
        answered = {first.get(word, word) for word in pair.answer or ()}
        both = len(true & answered)
        return both / max(1, len(answered)), both / max(1, len(true))


class _Themselves:
    """Tables that know no word, so that each stands for itself."""

    names = ("word",)
    version = ""

    def map(self, mapping: str, word: str) -> str | None:
        return None


def _scores(sums: Floats) -> dict[str, Floats]:
    """Scores of sums (..., K)."""
    precision = over(sums[..., 0], sums[..., 2])
    recall = over(sums[..., 1], sums[..., 2])
    return {
        "average": (precision + recall) / 2,
        "accuracy_s": precision,
        "recall_s": recall,
    }


def build(config: Config) -> Metric:
    """The metric with its stored groupings.

    Raises:
        ConfigError: it is not told where they are.
        InputError: they are not there, or damaged.
    """
    if not config.groupings:
        raise ConfigError(
            "The metric grouping wants stored groupings: set groupings to a folder of NAME.npy or "
            "to a file with columns name and reply."
        )
    return Grouping(groups.stored(Path(config.groupings).expanduser()), config.mode)
