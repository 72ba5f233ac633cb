"""`affectlens analyze`: who expresses what, when, and why."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

Format = Literal["table", "json", "jsonl", "csv"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What to do with the results."""

    format: Format
    out: Path | None
    report: Path | None
    redact: bool
    offline: bool
    retry_failed: bool


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(analyze)


def analyze(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders to search for media.")],
    format: Annotated[Format, typer.Option(help="What stdout gets.")] = "table",  # noqa: A002
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Keep results in this JSONL; the same command resumes."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML report here (many inputs: a folder).")
    ] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Blur faces in the report.")] = False,
    model: Annotated[
        str | None, typer.Option(help="What reads: nano, rules, or a model's folder or hub id.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="Label space: dfew7, mer6, mer9, ekman6.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Spoken language, such as en or zh.")] = None,
    subtitles: Annotated[
        Path | None, typer.Option(help="SRT or VTT file with the words of the one input.")
    ] = None,
    openface: Annotated[
        Path | None, typer.Option(help="OpenFace 2 CSV of the one input, in place of our AUs.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Files at a time (default: one for two cores).")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="Who works on many files: pool (processes), or ray (Ray Data).")
    ] = "pool",
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster, such as auto or 10.0.0.1:6379.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="With --out: try failed files again.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch a model.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="One setting: reasoning.window_s=5")
    ] = None,
) -> None:
    """Say which emotion each person expresses, when, and why, with the evidence."""
    from affectlens.analyzer.engine import Crew
    from affectlens.cli import _analyze

    flags = {
        "model": model,
        "reasoning.label_space": labels,
        "perception.voice.language": language,
    }
    given = [f"{key}={value}" for key, value in flags.items() if value is not None]
    settings = _analyze.read_settings(config, [*(sets or []), *given])
    wishes = Wishes(
        format=format,
        out=out,
        report=report,
        redact=redact,
        offline=offline,
        retry_failed=retry_failed,
    )
    crew = Crew(engine=engine, workers=workers, address=address)
    code = _analyze.run(paths, settings, wishes, crew, subtitles=subtitles, openface=openface)
    raise typer.Exit(code)
