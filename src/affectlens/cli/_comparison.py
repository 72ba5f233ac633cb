"""What `affectlens evaluate compare` does: differences between runs, or a choice among them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.cli import _evaluation
from affectlens.cli.evaluate import Format
from affectlens.cli.terminal import bars, console, emit
from affectlens.evaluation import document
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.runs import run
from affectlens.evaluation.runs.folder import RunFolder
from affectlens.evaluation.scoring import in_order
from affectlens.evaluation.statistics import compare, selection
from affectlens.evaluation.table import comparison
from affectlens.foundation.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """How to compare."""

    scoring: _evaluation.Scoring
    select: str | None
    on_test: bool
    format: Format


def between(folders: Sequence[Path], wishes: Wishes) -> None:
    """Compare the first run with each other one, or choose the best of all."""
    _refuse_twice(folders)
    if wishes.on_test and wishes.select is None:
        raise ConfigError("--on-test goes with --select SCORE: without it nothing is chosen.")
    runs = [RunFolder(folder) for folder in folders]
    outcomes = [one.outcomes() for one in runs]
    if wishes.select is not None:
        _select(runs, outcomes, wishes)
        return
    if len(runs) < 2:
        raise ConfigError("Two runs or more are compared; got one. --select chooses among runs.")
    first, *others = (
        compare.System(str(one.path), found) for one, found in zip(runs, outcomes, strict=True)
    )
    metrics = _evaluation.of_run(runs[0], wishes.scoring)
    plan = compare.Plan(cluster=wishes.scoring.cluster)
    with bars() as progress:
        found = compare.adjusted(
            [
                compare.compare(
                    [one.metric for one in metrics], first, other, plan=plan, progress=progress
                )
                for other in others
            ]
        )
    if wishes.format == "json":
        emit(json.dumps([document.to_json(one) for one in found], indent=2, ensure_ascii=False))
        return
    for one in found:
        emit(comparison(one, markdown=wishes.format == "markdown"))


def _refuse_twice(folders: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for folder in folders:
        if (place := folder.resolve()) in seen:
            raise ConfigError(f"{folder} is given twice: wanted runs that differ.")
        seen.add(place)


def _select(
    runs: Sequence[RunFolder], outcomes: Sequence[Sequence[Outcome]], wishes: Wishes
) -> None:
    first, *others = map(in_order, outcomes)
    for one, other in zip(runs[1:], others, strict=True):
        compare.refuse_other_samples(first, other, str(runs[0].path), str(one.path))
    metric, _, score = (wishes.select or "").partition(".")
    scoring = wishes.scoring.only(metric)
    candidates = []
    for one, found in zip(runs, outcomes, strict=True):
        chosen = _evaluation.of_run(one, scoring)[:1]
        with bars() as progress:
            scores = run.scored(found, chosen, scoring.how, progress=progress)
        splits = selection.splits_of([outcome.truth for outcome in found])
        candidates.append(selection.Candidate(name=str(one.path), scores=scores[0], splits=splits))
    best = selection.select(candidates, score=score or None, on_test=wishes.on_test)
    if wishes.format == "json":
        emit(json.dumps(selection.to_json(best), indent=2, ensure_ascii=False))
        return
    emit(selection.sentence(best))
    if best.selected_on_test:
        console().print("Marked: selected_on_test. Do not report the maximum as a test score.")
