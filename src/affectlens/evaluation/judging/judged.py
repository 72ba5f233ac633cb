"""Labels, sentiments, groups, translations: what a judge reads out of texts.

Each function asks about all texts at once; a text that is Missing, and one whose reply is or says
nothing that can be read, gives Missing in its place.
"""

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from affectlens.emotions.spaces import MER6
from affectlens.evaluation.judge import Judge
from affectlens.evaluation.judging import prompt
from affectlens.evaluation.judging.panel import ask_each
from affectlens.evaluation.judging.prompt import Language
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.wheel.label_set import label_set
from affectlens.evaluation.wheel.lists import parse
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

T = TypeVar("T")
Texts = Sequence[str | Missing]

NOTHING_TO_JUDGE = "Unable to judge the emotional state."  # the published scripts' own words
_SENTIMENTS = ("positive", "negative", "neutral")
_LEADING = re.compile(r"(?:输入|输出|翻译|[Oo]utput|[Ii]nput)?\s*[:：]?")
_NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?|[-+−]?\.\d+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def clean(reply: str) -> str:
    """A reply without a leading "Output:" or the like, and in one line.

    Source: the clean-up of all judges of the published scripts (specs/affectgpt-emer.md §1.4).
    """
    stripped = reply.strip()
    found = _LEADING.match(stripped)
    assert found is not None  # it may match nothing
    return stripped[found.end() :].replace("\n", "").strip()


def open_labels(
    reasons: Texts, judge: Judge, language: Language = "en", *, progress: Progress = silent
) -> list[tuple[str, ...] | Missing]:
    """Open-vocabulary labels of explanations, parsed as the published scripts do (prompt A)."""
    filled = [_filled("openset", language, reason=reason) for reason in reasons]
    return _asked(filled, judge, lambda reply: tuple(parse(reply)), progress)


def sentiments(
    label_sets: Sequence[Sequence[str] | Missing],
    judge: Judge,
    language: Language = "en",
    *,
    progress: Progress = silent,
) -> list[str | Missing]:
    """One of positive, negative and neutral for each set of labels (prompt B)."""
    listed = [_listed(labels) for labels in label_sets]
    filled = [_filled("sentiment", language, openset=labels) for labels in listed]
    return _asked(filled, judge, _sentiment, progress)


def merged(
    reasons: Sequence[str],
    subtitles: Sequence[str],
    judge: Judge,
    language: Language = "en",
    *,
    progress: Progress = silent,
) -> list[str | Missing]:
    """Clues and subtitles as one explanation; where one is empty no judge is asked (prompt C)."""
    pairs = [(r.strip(), s.strip()) for r, s in zip(reasons, subtitles, strict=True)]
    asked = {
        i: _filled("merge", language, reason=reason, subtitle=subtitle)
        for i, (reason, subtitle) in enumerate(pairs)
        if subtitle
    }
    replies = iter(_asked(list(asked.values()), judge, _words, progress))
    return [
        next(replies) if i in asked else (reason or NOTHING_TO_JUDGE)
        for i, (reason, _) in enumerate(pairs)
    ]


def one_of_six(
    reasons: Texts, judge: Judge, language: Language = "en", *, progress: Progress = silent
) -> list[str | Missing]:
    """MER2023's label of each explanation; the prompt is ours, in the published style (D)."""
    filled = [_filled("one_of_six", language, reason=reason) for reason in reasons]
    return _asked(filled, judge, _one_of_six, progress)


def ranked_six(
    reasons: Texts, judge: Judge, language: Language = "en", *, progress: Progress = silent
) -> list[tuple[str, ...] | Missing]:
    """MER2023's labels, the likeliest first, all six; the prompt is ours (D)."""
    filled = [_filled("ranked_six", language, reason=reason) for reason in reasons]
    return _asked(filled, judge, _ranked_six, progress)


def valences(
    reasons: Texts, judge: Judge, language: Language = "en", *, progress: Progress = silent
) -> list[float | Missing]:
    """Valence, -1 to 1, of each explanation; the prompt is ours (D)."""
    filled = [_filled("valence", language, reason=reason) for reason in reasons]
    return _asked(filled, judge, _valence, progress)


def groupings(
    label_sets: Sequence[Sequence[str]], judge: Judge, *, progress: Progress = silent
) -> list[str | Missing]:
    """What the judge says of which labels mean the same, for the metric `grouping` to read.

    Labels are asked for lower-cased, each once and in order, so that equal sets have one reply.
    """
    lists = [sorted({label.strip().lower() for label in labels}) for labels in label_sets]
    filled = [_filled("grouping", "en", merged=str(labels)) for labels in lists]
    return _asked(filled, judge, _words, progress)


def grouped(
    outcomes: Sequence[Outcome], judge: Judge, *, progress: Progress = silent
) -> list[str | Missing]:
    """The true and predicted words of each sample in groups, as the metric `grouping` reads them.

    A sample without words has the empty grouping.
    """
    sets = [_all_labels(outcome) for outcome in outcomes]
    asked = [i for i, labels in enumerate(sets) if labels]
    replies: dict[int, str | Missing] = dict.fromkeys(range(len(sets)), "[]")
    found = groupings([sets[i] for i in asked], judge, progress=progress)
    replies |= dict(zip(asked, found, strict=True))
    return list(replies.values())


def translated(
    texts: Texts,
    judge: Judge,
    to: Language,
    *,
    what: Literal["text", "label"] = "text",
    progress: Progress = silent,
) -> list[str | Missing]:
    """Texts in the other language; those that are in it already stay as they are.

    A text counts as Chinese once a Chinese letter stands in it.
    """
    name = {"en": f"{what}_to_english", "zh": "text_to_chinese"}[to]
    asked = {
        i: _filled(name, to, text=text)
        for i, text in enumerate(texts)
        if isinstance(text, str) and text.strip() and is_chinese(text) != (to == "zh")
    }
    replies = iter(_asked(list(asked.values()), judge, _words, progress))
    return [next(replies) if i in asked else text for i, text in enumerate(texts)]


def is_chinese(text: str) -> bool:
    """Whether a Chinese letter stands in it."""
    return _CHINESE.search(text) is not None


def openset(
    predictions: Sequence[Prediction],
    judge: Judge,
    language: Language = "en",
    *,
    progress: Progress = silent,
) -> list[Prediction]:
    """Predictions with open-vocabulary labels read out of their texts, where they had none."""
    texts = [text_of(one) if isinstance(one.labels, Missing) else one.labels for one in predictions]
    asked = [i for i, text in enumerate(texts) if isinstance(text, str)]
    found = open_labels([str(texts[i]) for i in asked], judge, language, progress=progress)
    filled = list(predictions)
    for i, labels in zip(asked, found, strict=True):
        filled[i] = dataclasses.replace(filled[i], labels=labels)
    return filled


def text_of(prediction: Prediction) -> str | Missing:
    """What a prediction says in sentences: its explanation, else the model's own words."""
    if prediction.failure is not None:
        return prediction.failure
    for text in (prediction.explanation, prediction.answer):
        if isinstance(text, str) and text.strip():
            return text
    return Missing("the prediction has neither an explanation nor an answer")


def _all_labels(outcome: Outcome) -> list[str]:
    """True and predicted labels."""
    both = (label_set(one, strict=False) for one in (outcome.truth, outcome.prediction))
    return sorted({word for labels in both if not isinstance(labels, Missing) for word in labels})


def _filled(name: str, language: Language, **values: str | Missing) -> str | Missing:
    """A prompt with its slots filled; Missing when one of the values is."""
    texts: dict[str, str] = {}
    for slot, value in values.items():
        if isinstance(value, Missing):
            return value
        texts[slot] = value
    return prompt.prompt(name, language).fill(**texts)


def _asked(
    prompts: Texts, judge: Judge, read: Callable[[str], T | Missing], progress: Progress
) -> list[T | Missing]:
    """What can be read of the cleaned reply to each prompt."""
    replies = ask_each(judge, prompts, progress=progress)
    return [one if isinstance(one, Missing) else read(clean(one)) for one in replies]


def _listed(labels: Sequence[str] | Missing) -> str | Missing:
    """Labels as a list, in the way of the prompt's own examples."""
    return labels if isinstance(labels, Missing) else f"[{', '.join(labels)}]"


def _words(reply: str) -> str | Missing:
    return reply or Missing("the judge's reply is empty")


def _sentiment(reply: str) -> str | Missing:
    word = reply.partition(".")[0].strip(" \"'[]。").lower()
    return word if word in _SENTIMENTS else _unread(reply, "one of positive, negative and neutral")


def _one_of_six(reply: str) -> str | Missing:
    found = MER6.find(reply.partition(".")[0].strip(" \"'[]。"))
    return found or _unread(reply, f"one of {', '.join(MER6.labels)}")


def _ranked_six(reply: str) -> tuple[str, ...] | Missing:
    found = [MER6.find(word.strip(" .。[]")) for word in parse(reply)]
    labels = tuple(dict.fromkeys(label for label in found if label is not None))
    return labels if len(labels) == len(MER6.labels) else _unread(reply, "all six labels")


def _valence(reply: str) -> float | Missing:
    found = _NUMBER.search(reply)
    value = float(found[0].replace("−", "-")) if found else float("nan")
    return value if -1 <= value <= 1 else _unread(reply, "a number from -1 to 1")


def _unread(reply: str, wanted: str) -> Missing:
    return Missing(f"wanted {wanted} of the judge, found {reply[:80]!r}")
