"""What `affectlens evaluate run` does once its command line is read."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from affectlens.analyzer.settings import Settings
from affectlens.cli import _analyze, _evaluation
from affectlens.cli.evaluate import Format
from affectlens.cli.terminal import bars, console, emit
from affectlens.evaluation import table
from affectlens.evaluation.asking import named
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.runs import run, task
from affectlens.evaluation.runs.folder import RunFolder
from affectlens.evaluation.score import Scores
from affectlens.evaluation.subject import Question, Words
from affectlens.evaluation.wording import number
from affectlens.foundation import config as settings_of
from affectlens.foundation.errors import ConfigError, InputError

_SHOWN = 5  # samples that failed, of which the reason is told


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What to predict, and by whom."""

    task: str | None
    manifest: Path | None
    data: Path | None
    model: str
    labels: str | None
    split: str | None
    words: Words
    batch_size: int
    workers: int | None
    limit: int | None
    offline: bool
    out: Path | None
    served: tuple[str, ...]  # settings of an endpoint
    retry_failed: bool
    reasons: bool  # whether explanations are asked for


@dataclass(frozen=True, slots=True)
class _Predicted:
    """A run, scored."""

    outcomes: Sequence[Outcome]
    scores: Sequence[Scores]


def predict_and_score(
    wanted: Wanted,
    scoring: _evaluation.Scoring,
    *,
    config: Path | None,
    sets: Sequence[str],
    format: Format,  # noqa: A002
) -> None:
    """Predict what is not predicted yet, score all of it, and write the reports.

    Raises:
        typer.Exit: with `PARTIAL`, where samples failed.
        InputError: none could be predicted; what there is stands in the reports.
    """
    chosen = task.task(wanted.task or "manifest")
    settings = settings_of.read(Settings, file=config, env=os.environ, sets=sets)
    out = wanted.out or _folder(chosen.name, wanted.model)
    if not chosen.mean_of:
        found = _run(chosen, replace(wanted, out=out), scoring, settings)
        _evaluation.show(found.scores, format, table.Task(chosen.name, str(chosen.version)))
        _tell_failed(found.outcomes)
        return
    members = {}
    for name in chosen.mean_of:
        console().print(f"{name}:", markup=False)
        members[name] = _run(task.task(name), replace(wanted, out=out / name), scoring, settings)
    _show_mean(chosen, {name: one.scores for name, one in members.items()}, format)
    _tell_failed([outcome for one in members.values() for outcome in one.outcomes])


def _run(
    one: task.Task, wanted: Wanted, scoring: _evaluation.Scoring, settings: Settings
) -> _Predicted:
    """One task in the folder that is wanted."""
    assert wanted.out is not None
    question = Question(asks=frozenset(), space=None, words=wanted.words)
    own = {"space": wanted.labels, "split": wanted.split}
    ready = task.ready(
        one,
        _root(wanted),
        question,
        settings={key: value for key, value in own.items() if value is not None},
        limit=wanted.limit,
        reasons=wanted.reasons,
    )
    parts = scoring.metrics or ready.metrics
    metrics = _evaluation.chosen(parts, scoring, space=ready.plan.question.space)
    run.refuse_unscorable(ready.corpus.samples, metrics, scoring.how)
    subject = named.subject(
        wanted.model,
        settings,
        batch_size=wanted.batch_size,
        workers=wanted.workers,
        options=wanted.served,
    )
    folder = RunFolder(wanted.out)
    for absent in ready.corpus.absent:
        console().print(f"note: {absent}", markup=False)
    if not wanted.model.startswith("http"):
        asked = replace(settings, model=wanted.model)
        _analyze.prepare(asked, offline=wanted.offline)
    with bars() as progress:
        done = run.predict(
            folder,
            ready.plan,
            ready.corpus,
            subject,
            retry_failed=wanted.retry_failed,
            progress=progress,
        )
        scores = run.score(folder, metrics, scoring.how, corpus=ready.corpus, progress=progress)
    if (space := ready.plan.question.space) is not None:
        console().print(f"labels: {space.name} ({', '.join(space.labels)})", markup=False)
    told = f"{done.now} predicted now, {done.before} before, {done.failed} failed"
    console().print(f"{told}; the run: {folder.path}", markup=False)
    outcomes = folder.outcomes(ready.corpus)
    _evaluation.report(folder, scores, outcomes)
    return _Predicted(outcomes, scores)


def _show_mean(
    chosen: task.Task,
    members: dict[str, Sequence[Scores]],
    format: Format,  # noqa: A002
) -> None:
    """The mean of each score over the members, with its spread."""
    rows, plain = [], []
    for same in zip(*members.values(), strict=True):
        first = same[0]
        for name, mean in task.mean(same).items():
            score = first.get(name)
            values = [one.get(name).value for one in same]
            shown = [number(value, share=score.share) for value in (mean.value, mean.sd, *values)]
            rows.append([first.metric, first.mode, name, *shown])
            plain.append(
                {"metric": first.metric, "mode": first.mode, "score": name, **mean.as_json()}
            )
    if format == "json":
        emit(json.dumps({"task": chosen.id, "mean": plain}, indent=2, ensure_ascii=False))
        return
    heads = ["Metric", "Mode", "Score", "Mean", "SD", *members]
    emit(table.lines(heads, rows, markdown=format == "markdown"))


def _root(wanted: Wanted) -> Path:
    root = wanted.manifest or wanted.data
    if root is None or (wanted.manifest and wanted.data):
        raise ConfigError("Where are the data? Give either --manifest FILE, or --task and --data.")
    if wanted.manifest and wanted.task not in (None, "manifest"):
        raise ConfigError(f"The task {wanted.task} has its own data: give --data FOLDER.")
    return root


def _folder(task_name: str, model: str) -> Path:
    """Where a run goes that was given no place."""
    name = "".join(c if c.isalnum() or c in "-._" else "-" for c in model.strip("/."))
    return Path("runs") / f"{task_name}-{name}"


def _tell_failed(outcomes: Sequence[Outcome]) -> None:
    """Say which samples of a run failed, and leave by the exit code for it."""
    failed = [(o.truth.id, o.prediction.failure) for o in outcomes if o.prediction.failure]
    for id_, why in failed[:_SHOWN]:
        console().print(f"failed: {id_!r}: {why}", markup=False)
    if len(failed) == len(outcomes):
        raise InputError("None of the samples could be predicted; the reasons are above.")
    if failed:
        told = f"{len(failed)} of {len(outcomes)} samples failed and count as such in the scores."
        console().print(told, markup=False)
        raise typer.Exit(_analyze.PARTIAL)
