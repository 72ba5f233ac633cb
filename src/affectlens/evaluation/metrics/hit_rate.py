"""Hit rate: whether the true label's cluster is among those of the predicted labels.

"hit_rate" is the mean over the wheels at level 1 (AffectGPT, MER-UniBench). It does not mind labels
too many: six words that name every cluster reach 100 %. So "set_precision" and "set_f1" stand
beside it, which are those of the wheel metric. Of several true labels, the share that is among
the predicted ones counts. Source: specs/affectgpt-emer.md §2.5.

compat: words without a cluster are dropped, and a sample whose truth has none, as upstream's tables
have none for neutral, is left out of that wheel. The headline is "hit_rate", as published.

strict: a word without a cluster is a cluster of its own (with all forms of its stem where the
tables know that), so that neutral counts; no sample is left out, and a truth without labels is
neutral. Separators and stops in labels are read as meant. The headline is "set_f1".

In both, a prediction without labels is no hit.
"""

# N samples, K counts of a sample: precision, recall and 1, of M wheels

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.wheel import sets
from affectlens.evaluation.wheel.constant import best_constant, word_counts
from affectlens.evaluation.wheel.label_set import read_by_rules
from affectlens.evaluation.wheel.lists import parse
from affectlens.evaluation.wheel.locate import locate
from affectlens.evaluation.wheel.mapping import Mappings
from affectlens.evaluation.wheel.sets import Sets
from affectlens.foundation.missing import Missing


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score, and by which tables."""

    mode: Mode = "strict"
    tables: str = "own"  # or "2025", "2026" (once pulled), or a folder's path
    version: str | None = None  # what a folder's tables must be


@dataclass(frozen=True, slots=True)
class HitRate:
    """Scores label sets by whether they hold the true label."""

    clusters: Sets  # by the wheels at level 1
    mode: Mode

    name: ClassVar[str] = "hit_rate"
    reads: ClassVar[frozenset[str]] = frozenset()
    numbers: ClassVar[frozenset[str]] = frozenset()
    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = True

    @property
    def headline(self) -> str:
        """As published, or what labels too many lower."""
        return "set_f1" if self.mode == "strict" else "hit_rate"

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Precision, hit and 1 of each sample by each wheel.

        Raises:
            InputError: a truth has no label.
        """
        single = [Outcome(_by_label(outcome.truth), outcome.prediction) for outcome in outcomes]
        compared = sets.pairs(single, strict=self.clusters.strict)
        counts_NK = sets.count(self.clusters, compared)
        kept_NM = counts_NK[:, 2::3] > 0
        left = {
            name: int(n)
            for name, n in zip(self.clusters.names, (~kept_NM).sum(0), strict=True)
            if n
        }
        notes = [f"The word tables are of version {self.clusters.tables.version}."]
        notes += read_by_rules(outcome.prediction for outcome in outcomes)
        if left:
            each = ", ".join(f"{name} {n}" for name, n in left.items())
            notes.append(f"Samples left out, since their true label is in no table: {each}.")
        return Tally(
            counts_NK=counts_NK,
            finish=self.scores,
            counted_N=np.any(kept_NM, axis=1),
            parsed_N=np.array([pair.answer is not None for pair in compared], bool),
            per_sample={"hit": over(counts_NK[:, 1::3].sum(1), kept_NM.sum(1))},
            details={"tables": self.clusters.tables.version},
            notes=tuple(notes),
        )

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Scores of sums (..., K)."""
        precision, hits, _ = sets.shares(sums)
        f1 = sets.f_score(precision, hits)
        means = {"hit_rate": hits, "set_precision": precision, "set_f1": f1}
        return {name: values.mean(-1) for name, values in means.items()} | {
            f"{name.removesuffix('.level1')}.hit_rate": hits[..., m]
            for m, name in enumerate(self.clusters.names)
        }

    def perfect(self, truth: Sample) -> Prediction:
        """Its label."""
        labels = sets.true_labels(_by_label(truth), strict=self.clusters.strict)
        return Prediction(id=truth.id, labels=tuple(sorted(labels)))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """The labels that score best when they are always answered, and the most frequent one."""
        true = [sets.true_labels(_by_label(truth), strict=self.clusters.strict) for truth in truths]
        best = best_constant(self.clusters, true, recall_only=self.mode == "compat")
        answers = [best, tuple(word_counts(true))[:1]]
        return {
            f"always [{', '.join(words)}]": Prediction(id="", labels=words)
            for words in answers
            if words
        }


def _by_label(truth: Sample) -> Sample:
    """A sample that has both is meant by its one label."""
    return truth if isinstance(truth.label, Missing) else replace(truth, labels=(truth.label,))


def _wheels(tables: Mappings) -> list[str]:
    return [name for name in tables.names if name.endswith(".level1")]


def hit_or_not(truth: Any, answer: Any, tables: Mappings) -> bool:
    """Whether two lists of labels share a cluster in any wheel, at level 1.

    Lists are read as published; an empty one is neutral, which is a cluster of its own here.
    Source: the filter of MER-Caption+, specs/affectgpt-emer.md §2.6.
    """
    both = [{word.lower().strip() for word in parse(value)} for value in (truth, answer)]
    true, answered = (words or {sets.NEUTRAL} for words in both)
    if sets.NEUTRAL in true & answered:
        return True
    found = Sets(tables, _wheels(tables), strict=False)
    bits = zip(found.of(frozenset(true)), found.of(frozenset(answered)), strict=True)
    return any(one & other for one, other in bits)


def build(config: Config) -> Metric:
    """The metric with its tables.

    Raises:
        UnavailableError: the tables of a year are not on this machine.
        InputError: a folder's tables are not there, damaged, or of another version.
    """
    tables = locate(config.tables, config.version)
    return HitRate(Sets(tables, _wheels(tables), strict=config.mode == "strict"), config.mode)
