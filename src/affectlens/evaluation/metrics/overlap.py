"""EMER's overlap of explanations with people's, as a judge scores it, 1 to 10.

"clue": one call with both texts; in spite of its name the prompt asks for emotional states.
"label": both texts summed up to emotions, and these compared, three calls. "completeness": evidence
of video, audio and text, three calls with prompts of our own. Means over samples. Published scores
(specs/affectgpt-emer.md §2.1) are of Chinese texts and a judge that is retired: compare only what
one judge scored.

compat: the first digits of a reply are its score, whatever they are. A prediction without a text is
left out, as the script averages what the model's file has.

strict: a score is the number that the judge names as such, 1 to 10. A prediction without a text
scores 1, the least.

In both, a sample to whose judge no score can be had is left out of that mean, and said so.
"""

# N samples, P parts, K counts: the sum of scores and their number, of each part

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.counting import overlap
from affectlens.evaluation.counting.overlap import LOWEST, SCORERS, Pair
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.judging.judged import NOTHING_TO_JUDGE, is_chinese, text_of, translated
from affectlens.evaluation.judging.panel import Panel, load
from affectlens.evaluation.judging.prompt import Language
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

PARTS = tuple(SCORERS)
_NOTHING = {"en": NOTHING_TO_JUDGE, "zh": "无法判断人物的情绪状态。"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Who judges, how, and what."""

    mode: Mode = "strict"
    judge: str | None = None  # a file of `evaluation/judges/`; None: stored replies only
    judge_settings: tuple[str, ...] = ()  # such as "model=qwen2.5:7b"
    replies: str | None = None  # a ledger of replies that is read, and added to where a judge is
    language: Language = "zh"  # of the prompts
    translate: bool = False  # texts into that language first, by the judge
    parts: tuple[str, ...] = ("clue", "label")
    released_spacing: bool = False  # the clue prompt with the blanks of the released script

    def __post_init__(self) -> None:
        if not self.parts or set(self.parts) - set(PARTS):
            raise ConfigError(f"Parts are some of {', '.join(PARTS)}; got {list(self.parts)}.")
        if self.released_spacing and self.language != "zh":
            raise ConfigError("The clue prompt with its released spacing is there in zh only.")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Scores explanations by a judge."""

    config: Config
    panel: Panel

    name: ClassVar[str] = "overlap"
    reads: ClassVar[frozenset[str]] = frozenset({"description"})
    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    asks_judge: ClassVar[bool] = True
    scores_words: ClassVar[bool] = False

    @property
    def mode(self) -> Mode:
        """How it scores."""
        return self.config.mode

    @property
    def parts(self) -> tuple[str, ...]:
        """What is scored, in the order of `PARTS`."""
        return tuple(part for part in PARTS if part in self.config.parts)

    @property
    def headline(self) -> str:
        """Clue overlap where it is asked for."""
        return self.parts[0]

    @property
    def numbers(self) -> frozenset[str]:
        """All: scores from 1 to 10."""
        return frozenset(self.parts)

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Ask the judge about every sample that has a text.

        Raises:
            InputError: a truth has no description.
            UnavailableError: the judge cannot be had.
        """
        said = [text_of(outcome.prediction) for outcome in outcomes]
        has_text_N = np.array([isinstance(text, str) for text in said], bool)
        true = [_description(outcome.truth) for outcome in outcomes]
        pairs = [(one, text) for one, text in zip(true, said, strict=True) if isinstance(text, str)]
        scores_NP = np.full((len(outcomes), len(self.parts)), np.nan)
        scores_NP[has_text_N] = self._ask(pairs)
        notes = self._notes(pairs, scores_NP[has_text_N])
        answered_N = has_text_N & np.isfinite(scores_NP).all(1)
        if self.mode == "strict":
            scores_NP[~has_text_N] = LOWEST
        found_NP = np.isfinite(scores_NP)
        counts_NPC = np.stack([np.where(found_NP, scores_NP, 0.0), found_NP], axis=2)
        return Tally(
            counts_NK=counts_NPC.reshape(len(outcomes), 2 * len(self.parts)),
            finish=self.scores,
            counted_N=found_NP.any(1),
            parsed_N=answered_N,
            per_sample=dict(zip(self.parts, scores_NP.T, strict=True)),
            details={"judge": self.panel.summary()},
            notes=notes,
        )

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Mean scores of sums (..., K)."""
        means = over(sums[..., 0::2], sums[..., 1::2])
        return {part: means[..., p] for p, part in enumerate(self.parts)}

    def perfect(self, truth: Sample) -> Prediction:
        """People's own words."""
        return Prediction(id=truth.id, explanation=_description(truth))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """To say that one cannot tell."""
        text = _NOTHING[self.config.language]
        return {f"always {text!r}": Prediction(id="", explanation=text)} if truths else {}

    def _ask(self, pairs: Sequence[Pair]) -> Floats:
        """Scores (N, P) of the pairs; NaN where there is none."""
        config, ready = self.config, list(range(len(pairs)))
        if config.translate:
            flat = translated(
                [text for pair in pairs for text in pair], self.panel, config.language
            )
            both = list(zip(flat[::2], flat[1::2], strict=True))
            pairs = [(str(true), str(text)) for true, text in both]
            ready = [
                i for i, pair in enumerate(both) if all(isinstance(text, str) for text in pair)
            ]
        how = overlap.How(
            mode=config.mode, language=config.language, released_spacing=config.released_spacing
        )
        scores_NP = np.full((len(pairs), len(self.parts)), np.nan)
        for p, part in enumerate(self.parts):
            found = SCORERS[part]([pairs[i] for i in ready], self.panel, how)
            scores_NP[ready, p] = [score if isinstance(score, float) else np.nan for score in found]
        return scores_NP

    def _notes(self, pairs: Sequence[Pair], scores_NP: Floats) -> tuple[str, ...]:
        """What cannot be seen in the means."""
        notes = [f"Judged by {self.panel.identity}; scores of different judges do not compare."]
        refused_P = np.isnan(scores_NP).sum(0)
        notes += [
            f"{part}: the judge gave no score for {count} of {len(pairs)}; they are left out."
            for part, count in zip(self.parts, refused_P.tolist(), strict=True)
            if count
        ]
        other = sum(is_chinese(text) != (self.config.language == "zh") for _, text in pairs)
        if other and not self.config.translate:
            notes.append(
                f"{other} of {len(pairs)} predicted texts are not in the language of the prompts. "
                "Published scores are of Chinese texts: translate=true has them translated first."
            )
        return tuple(notes)


def _description(truth: Sample) -> str:
    """What people said.

    Raises:
        InputError: they said nothing.
    """
    if isinstance(truth.description, Missing) or not truth.description.strip():
        raise InputError(
            f"{truth.place or truth.id}: overlap wants people's description of the sample, and "
            f"there is none ({truth.description or 'it is empty'})."
        )
    return truth.description


def build(config: Config) -> Metric:
    """Overlap, with its judge.

    Raises:
        ConfigError: there is neither a judge nor stored replies, or a setting of it is wrong.
    """
    replies = None if config.replies is None else Path(config.replies)
    return Overlap(config, load(config.judge, config.judge_settings, replies))
