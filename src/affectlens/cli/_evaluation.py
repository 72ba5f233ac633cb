"""What `affectlens evaluate run|score` do once their command lines are read."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from affectlens.analyzer.settings import RULES, Settings
from affectlens.cli import _analyze
from affectlens.cli.evaluate import Format, Mode
from affectlens.cli.terminal import bars, console, emit
from affectlens.evaluation import document, given
from affectlens.evaluation.asking import named
from affectlens.evaluation.choosing import Chosen, choose
from affectlens.evaluation.metric import Tally
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.report import Run, html_report
from affectlens.evaluation.runs import run, task
from affectlens.evaluation.runs.folder import RunFolder
from affectlens.evaluation.score import Scores
from affectlens.evaluation.subject import Question, Words
from affectlens.evaluation.table import Task, table
from affectlens.foundation import config as settings_of
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.part import Part
from affectlens.foundation.records import write_atomically


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Scoring:
    """How to score."""

    metrics: tuple[str, ...] = ()
    mode: Mode | None = None
    options: tuple[str, ...] = ()
    judge: str | None = None
    slices: tuple[str, ...] = ()
    cluster: str | None = None

    def only(self, metric: str) -> "Scoring":
        """The same by one metric; none named: as it is."""
        return replace(self, metrics=(metric,)) if metric else self

    @property
    def how(self) -> run.Scoring:
        """Intervals and slices."""
        return run.Scoring(slices=self.slices, cluster=self.cluster)


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """Where predictions are: a run, or files of any tool."""

    folder: Path | None
    truth: Path | None
    predictions: Path | None


def predict_and_score(
    wanted: Wanted,
    scoring: Scoring,
    *,
    config: Path | None,
    sets: Sequence[str],
    format: Format,  # noqa: A002
) -> None:
    """Predict what is not predicted yet, score all of it, and write the reports."""
    chosen_task = task.task(wanted.task or "manifest")
    question = Question(asks=frozenset(), space=None, words=wanted.words)
    own = {"space": wanted.labels, "split": wanted.split}
    ready = task.ready(
        chosen_task,
        _root(wanted),
        question,
        settings={key: value for key, value in own.items() if value is not None},
        limit=wanted.limit,
    )
    parts = scoring.metrics or ready.metrics
    metrics = chosen(parts, scoring, space=ready.plan.question.space)
    settings = settings_of.read(Settings, file=config, env=os.environ, sets=sets)
    subject = named.subject(
        wanted.model,
        settings,
        batch_size=wanted.batch_size,
        workers=wanted.workers,
        options=wanted.served,
    )
    folder = RunFolder(wanted.out or _folder(chosen_task.name, wanted.model))
    for absent in ready.corpus.absent:
        console().print(f"note: {absent}", markup=False)
    if wanted.model == RULES or not wanted.model.startswith("http"):
        _analyze.prepare(settings, offline=wanted.offline)
    with bars() as progress:
        done = run.predict(folder, ready.plan, ready.corpus, subject, progress=progress)
        scores = run.score(folder, metrics, scoring.how, corpus=ready.corpus, progress=progress)
    told = f"{done.now} predicted now, {done.before} before, {done.failed} failed"
    console().print(f"{told}; the run: {folder.path}", markup=False)
    _report(folder, scores, folder.outcomes(ready.corpus))
    show(scores, format, Task(chosen_task.name, str(chosen_task.version)))


def score(files: Files, how: Scoring, *, per_sample: bool, format: Format) -> None:  # noqa: A002
    """Score predictions that are there."""
    if files.folder is not None:
        if files.truth or files.predictions:
            raise ConfigError("Give the folder of a run, or --truth and --predictions; not both.")
        folder = RunFolder(files.folder)
        plan = folder.plan()
        metrics = of_run(folder, how)
        outcomes = folder.outcomes()
        with bars() as progress:
            scores = run.score(folder, metrics, how.how, progress=progress)
        _report(folder, scores, outcomes)
        name, _, version = (plan.task or "").partition("/")
        show(scores, format, Task(name or "run", version), _rows(metrics, outcomes, per_sample))
        return
    if files.truth is None or files.predictions is None:
        raise ConfigError("Wanted the folder of a run, or both --truth and --predictions.")
    if not how.metrics:
        raise ConfigError("Which metric? Name one with --metric; `evaluate ls` lists them.")
    metrics = chosen(how.metrics, how)
    outcomes = _matched(files.truth, files.predictions, metrics)
    with bars() as progress:
        scores = run.scored(outcomes, metrics, how.how, progress=progress)
    show(scores, format, Task(files.predictions.stem), _rows(metrics, outcomes, per_sample))


def chosen(parts: Sequence[str | Part], how: Scoring, **more: Any) -> list[Chosen]:
    """The metrics as they were asked for; --judge goes to those that ask one."""
    options = how.options
    if how.judge is not None and how.judge != "none":
        options = (f"judge={how.judge}", *options)
    asks_judge = [(one if isinstance(one, str) else one.name) == "overlap" for one in parts]
    left = [
        part
        for part, asks in zip(parts, asks_judge, strict=True)
        if not (asks and how.judge == "none")
    ]
    if not left:
        raise ConfigError(
            "With --judge none there is nothing left to score: overlap needs a judge."
        )
    return choose(left, mode=how.mode, options=options, **more)


def of_run(folder: RunFolder, how: Scoring) -> list[Chosen]:
    """The metrics of a run: those asked for, else those by which it was scored last."""
    return chosen(how.metrics or _last(folder), how, space=folder.plan().question.space)


def show(
    scores: Sequence[Scores],
    format: Format,  # noqa: A002
    task_: Task,
    rows: Mapping[str, Any] | None = None,
) -> None:
    """Scores on stdout; what should be known of them on stderr, or in the JSON."""
    if format == "json":
        plain = [document.to_json(one) for one in scores]
        whole = {"scores": plain} | ({} if rows is None else {"per_sample": rows})
        emit(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False))
        return
    emit(table(scores, tasks=[task_] * len(scores), markdown=format == "markdown"))
    for note in dict.fromkeys(note for one in scores for note in one.notes):
        console().print(f"note: {note}", markup=False)
    if rows is not None:
        emit(_per_sample(rows))


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


def _last(folder: RunFolder) -> list[Part]:
    """The metrics by which a run was scored last."""
    noted = folder.config().get("scoring")
    if not noted:
        raise ConfigError(f"{folder.path} was not scored yet: name a metric with --metric.")
    return [Part.from_json(one) for one in noted["metrics"]]


def _matched(truth: Path, predictions: Path, metrics: Sequence[Chosen]) -> list[Outcome]:
    reads = sorted({field for one in metrics for field in one.metric.reads})
    truths = given.read_truths(truth, reads=reads)
    return given.match(truths, given.read_predictions(predictions))


def _report(folder: RunFolder, scores: Sequence[Scores], outcomes: Sequence[Outcome]) -> None:
    """Write the pages of a run."""
    config = folder.config()
    name = config["task"] or "run"
    facts = {
        "task": name,
        "corpus": json.dumps(config["corpus"]["settings"] | {"name": config["corpus"]["name"]}),
        "words": config["question"]["words"],
        **{key: _fact(value) for key, value in config["subject"].items()},
    }
    subject = config["subject"].get("model") or config["subject"]["kind"]
    page = html_report(
        Run(title=f"{name}: {subject}", facts=facts, scores=scores, outcomes=outcomes)
    )
    write_atomically(folder.path / "report.html", page)
    write_atomically(folder.path / "report.md", _markdown(f"{name}: {subject}", scores))
    console().print(f"report: {folder.path / 'report.html'}", markup=False)


def _markdown(title: str, scores: Sequence[Scores]) -> str:
    notes = "".join(f"- {note}\n" for one in scores for note in one.notes)
    return f"# {title}\n\n{table(scores, every=True, markdown=True)}\n\n{notes}"


def _fact(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rows(
    metrics: Sequence[Chosen], outcomes: Sequence[Outcome], wanted: bool
) -> dict[str, Any] | None:
    """What each sample contributes, by metric; None where nobody asked."""
    if not wanted:
        return None
    return {
        f"{one.metric.name}/{one.metric.mode}": _contributions(one.metric.tally(outcomes), outcomes)
        for one in metrics
    }


def _contributions(tally: Tally, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [
        {
            "id": outcome.truth.id,
            "counted": bool(tally.counted_N[place]),
            "parsed": bool(tally.parsed_N[place]),
            **{
                name: None if np.isnan(values_N[place]) else float(values_N[place])
                for name, values_N in tally.per_sample.items()
            },
        }
        for place, outcome in enumerate(outcomes)
    ]


def _per_sample(rows: Mapping[str, Any]) -> str:
    """As CSV, a block for each metric."""
    blocks = []
    for name, samples in rows.items():
        if not samples:
            raise InputError(f"{name} has no samples.")
        heads = ["metric", *samples[0]]
        lines = [
            ",".join([name, *(_cell(value) for value in sample.values())]) for sample in samples
        ]
        blocks.append("\n".join([",".join(heads), *lines]))
    return "\n\n".join(blocks)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f'"{text}"' if "," in text or '"' in text else text
