"""`affectlens evaluate`: predict once, score often, compare, with intervals and floors."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from affectlens.cli import _evaluate_judging

Format = Literal["table", "json", "markdown"]
Mode = Literal["strict", "compat"]

Metrics = Annotated[
    list[str] | None, typer.Option("--metric", help="A metric (again for more); see `evaluate ls`.")
]
Slices = Annotated[
    list[str] | None, typer.Option("--slice", help="Score by the values of a column, such as sex.")
]
Cluster = Annotated[
    str | None, typer.Option(help="Column whose values are resampled whole, such as speaker.")
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", help="One setting of the metrics: tables=DIR, judge_settings=url=…"),
]
How = Annotated[
    Mode | None,
    typer.Option(help="strict: refusals are wrong; compat: as the published scripts score."),
]
Shown = Annotated[Format, typer.Option("--format", help="What stdout gets.")]
Labels = Annotated[
    str | None, typer.Option(help="Label space: dfew7, mer6 …, or labels with commas between.")
]
Judge = Annotated[
    str | None,
    typer.Option(help="Who judges texts: none, endpoint, local, replay (settings: --option)."),
]


def register(app: typer.Typer) -> None:
    """Add the verb with its parts."""
    group = typer.Typer(no_args_is_help=True)
    group.command("run")(run)
    group.command("score")(score)
    group.command("ls")(ls)
    group.command("compare")(compare)
    group.command("check")(check)
    group.command("export")(export)
    _evaluate_judging.register(group)
    app.add_typer(
        group, name="evaluate", help="Predict, score and compare, with intervals and floors."
    )


def run(
    task: Annotated[
        str | None, typer.Option(help="A task by name; see `evaluate ls`. None: --manifest.")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="CSV, JSONL or Excel with id, path, label and others.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The folder of the task's data set.")] = None,
    model: Annotated[
        str,
        typer.Option(help="nano, rules, a model's folder or hub id, or an endpoint (URL#NAME)."),
    ] = "rules",
    served: Annotated[
        list[str] | None,
        typer.Option("--served", help="One setting of an endpoint: frames=4, key_variable=NAME."),
    ] = None,
    labels: Labels = None,
    split: Annotated[str | None, typer.Option(help="Which split of the data.")] = None,
    metric: Metrics = None,
    mode: How = None,
    option: Options = None,
    judge: Judge = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The run's folder; the same one resumes.")
    ] = None,
    words: Annotated[
        Literal["given", "heard", "none"],
        typer.Option(help="Words of the data set where it has them, only those heard, or none."),
    ] = "given",
    batch_size: Annotated[int, typer.Option(min=1, help="Samples at a time.")] = 8,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes (default: one for two cores).")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many samples.")] = None,
    reasons: Annotated[
        bool, typer.Option(help="Ask for explanations too; without them a model is faster.")
    ] = True,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try samples again that failed before.")
    ] = False,
    slices: Slices = None,
    cluster: Cluster = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch a model.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="One setting of `analyze`.")
    ] = None,
    format: Shown = "table",  # noqa: A002
) -> None:
    """Predict every sample of a data set, keep the predictions, and score them."""
    from affectlens.cli import _evaluation, _prediction

    _prediction.predict_and_score(
        _prediction.Wanted(
            task=task,
            manifest=manifest,
            data=data,
            model=model,
            labels=labels,
            split=split,
            words=words,
            batch_size=batch_size,
            workers=workers,
            limit=limit,
            offline=offline,
            out=out,
            served=tuple(served or ()),
            retry_failed=retry_failed,
            reasons=reasons,
        ),
        _evaluation.Scoring(
            metrics=tuple(metric or ()),
            mode=mode,
            options=tuple(option or ()),
            judge=judge,
            slices=tuple(slices or ()),
            cluster=cluster,
        ),
        config=config,
        sets=tuple(sets or ()),
        format=format,
    )


def score(
    folder: Annotated[
        Path | None, typer.Argument(help="A run's folder; else --truth and --predictions.")
    ] = None,
    truth: Annotated[Path | None, typer.Option(help="What people said: CSV, JSONL …")] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="What was predicted: CSV, JSONL, npz of AffectGPT …")
    ] = None,
    metric: Metrics = None,
    mode: How = None,
    labels: Labels = None,
    tables: Annotated[
        str | None, typer.Option(help="Emotion wheels: own, 2025, 2026, or their folder.")
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="The version that these tables must be: 2025 or 2026.")
    ] = None,
    groupings: Annotated[
        Path | None, typer.Option(help="Stored groupings of a judge, for --metric grouping.")
    ] = None,
    judge: Judge = None,
    option: Options = None,
    slices: Slices = None,
    cluster: Cluster = None,
    per_sample: Annotated[
        bool,
        typer.Option("--per-sample", help="What each sample contributes: CSV, or in the JSON."),
    ] = False,
    format: Shown = "table",  # noqa: A002
) -> None:
    """Score predictions that are there: a run's, or files of any tool."""
    from affectlens.cli import _evaluation

    given = {
        "tables": tables,
        "version": version,
        "groupings": groupings,
        "space": labels,
    }
    options = [f"{key}={value}" for key, value in given.items() if value is not None]
    _evaluation.score(
        _evaluation.Files(folder=folder, truth=truth, predictions=predictions),
        _evaluation.Scoring(
            metrics=tuple(metric or ()),
            mode=mode,
            options=(*options, *(option or ())),
            judge=judge,
            slices=tuple(slices or ()),
            cluster=cluster,
        ),
        per_sample=per_sample,
        format=format,
    )


def ls(
    folder: Annotated[
        Path | None, typer.Argument(help="List the runs below a folder; none: what there is.")
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["table", "json"], typer.Option(help="What stdout gets.")
    ] = "table",
) -> None:
    """List tasks, corpora, metrics and judges; or the runs below a folder with their scores."""
    from affectlens.cli import _evaluation_lists as lists

    lists.show(folder, as_json=format == "json")


def compare(
    folders: Annotated[
        list[Path], typer.Argument(help="Folders of runs on the same samples; the first is A.")
    ],
    metric: Metrics = None,
    mode: How = None,
    option: Options = None,
    cluster: Cluster = None,
    select: Annotated[
        str | None,
        typer.Option(help="Choose the best run by this score, such as classification.uar."),
    ] = None,
    on_test: Annotated[
        bool,
        typer.Option("--on-test", help="With --select: choose on test data, and be marked for it."),
    ] = False,
    format: Shown = "table",  # noqa: A002
) -> None:
    """Compare runs sample by sample: paired differences, intervals and tests; or choose one."""
    from affectlens.cli import _comparison, _evaluation

    scoring = _evaluation.Scoring(
        metrics=tuple(metric or ()),
        mode=mode,
        options=tuple(option or ()),
        cluster=cluster,
    )
    _comparison.between(
        folders,
        _comparison.Wishes(scoring=scoring, select=select, on_test=on_test, format=format),
    )


def check(
    data: Annotated[Path, typer.Argument(help="A manifest, or the folder of a data set.")],
    corpus: Annotated[str, typer.Option(help="Which data set it is.")] = "manifest",
    labels: Labels = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", help="One setting of the corpus, such as version=v1."),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(help="Another one, such as mer2023=FOLDER, that must share no sample."),
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["table", "json"], typer.Option(help="What stdout gets.")
    ] = "table",
) -> None:
    """Count a data set and look for missing media, duplicates and leaks between splits."""
    from affectlens.cli import _evaluation_lists as lists

    options = (*(() if labels is None else (f"space={labels}",)), *(option or ()))
    lists.check(data, corpus, options, tuple(against or ()), as_json=format == "json")


def export(
    task: Annotated[str, typer.Argument(help="A task by name.")],
    data: Annotated[Path, typer.Option(help="The folder of its data set, or the manifest.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to make.")],
    to: Annotated[Literal["lmms-eval"], typer.Option(help="For which harness.")] = "lmms-eval",
) -> None:
    """Write a task as files that another harness runs; its scores come from here."""
    from affectlens.cli import _evaluation_lists as lists

    lists.export(task, data, out)
