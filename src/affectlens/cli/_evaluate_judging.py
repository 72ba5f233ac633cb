"""`affectlens evaluate judge` and `agree`: judges at work, and how far two say the same."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def register(group: typer.Typer) -> None:
    """Add both."""
    group.command("judge")(judge)
    group.command("agree")(agree)


def judge(
    work: Annotated[
        str,
        typer.Argument(
            help="labels, sentiment, merge, one-of-six, ranked, valence, translate, groupings."
        ),
    ],
    predictions: Annotated[Path, typer.Option(help="Texts or labels: CSV, JSONL, npz …")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The JSONL that is written.")],
    truth: Annotated[
        Path | None, typer.Option(help="Truths: merge reads subtitles there, groupings labels.")
    ] = None,
    judge: Annotated[str, typer.Option(help="endpoint, local or replay.")] = "endpoint",
    option: Annotated[
        list[str] | None, typer.Option("--option", help="One of its settings: url=…, model=…")
    ] = None,
    replies: Annotated[
        Path | None, typer.Option(help="Keep every reply here, and ask nothing twice.")
    ] = None,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of the prompts.")] = "en",
) -> None:
    """Have a judge read labels, sentiments or groups of synonyms out of predictions."""
    from affectlens.cli import _judging

    asked = _judging.Asked(judge, tuple(option or ()), replies, language)
    _judging.judge(work, predictions, truth, asked, out)


def agree(
    one: Annotated[Path, typer.Argument(help="`score --per-sample --format json`, or labels.")],
    other: Annotated[Path, typer.Argument(help="The same of another judge or person.")],
    format: Annotated[  # noqa: A002
        Literal["table", "json"], typer.Option(help="What stdout gets.")
    ] = "table",
) -> None:
    """Say how far two judges agree: correlation, alpha, kappa; of label sets, their overlap."""
    from affectlens.cli import _judging

    _judging.agree(one, other, as_json=format == "json")
