"""Open-vocabulary label sets by the emotion wheels: precision, recall and F of their clusters.

Words are mapped to clusters by tables: upstream's, or ours (`wheel/locate.py`). P and R of each
sample's sets are averaged in each mapping, and F = 2PR/(P+R) of these averages. "f", "precision"
and "recall" are means over the wheels at level 1 (AffectGPT, MER-UniBench, MER2026 track 2),
"level2.…" those at level 2, "mer2025" the mean of both levels' F (MER2025 track 2), "m_avg" the
mean F of all twelve mappings (OV-MER, ICML 2025); "case1.…", "case2.…" and "wheel{i}.level{j}.…"
are the mappings alone. Source: specs/affectgpt-emer.md §2.3.

compat: words that a mapping does not know, which "neutral" is to upstream's, are dropped from both
sets; a sample whose truth is empty then is left out of that mapping. Labels are taken as they are
written. With the tables of 2025, F is NaN where P = R = 0, as then published; else it is 0.

strict: a word that a mapping does not know is a cluster of its own (with all forms of its stem
where the tables know that), so that labels too many cost and neutral counts; no sample is left
out, and a truth without labels is neutral. Separators and stops in labels are read as meant.

In both, a prediction without labels has P = R = 0.
"""

# N samples, K counts of a sample: precision, recall and 1, of M mappings

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.wheel import sets
from affectlens.evaluation.wheel.constant import best_constant, word_counts
from affectlens.evaluation.wheel.label_set import read_by_rules
from affectlens.evaluation.wheel.locate import locate
from affectlens.evaluation.wheel.mapping import Mappings
from affectlens.evaluation.wheel.sets import Sets

Levels = Literal["1", "2", "1+2"]
_HEADLINES: Mapping[Levels, str] = {"1": "f", "2": "level2.f", "1+2": "mer2025"}
_MAPPINGS_OF_OV_MER = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score, by which tables, and which score is quoted."""

    mode: Mode = "strict"
    tables: str = "own"  # or "2025", "2026" (once pulled), or a folder's path
    version: str | None = None  # what a folder's tables must be
    levels: Levels = "1"  # the headline's: "1+2" is MER2025's


@dataclass(frozen=True, slots=True)
class Wheel:
    """Scores label sets."""

    clusters: Sets  # by all mappings
    mode: Mode
    levels: Levels

    name: ClassVar[str] = "wheel"
    reads: ClassVar[frozenset[str]] = frozenset({"labels"})
    numbers: ClassVar[frozenset[str]] = frozenset()
    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = True

    @property
    def headline(self) -> str:
        """F at the levels that the settings name."""
        return _HEADLINES[self.levels]

    @property
    def tables(self) -> Mappings:
        """What the words are mapped by."""
        return self.clusters.tables

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Precision, recall and 1 of each sample in each mapping.

        Raises:
            InputError: a truth has no labels.
        """
        compared = sets.pairs(outcomes, strict=self.clusters.strict)
        counts_NK = sets.count(self.clusters, compared)
        kept_NM = counts_NK[:, 2::3] > 0
        told = self._told()
        return Tally(
            counts_NK=counts_NK,
            finish=self.scores,
            counted_N=np.any(kept_NM[:, told], axis=1),
            parsed_N=np.array([pair.answer is not None for pair in compared], bool),
            per_sample=self._per_sample(counts_NK, kept_NM),
            details=self._details(compared, kept_NM),
            notes=(
                *self._notes(counts_NK, kept_NM),
                *read_by_rules(outcome.prediction for outcome in outcomes),
            ),
        )

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Scores of sums (..., K)."""
        precision, recall, _ = sets.shares(sums)
        f = sets.f_score(precision, recall, self._nothing_right)
        kinds = {"f": f, "precision": precision, "recall": recall}
        found: dict[str, Floats] = {}
        for prefix, level in (("", 1), ("level2.", 2)):
            at = self._at(level)
            found |= {prefix + kind: values[..., at].mean(-1) for kind, values in kinds.items()}
        found["mer2025"] = (found["f"] + found["level2.f"]) / 2
        if len(self.tables.names) == _MAPPINGS_OF_OV_MER:
            found["m_avg"] = f.mean(-1)
        return found | {
            f"{name}.{kind}": values[..., m]
            for m, name in enumerate(self.tables.names)
            for kind, values in kinds.items()
        }

    def perfect(self, truth: Sample) -> Prediction:
        """Its labels."""
        labels = sets.true_labels(truth, strict=self.clusters.strict)
        return Prediction(id=truth.id, labels=tuple(sorted(labels)))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """The label set that scores best when it is always answered, and the most frequent word."""
        true = [sets.true_labels(truth, strict=self.clusters.strict) for truth in truths]
        told = [self.tables.names[m] for m in self._told()]
        best = best_constant(Sets(self.tables, told, strict=self.clusters.strict), true)
        answers = [best, tuple(word_counts(true))[:1]]
        return {
            f"always [{', '.join(words)}]": Prediction(id="", labels=words)
            for words in answers
            if words
        }

    @property
    def _nothing_right(self) -> float:
        published = self.mode == "compat" and self.tables.version == "2025"
        return float("nan") if published else 0.0

    def _at(self, level: int) -> list[int]:
        """Where the wheels of a level are among the mappings."""
        suffix = f".level{level}"
        return [m for m, name in enumerate(self.tables.names) if name.endswith(suffix)]

    def _told(self) -> list[int]:
        """Where the mappings of the headline are."""
        return [m for level in self.levels.split("+") for m in self._at(int(level))]

    def _per_sample(self, counts_NK: Floats, kept_NM: NDArray[np.bool_]) -> dict[str, Floats]:
        precision_NM = np.where(kept_NM, counts_NK[:, 0::3], np.nan)
        recall_NM = np.where(kept_NM, counts_NK[:, 1::3], np.nan)
        told = self._told()
        kept_N = kept_NM[:, told].sum(1)
        found = {
            "precision": over(np.nansum(precision_NM[:, told], 1), kept_N),
            "recall": over(np.nansum(recall_NM[:, told], 1), kept_N),
        }
        for m, name in enumerate(self.tables.names):
            found[f"{name}.precision"] = precision_NM[:, m]
            found[f"{name}.recall"] = recall_NM[:, m]
        return found

    def _details(self, compared: Sequence[sets.Pair], kept_NM: NDArray[np.bool_]) -> dict[str, Any]:
        answers = [pair.answer or sets.Labels() for pair in compared]
        return {
            "tables": self.tables.version,
            "kept": dict(zip(self.tables.names, kept_NM.sum(0).tolist(), strict=True)),
            "coverage": {
                "truth": sets.coverage(self.tables, [pair.truth for pair in compared]),
                "prediction": sets.coverage(self.tables, answers),
            },
        }

    def _notes(self, counts_NK: Floats, kept_NM: NDArray[np.bool_]) -> tuple[str, ...]:
        told, names = self._told(), self.tables.names
        notes = [f"The word tables are of version {self.tables.version}."]
        left = {names[m]: int((~kept_NM[:, m]).sum()) for m in told}
        if any(left.values()):
            each = ", ".join(f"{name} {n}" for name, n in left.items() if n)
            notes.append(f"Samples left out, since no true label of theirs is in a table: {each}.")
        wrong = [names[m] for m in told if kept_NM[:, m].any() and not counts_NK[:, 3 * m].any()]
        if wrong and np.isnan(self._nothing_right):
            notes.append(f"Nothing is right in {', '.join(wrong)}: as published, F is no number.")
        return tuple(notes)


def build(config: Config) -> Metric:
    """The metric with its tables.

    Raises:
        UnavailableError: the tables of a year are not on this machine.
        InputError: a folder's tables are not there, damaged, or of another version.
    """
    tables = locate(config.tables, config.version)
    found = Sets(tables, tables.names, strict=config.mode == "strict")
    return Wheel(found, config.mode, config.levels)
