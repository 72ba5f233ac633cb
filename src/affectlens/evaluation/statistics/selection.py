"""`Selection`: the best of several runs, chosen on development data or marked for what it is.

Published numbers of the field are maxima over checkpoints on the test data (affectgpt-emer.md §2.5,
fbp-microemo-dfer.md C.1), up to 3.5 points above the mean of the same checkpoints. Here that is
refused; whoever asks for it gets the mean beside it.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.document import plain
from affectlens.evaluation.score import Score, Scores
from affectlens.evaluation.wording import number, spoken
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

SCHEMA = "affectlens.selection/1"
Kind = Literal["development", "train", "test", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A run or checkpoint, its scores, and the splits that its samples are of ("" for unknown)."""

    name: str
    scores: Scores
    splits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The candidate that was chosen, and what it was chosen from."""

    chosen: str
    metric: str
    mode: str
    score: str
    value: float
    candidates: dict[str, float]
    mean: float
    sd: float | Missing  # over candidates, of a sample
    least: float
    most: float
    data: Kind  # what it was chosen on
    splits: tuple[str, ...]
    selected_on_test: bool  # also where the split is unknown
    share: bool = True
    lower_is_better: bool = False


def splits_of(samples: Sequence[Sample]) -> tuple[str, ...]:
    """The splits of samples, sorted; "" where a corpus does not say."""
    return tuple(sorted({s.split if isinstance(s.split, str) else "" for s in samples}))


def kind(splits: Sequence[str]) -> Kind:
    """What samples of such splits may be used for; the worst of them counts."""
    kinds = {_kind(split) for split in splits} or {"unknown"}
    order: tuple[Kind, ...] = ("test", "unknown", "train", "development")
    return next(one for one in order if one in kinds)


def select(
    candidates: Sequence[Candidate],
    *,
    score: str | None = None,
    on_test: bool = False,
) -> Selection:
    """The best candidate by a score (None: the headline); of equals, the first.

    Raises:
        ConfigError: its data are of training, or of a test and that was not asked for, or the
            candidates were not scored alike.
    """
    _refuse_unlike(candidates)
    splits = tuple(sorted({split for one in candidates for split in one.splits}))
    data = kind(splits)
    _refuse_other_data(data, splits, on_test=on_test)
    name = score or candidates[0].scores.headline
    found = {one.name: _score(one, name) for one in candidates}
    example = next(iter(found.values()))
    values = {key: _value(key, one) for key, one in found.items()}
    pick = min if example.lower_is_better else max
    chosen = pick(values, key=lambda key: values[key])
    return Selection(
        chosen=chosen,
        metric=candidates[0].scores.metric,
        mode=candidates[0].scores.mode,
        score=name,
        value=values[chosen],
        candidates=values,
        mean=statistics.fmean(values.values()),
        sd=statistics.stdev(values.values()) if len(values) > 1 else Missing("one candidate"),
        least=min(values.values()),
        most=max(values.values()),
        data=data,
        splits=splits,
        selected_on_test=data in ("test", "unknown"),
        share=example.share,
        lower_is_better=example.lower_is_better,
    )


def to_json(selection: Selection) -> dict[str, Any]:
    """The selection as a document."""
    return {"schema": SCHEMA, **plain(selection)}


def sentence(selection: Selection) -> str:
    """What was chosen and on what, for people."""
    count = len(selection.candidates)
    extreme = "minimum" if selection.lower_is_better else "maximum"
    shown = {
        key: number(value, share=selection.share)
        for key, value in (
            ("value", selection.value),
            ("mean", selection.mean),
            ("sd", selection.sd),
            ("least", selection.least),
            ("most", selection.most),
        )
    }
    spread = f"{shown['mean']} ± {shown['sd']}, from {shown['least']} to {shown['most']}"
    chosen = f"{selection.chosen}: {spoken(selection.score)} {shown['value']}"
    if selection.data == "development":
        return f"{chosen}, the best of {count} candidates on development data (mean {spread})."
    of_test = selection.data == "test"
    where = "on the test data" if of_test else "on data of an unknown split, taken for test data"
    return f"{chosen}, {extreme} over {count} candidates {where}; the mean is {spread}."


def _kind(split: str) -> Kind:
    name = split.strip().lower()
    if name.startswith(("dev", "val")):
        return "development"
    if name.startswith("train"):
        return "train"
    return "test" if name.startswith(("test", "eval")) else "unknown"


def _refuse_unlike(candidates: Sequence[Candidate]) -> None:
    if not candidates:
        raise ConfigError("There is nothing to choose from: name at least one run.")
    names = [one.name for one in candidates]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"Candidates have the same name: {', '.join(twice)}. Rename one.")
    first = candidates[0]
    for other in candidates[1:]:
        for field in ("metric", "mode", "settings", "samples"):
            one, two = getattr(first.scores, field), getattr(other.scores, field)
            if one != two:
                raise ConfigError(
                    f"{first.name} and {other.name} were not scored alike: {field} is {one!r} and "
                    f"{two!r}. Score them again with the same settings on the same samples."
                )
        if first.splits != other.splits:
            raise ConfigError(
                f"{first.name} is of split {_listed(first.splits)}, {other.name} of "
                f"{_listed(other.splits)}. Run both on the same split."
            )


def _refuse_other_data(data: Kind, splits: Sequence[str], *, on_test: bool) -> None:
    if data in ("test", "unknown") and not on_test:
        found = "test data" if data == "test" else "data of which nobody says that it is not test"
        raise ConfigError(
            f"Choosing among runs wants development data; these are {found} (split "
            f"{_listed(splits)}), and the best of several on test data is no fair result. Run the "
            "candidates on the dev or val split and choose there, or ask for it with on_test "
            "(--on-test): the result is then marked."
        )
    if data == "train":
        raise ConfigError(
            f"Choosing among runs wants development data; these are training data (split "
            f"{_listed(splits)}), which they have seen. Run the candidates on the dev or val "
            "split and choose there."
        )


def _listed(splits: Sequence[str]) -> str:
    return ", ".join(repr(split) if split else "unknown" for split in splits) or "unknown"


def _score(candidate: Candidate, name: str) -> Score:
    known = [one.name for one in candidate.scores.scores]
    if name not in known:
        raise ConfigError(
            f"{candidate.name} has no score {name!r} by {candidate.scores.metric}. "
            f"It has: {', '.join(known)}."
        )
    return candidate.scores.get(name)


def _value(name: str, score: Score) -> float:
    if isinstance(score.value, Missing):
        raise ConfigError(f"{name} has no {score.name}: {score.value.reason}. Leave it out.")
    return score.value
