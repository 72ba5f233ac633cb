"""What a judge can be set to do to a file of predictions, by name; each gives a column."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from affectlens.evaluation.judge import Judge
from affectlens.evaluation.judging import judged
from affectlens.evaluation.judging.judged import text_of
from affectlens.evaluation.judging.prompt import Language
from affectlens.evaluation.outcome import Outcome
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

_Do = Callable[[Sequence[Outcome], Judge, Language, Progress], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to do: the column that it gives, and in a few words what it is."""

    column: str
    what: str
    do: _Do
    needs_truth: bool = False


def _labels(outcomes: Sequence[Outcome], judge: Judge, language: Language, tell: Progress) -> Any:
    return judged.open_labels(_texts(outcomes), judge, language, progress=tell)


def _sentiment(
    outcomes: Sequence[Outcome], judge: Judge, language: Language, tell: Progress
) -> Any:
    predictions = [one.prediction for one in outcomes]
    with_labels = judged.openset(predictions, judge, language, progress=tell)
    return judged.sentiments([one.labels for one in with_labels], judge, language, progress=tell)


def _one_of_six(
    outcomes: Sequence[Outcome], judge: Judge, language: Language, tell: Progress
) -> Any:
    return judged.one_of_six(_texts(outcomes), judge, language, progress=tell)


def _ranked(outcomes: Sequence[Outcome], judge: Judge, language: Language, tell: Progress) -> Any:
    return judged.ranked_six(_texts(outcomes), judge, language, progress=tell)


def _valence(outcomes: Sequence[Outcome], judge: Judge, language: Language, tell: Progress) -> Any:
    return judged.valences(_texts(outcomes), judge, language, progress=tell)


def _translation(
    outcomes: Sequence[Outcome], judge: Judge, language: Language, tell: Progress
) -> Any:
    return judged.translated(_texts(outcomes), judge, language, progress=tell)


def _merged(outcomes: Sequence[Outcome], judge: Judge, language: Language, tell: Progress) -> Any:
    reasons = ["" if isinstance(text, Missing) else text for text in _texts(outcomes)]
    said = [one.truth.subtitle for one in outcomes]
    subtitles = ["" if isinstance(text, Missing) else text for text in said]
    return judged.merged(reasons, subtitles, judge, language, progress=tell)


def _groupings(
    outcomes: Sequence[Outcome], judge: Judge, language: Language, tell: Progress
) -> Any:
    return judged.grouped(outcomes, judge, progress=tell)


WORKS: Mapping[str, Work] = {
    "labels": Work("openset", "open-vocabulary labels of each text (prompt A)", _labels),
    "sentiment": Work("sentiment", "positive, negative or neutral, by its labels (B)", _sentiment),
    "merge": Work("reason", "each text with the subtitle of its truth (C)", _merged, True),
    "one-of-six": Work("label", "one of MER2023's labels (D, ours)", _one_of_six),
    "ranked": Work("openset", "MER2023's labels, the likeliest first (D, ours)", _ranked),
    "valence": Work("valence", "a valence from -1 to 1 (D, ours)", _valence),
    "translate": Work("reason", "each text in --language", _translation),
    "groupings": Work("reply", "groups of synonyms, for the metric grouping", _groupings, True),
}


def work(
    name: str,
    outcomes: Sequence[Outcome],
    judge: Judge,
    *,
    language: Language = "en",
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """A row for each outcome: its name, and the column or why it is missing.

    Raises:
        ConfigError: there is no such work.
        InputError: not one outcome has what the judge would be asked about.
    """
    if name not in WORKS:
        raise ConfigError(f"There is no work {name!r} for a judge. There are: {', '.join(WORKS)}.")
    chosen = WORKS[name]
    found = chosen.do(outcomes, judge, language, progress)
    if found and all(isinstance(one, Missing) for one in found):
        raise InputError(f"Nothing came of it: {found[0]}.")
    return [
        {"name": outcome.truth.id, chosen.column: None, "why": one.reason}
        if isinstance(one, Missing)
        else {"name": outcome.truth.id, chosen.column: one}
        for outcome, one in zip(outcomes, found, strict=True)
    ]


def _texts(outcomes: Sequence[Outcome]) -> list[str | Missing]:
    return [text_of(one.prediction) for one in outcomes]
