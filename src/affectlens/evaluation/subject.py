"""`Subject`: what is evaluated, behind one interface; it predicts samples batch by batch.

A subject is a file of `evaluation/subjects/` with `Config` and `build(config) -> Subject`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from affectlens.corpora.corpus import Sample
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.outcome import Prediction
from affectlens.foundation.progress import Progress, silent

# What a run wants of each sample; what is not asked for is not made.
Ask = Literal["label", "labels", "explanation"]
# Where a subject has the words from: as the corpus gives them, and else by speech recognition;
# always by speech recognition; or from nowhere, to see what pictures and sound alone say.
Words = Literal["given", "heard", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of every sample of a run."""

    asks: frozenset[Ask]
    space: LabelSpace | None  # None: there is no label to choose
    language: str = "en"
    words: Words = "given"


class Subject(Protocol):
    """Predicts; the same sample, question and settings give the same prediction."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that its predictions depend on, as JSON: weights' checksums, settings, versions."""

    def notes(self, question: Question) -> Sequence[str]:
        """What whoever reads its scores should know, in sentences; such as labels it cannot give.

        Raises:
            ConfigError: it cannot answer this question at all.
        """

    def predict(
        self, samples: Sequence[Sample], question: Question, *, progress: Progress = silent
    ) -> Iterator[list[Prediction]]:
        """Batches of predictions as they are ready; a sample that fails gives one with `failure`.

        Each batch is written to disk before the next is asked for. Valence and arousal are -1–1; a
        run keeps them as its corpus counts them.
        """
