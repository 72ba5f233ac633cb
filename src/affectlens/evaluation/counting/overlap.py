"""Judges' scores of explanations, 1 to 10, and how they are read out of replies.

EMER's clue overlap and label overlap (specs/affectgpt-emer.md §2.1), and completeness, whose prompt
was never published and is ours.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from affectlens.evaluation.judge import Judge
from affectlens.evaluation.judging.judged import clean
from affectlens.evaluation.judging.panel import ask_each
from affectlens.evaluation.judging.prompt import Language, Prompt, prompt
from affectlens.evaluation.metric import Mode
from affectlens.foundation.missing import Missing

LOWEST, HIGHEST = 1.0, 10.0
MODALITIES = ("video", "audio", "text")

Pair = tuple[str, str]  # the true text, the predicted one
Score = float | Missing

_PUBLISHED = re.compile(r"[\d][.]*[\d]*")
# The scale itself: "1-10", "/10", "out of 10".
_SCALE = re.compile(r"(?<![\d.])1\s*(?:[-–—~到至]|to)\s*10(?![\d.])|(?:/|out of|满分)\s*10(?!\d)")
_VALUE = r"([-−]?\d+(?:\.\d+)?)"
_BEHIND = rf"[^\w\n\-−]{{0,5}}(?:为|是|is|of)?[^\w\n\-−]{{0,3}}{_VALUE}"
_NAMED = (
    re.compile(rf"(?:预测分数|predicted score){_BEHIND}", re.IGNORECASE),
    re.compile(rf"(?:得分|评分|分数|score){_BEHIND}", re.IGNORECASE),
)
_FIRST = re.compile(rf"(?<![A-Za-z\d.])(?<![A-Za-z][-−]){_VALUE}")
_STEPS = re.compile(r"^\s*1[.、)].*^\s*2[.、)]", re.MULTILINE | re.DOTALL)


def read_score(reply: str, mode: Mode) -> Score:
    """The score in a reply.

    compat takes the first digits whatever they are, as the published script, which breaks off where
    there are none. strict takes the number behind the word for it, else the first one of a reply
    that is no list of steps, and only from 1 to 10.
    """
    found = _published(reply) if mode == "compat" else _meant(reply)
    if found is None:
        return Missing(f"no score in the judge's reply {reply[:60]!r}")
    if mode == "strict" and not LOWEST <= found <= HIGHEST:
        return Missing(f"the judge's score {found:g} is not within 1 to 10")
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class How:
    """How is asked and read."""

    mode: Mode = "strict"
    language: Language = "zh"
    released_spacing: bool = False  # the clue prompt with the blanks of the released script


def clue_scores(pairs: Sequence[Pair], judge: Judge, how: How) -> list[Score]:
    """How much of what the true text says of emotional states the predicted one does: one call."""
    asked = prompt("clue_released" if how.released_spacing else "clue", how.language)
    return _scored([_of(asked, pair) for pair in pairs], judge, how.mode)


def label_scores(pairs: Sequence[Pair], judge: Judge, how: How) -> list[Score]:
    """How alike the emotions are that the judge sums either text up to: three calls."""
    summary, score = prompt("summary", how.language), prompt("label", how.language)
    texts = [summary.fill(reason=text) for pair in pairs for text in pair]
    sums = [_summed(reply) for reply in ask_each(judge, texts)]
    asked = [
        next((one for one in both if isinstance(one, Missing)), None)
        or score.fill(gt=str(both[0]), pred=str(both[1]))
        for both in zip(sums[::2], sums[1::2], strict=True)
    ]
    return _scored(asked, judge, how.mode)


def completeness_scores(pairs: Sequence[Pair], judge: Judge, how: How) -> list[Score]:
    """How much of the true text's evidence the predicted one has: mean over video, audio and text.

    Kinds of evidence that the true text lacks, as the judge says, do not count. The prompts are
    ours, and replies to them are always read strictly.
    """
    asked = [
        _of(prompt(f"completeness_{modality}", how.language), pair)
        for pair in pairs
        for modality in MODALITIES
    ]
    scores = _scored(asked, judge, "strict")
    return [
        _mean(scores[start : start + len(MODALITIES)])
        for start in range(0, len(scores), len(MODALITIES))
    ]


SCORERS: Mapping[str, Callable[[Sequence[Pair], Judge, How], list[Score]]] = {
    "clue": clue_scores,
    "label": label_scores,
    "completeness": completeness_scores,
}


def _of(asked: Prompt, pair: Pair) -> str:
    return asked.fill(gt_reason=pair[0], pred_reason=pair[1])


def _scored(asked: Sequence[str | Missing], judge: Judge, mode: Mode) -> list[Score]:
    return [
        reply if isinstance(reply, Missing) else read_score(reply, mode)
        for reply in ask_each(judge, asked)
    ]


def _summed(reply: str | Missing) -> str | Missing:
    """Words for emotions; without any there is nothing to compare."""
    if isinstance(reply, Missing):
        return reply
    return clean(reply) or Missing("the judge summed a text up to nothing")


def _mean(scores: Sequence[Score]) -> Score:
    found = [score for score in scores if isinstance(score, float)]
    if found:
        return sum(found) / len(found)
    return next(score for score in scores if isinstance(score, Missing))


def _published(reply: str) -> float | None:
    found = _PUBLISHED.search(reply)
    try:
        return None if found is None else float(found[0])
    except ValueError:  # "1..5", at which the script breaks off too
        return None


def _meant(reply: str) -> float | None:
    plain = _SCALE.sub(" ", unicodedata.normalize("NFKC", reply))
    for named in _NAMED:
        # The last one counts: before it the judge may have thought aloud.
        if found := named.findall(plain):
            return float(found[-1].replace("−", "-"))
    if _STEPS.search(plain):
        return None
    first = _FIRST.search(plain)
    return None if first is None else float(first[1].replace("−", "-"))
