"""What `affectlens evaluate score` does once its command line is read, and how scores are shown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from affectlens.cli import _per_sample
from affectlens.cli.evaluate import Format, Mode
from affectlens.cli.terminal import bars, console, emit
from affectlens.emotions import spaces
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation import document, given
from affectlens.evaluation.choosing import Chosen, choose
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.report import Run, html_report
from affectlens.evaluation.runs import run
from affectlens.evaluation.runs.folder import RunFolder
from affectlens.evaluation.score import Scores
from affectlens.evaluation.table import Task, table
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part
from affectlens.foundation.records import write_atomically


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
        report(folder, scores, outcomes)
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


def report(folder: RunFolder, scores: Sequence[Scores], outcomes: Sequence[Outcome]) -> None:
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
