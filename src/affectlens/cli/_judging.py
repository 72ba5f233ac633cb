"""What `affectlens evaluate judge|agree` do once their command lines are read."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.cli.terminal import bars, columns, console, emit
from affectlens.corpora.corpus import Sample
from affectlens.evaluation import given
from affectlens.evaluation.judging import panel
from affectlens.evaluation.judging.prompt import Language
from affectlens.evaluation.judging.works import WORKS, work
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.statistics import agreement
from affectlens.evaluation.wording import DASH
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.records import write_atomically

Rows = Mapping[str, Mapping[str, Mapping[str, Any]]]  # metric → sample → its numbers


@dataclass(frozen=True, slots=True)
class Asked:
    """Who judges."""

    judge: str
    options: tuple[str, ...]
    replies: Path | None
    language: Language


def judge(name: str, predictions: Path, truth: Path | None, asked: Asked, out: Path) -> None:
    """Ask, and write a row for each sample; those without an answer say why."""
    if name not in WORKS:
        raise ConfigError(f"There is no work {name!r} for a judge. There are: {', '.join(WORKS)}.")
    if WORKS[name].needs_truth and truth is None:
        raise ConfigError(f"{name} reads the truths too: give --truth FILE.")
    said = given.read_predictions(predictions)
    truths = [Sample(id=one.id) for one in said] if truth is None else given.read_truths(truth)
    outcomes: list[Outcome] = given.match(truths, said)
    who = panel.load(asked.judge, asked.options, asked.replies)
    with bars() as progress:
        rows = work(name, outcomes, who, language=asked.language, progress=progress)
    refused = [row for row in rows if "why" in row]
    if name == "groupings":  # the metric asks for a grouping of each sample that it is to score
        rows = [row for row in rows if "why" not in row]
    write_atomically(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    told = f"; {len(refused)} without an answer, such as {refused[0]['why']}" if refused else ""
    console().print(f"{out}: {len(rows)} rows by {who.identity}{told}", markup=False)


def agree(one: Path, other: Path, *, as_json: bool) -> None:
    """Compare what two files say of the samples that both have."""
    first, second = _scored(one), _scored(other)
    if first is not None and second is not None:
        found = _of_scores(first, second)
    elif first is None and second is None:
        found = {"labels": dataclasses.asdict(_of_labels(one, other))}
    else:
        raise InputError(f"{one} and {other} are of two kinds: wanted two of scores, or of labels.")
    if not found:
        raise InputError(f"{one} and {other} have no score in common.")
    plain = {
        name: {key: None if isinstance(v, Missing) else v for key, v in values.items()}
        for name, values in found.items()
    }
    if as_json:
        emit(json.dumps(plain, indent=2, ensure_ascii=False))
        return
    heads = ["of", *next(iter(plain.values()))]
    rows = [[name, *map(_cell, values.values())] for name, values in plain.items()]
    emit(columns(heads, rows))


def _scored(path: Path) -> Rows | None:
    """What each sample contributes, of a file that `evaluate score --per-sample` wrote."""
    if path.suffix.lower() != ".json":
        return None
    try:
        rows = json.loads(path.read_text("utf-8"))["per_sample"]
        return {metric: {row["id"]: row for row in samples} for metric, samples in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} has no scores of samples ({error!r}): wanted what `affectlens evaluate score "
            "--per-sample --format json` prints."
        ) from None


def _of_scores(first: Rows, second: Rows) -> dict[str, dict[str, Any]]:
    found = {}
    for metric in first.keys() & second.keys():
        ids = sorted(first[metric].keys() & second[metric].keys())
        names = _columns(first[metric]) & _columns(second[metric])
        for name in sorted(names):
            pairs = [(first[metric][id_].get(name), second[metric][id_].get(name)) for id_ in ids]
            scores = agreement.of_scores([a for a, _ in pairs], [b for _, b in pairs])
            found[f"{metric} {name}"] = dataclasses.asdict(scores)
    return dict(sorted(found.items()))


def _columns(samples: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The numbers that samples have."""
    return {name for row in samples.values() for name in row} - {"id", "counted", "parsed"}


def _of_labels(one: Path, other: Path) -> agreement.SetAgreement:
    first, second = ({p.id: p for p in given.read_predictions(path)} for path in (one, other))
    ids = sorted(first.keys() & second.keys())
    if not ids:
        raise InputError(f"{one} and {other} have no name in common.")
    return agreement.of_sets([first[i].labels for i in ids], [second[i].labels for i in ids])


def _cell(value: object) -> str:
    if value is None:
        return DASH
    return f"{value:.3f}" if isinstance(value, float) else str(value)
