"""How far explanations overlap with people's descriptions: BLEU-4, ROUGE-L, BERTScore if asked.

Read are the explanation, or, where there is none, the answer. Without either, nothing was said: no
n-gram matches, ROUGE-L is 0. There is no published script for it, and both modes are the same.

bleu4: of the whole corpus (Papineni et al. 2002), case kept; numbers of sacreBLEU with its
smoothing "none" or "exp". rouge_l: mean F over samples (Lin 2004, beta 1), without stemming, as
rouge-score gives it for English. Both split Chinese by signs. bert_*: means over samples; see
`bert_score.py`. Overlap of words is no measure of truth: descriptions of one data set share much
of their wording, so look at the floors.
"""

# N samples, K counts of a sample: 4 matches, 4 totals, 2 lengths, ROUGE-L P R F, 1, BERT P R F

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import ClassVar, Literal

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.counting import bert_score, ngrams
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

Smoothing = Literal["none", "exp"]
Pairwise = Callable[[Sequence[str], Sequence[str]], Floats]


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score."""

    mode: Mode = "strict"
    smoothing: Smoothing = "none"  # "exp": an order without a match counts 1/2, the next 1/4 …
    bert: str | None = None  # hub id or folder of an encoder, for BERTScore
    bert_layer: int = -1  # 0 embeddings, 1 the first layer … -1 the last


@dataclass(frozen=True, slots=True)
class Text:
    """Scores explanations by what they share with descriptions."""

    mode: Mode
    smoothing: Smoothing = "none"
    pairwise: Pairwise | None = field(default=None, repr=False)

    name: ClassVar[str] = "text"
    reads: ClassVar[frozenset[str]] = frozenset({"description"})
    headline: ClassVar[str] = "rouge_l"
    numbers: ClassVar[frozenset[str]] = frozenset()
    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = True

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Matches, lengths and similarities of each pair.

        Raises:
            InputError: a truth has no description.
        """
        true = [_described(outcome.truth) for outcome in outcomes]
        said = [_said(outcome.prediction) for outcome in outcomes]
        written = [text or "" for text in said]
        rouge = np.array([_rouge(a, b) for a, b in zip(written, true, strict=True)]).reshape(-1, 3)
        bleu = [_bleu(a, b) for a, b in zip(written, true, strict=True)]
        columns = [np.array(bleu, float).reshape(-1, 10), rouge, np.ones((len(true), 1))]
        if self.pairwise is not None:
            columns.append(self.pairwise(written, true))
        return Tally(
            counts_NK=np.concatenate(columns, 1),
            finish=partial(scores, smoothing=self.smoothing),
            counted_N=np.ones(len(true), bool),
            parsed_N=np.array([text is not None for text in said], bool),
            per_sample={"rouge_l": rouge[:, 2]},
        )

    def perfect(self, truth: Sample) -> Prediction:
        """The description itself."""
        return Prediction(id=truth.id, explanation=_described(truth))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """The description whose words are most those of all: it shows what mere wording earns."""
        if not truths:
            return {}
        described = [_described(truth) for truth in truths]
        return {"the most typical description": Prediction(id="", explanation=_typical(described))}


def scores(sums: Floats, *, smoothing: Smoothing = "none") -> dict[str, Floats]:
    """Scores of sums (..., K)."""
    samples = sums[..., 13]
    found = {"bleu4": _bleu4(sums, smoothing)}
    for at, name in enumerate(("rouge_l_precision", "rouge_l_recall", "rouge_l"), 10):
        found[name] = over(sums[..., at], samples)
    if sums.shape[-1] > 14:
        for at, name in enumerate(("bert_precision", "bert_recall", "bert_f"), 14):
            found[name] = over(sums[..., at], samples)
    return found


def build(config: Config) -> Metric:
    """The metric; an encoder is loaded only if one is named."""
    if config.bert is None:
        return Text(config.mode, config.smoothing)
    pairwise = bert_score.load(config.bert, config.bert_layer)
    return Text(config.mode, config.smoothing, pairwise)


def _bleu4(sums: Floats, smoothing: Smoothing) -> Floats:
    """Geometric mean of the precisions times the brevity penalty; NaN without a sample."""
    matches, totals = sums[..., :4], sums[..., 4:8]
    said, true = sums[..., 8], sums[..., 9]
    if smoothing == "exp":
        none = (matches == 0) & (totals > 0)
        smoothed = 0.5 ** np.cumsum(none, axis=-1)
        any_match = matches.sum(-1, keepdims=True) > 0
        matches = np.where(none & any_match, smoothed, matches)
    precisions = over(matches, totals, 0.0)
    hit = precisions.min(-1) > 0
    mean = np.exp(np.log(np.where(hit[..., None], precisions, 1.0)).mean(-1))
    brevity = np.exp(np.minimum(0.0, 1 - over(true, said, np.inf)))
    found: Floats = np.where(sums[..., 13] > 0, np.where(hit, mean * brevity, 0.0), np.nan)
    return found


def _described(truth: Sample) -> str:
    """A sample's description.

    Raises:
        InputError: there is none, or it has no word.
    """
    place = truth.place or truth.id
    if isinstance(truth.description, Missing):
        raise InputError(f"{place}: wanted a description, but {truth.description}.")
    if not _words(truth.description):
        raise InputError(f"{place}: wanted a description, found {truth.description!r}.")
    return truth.description


def _said(prediction: Prediction) -> str | None:
    if prediction.failure is not None:
        return None
    texts = (prediction.explanation, prediction.answer)
    return next((text for text in texts if isinstance(text, str) and text.strip()), None)


def _typical(texts: Sequence[str]) -> str:
    """The text whose words are, in the mean, in most of the texts."""
    having = Counter(word for text in texts for word in set(_words(text)))
    length = float(np.median([len(_words(text)) for text in texts]))

    def commonness(text: str) -> float:
        words = set(_words(text))
        return sum(having[word] for word in words) / (len(words) + abs(len(_words(text)) - length))

    return max(texts, key=commonness)


# The same texts come again and again: floors pair each with others.
_tokens = lru_cache(32768)(ngrams.tokens)
_words = lru_cache(32768)(ngrams.words)


def _bleu(said: str, true: str) -> list[int]:
    return ngrams.bleu_counts(_tokens(said), _tokens(true))


def _rouge(said: str, true: str) -> tuple[float, float, float]:
    """Precision, recall and F of the longest common subsequence."""
    ours, theirs = _words(said), _words(true)
    common = ngrams.longest_common(ours, theirs)
    if not common:
        return 0.0, 0.0, 0.0
    return common / len(ours), common / len(theirs), 2 * common / (len(ours) + len(theirs))
