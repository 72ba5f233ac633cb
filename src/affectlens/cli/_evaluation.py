"""What `affectlens evaluate run|score` do once their command lines are read."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from affectlens.analyzer.settings import RULES, Settings
from affectlens.cli import _analyze, _per_sample
from affectlens.cli.evaluate import Format, Mode
from affectlens.cli.terminal import bars, console, emit
from affectlens.emotions import spaces
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation import document, given
from affectlens.evaluation.asking import named
from affectlens.evaluation.choosing import Chosen, choose
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
    """Predict what is not predicted yet, score all of it, and write the reports.

    Raises:
        typer.Exit: with `PARTIAL`, where samples failed.
        InputError: none could be predicted; what there is stands in the reports.
    """
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
    run.refuse_unscorable(ready.corpus.samples, metrics, scoring.how)
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
        done = run.predict(
            folder,
            ready.plan,
            ready.corpus,
            subject,
            retry_failed=wanted.retry_failed,
            progress=progress,
        )
        scores = run.score(folder, metrics, scoring.how, corpus=ready.corpus, progress=progress)
    told = f"{done.now} predicted now, {done.before} before, {done.failed} failed"
    console().print(f"{told}; the run: {folder.path}", markup=False)
    outcomes = folder.outcomes(ready.corpus)
    _report(folder, scores, outcomes)
    show(scores, format, Task(chosen_task.name, str(chosen_task.version)))
    _tell_failed(outcomes)


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
        rows = _per_sample.rows(metrics, outcomes) if per_sample else None
        show(scores, format, Task(name or "run", version), rows)
        return
    if files.truth is None or files.predictions is None:
        raise ConfigError("Wanted the folder of a run, or both --truth and --predictions.")
    if not how.metrics:
        raise ConfigError("Which metric? Name one with --metric; `evaluate ls` lists them.")
    metrics = chosen(how.metrics, how)
    outcomes = _matched(files.truth, files.predictions, metrics)
    with bars() as progress:
        scores = run.scored(outcomes, metrics, how.how, progress=progress)
    rows = _per_sample.rows(metrics, outcomes) if per_sample else None
    show(scores, format, Task(files.predictions.stem), rows)


def chosen(
    parts: Sequence[str | Part], how: Scoring, *, space: LabelSpace | None = None
) -> list[Chosen]:
    """The metrics as they were asked for."""
    found = choose(parts, mode=how.mode, options=how.options, judge=how.judge, space=space)
    if not found:
        raise ConfigError("Without a judge there is nothing left to score: leave out --judge none.")
    return found


def of_run(folder: RunFolder, how: Scoring) -> list[Chosen]:
    """The metrics of a run: those asked for, else those by which it was scored last."""
    return chosen(how.metrics or _last(folder), how, space=folder.plan().question.space)


def show(
    scores: Sequence[Scores],
    format: Format,  # noqa: A002
    task_: Task,
    rows: _per_sample.Rows | None = None,
) -> None:
    """Scores on stdout; what should be known of them on stderr, or in the JSON.

    With rows of samples, stdout gets these as CSV, and the table goes to stderr.
    """
    if format == "json":
        plain = [document.to_json(one) for one in scores]
        whole = {"scores": plain} | ({} if rows is None else {"per_sample": rows})
        emit(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False))
        return
    shown = table(scores, tasks=[task_] * len(scores), markdown=format == "markdown")
    if rows is None:
        emit(shown)
    else:
        console().print(shown, markup=False)
        emit(_per_sample.as_csv(rows))
    for note in dict.fromkeys(note for one in scores for note in one.notes):
        console().print(f"note: {note}", markup=False)


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
    noted = folder.scored_by()
    if not noted:
        raise ConfigError(f"{folder.path} was not scored yet: name a metric with --metric.")
    return noted


def _matched(truth: Path, predictions: Path, metrics: Sequence[Chosen]) -> list[Outcome]:
    reads = sorted({field for one in metrics for field in one.metric.reads})
    space = _space(metrics)
    truths = given.read_truths(truth, reads=reads, space=space)
    return given.match(truths, given.read_predictions(predictions, space=space))


def _space(metrics: Sequence[Chosen]) -> LabelSpace | None:
    """The labels that truths have, where all metrics agree on them: faults are told by column."""
    names = {one.settings.get("space") for one in metrics if "label" in one.metric.reads}
    name = names.pop() if len(names) == 1 else None
    return spaces.space(name) if isinstance(name, str) else None


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
