"""`affectlens export`: an analysis in the formats of other tools."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(export)


def export(
    analysis: Annotated[Path, typer.Argument(help="What `analyze --format json` or `-o` wrote.")],
    format: Annotated[  # noqa: A002
        str, typer.Option(help="csv, json, jsonl, srt, vtt, elan or textgrid.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A file, or a folder for several; default: stdout."),
    ] = None,
) -> None:
    """Write an analysis as CSV, JSON, subtitles, ELAN (.eaf) or Praat (TextGrid)."""
    from affectlens.cli._stored import FileNames, read
    from affectlens.cli.terminal import console, emit
    from affectlens.foundation import plugins
    from affectlens.foundation.records import write_atomically

    renderer = plugins.load("reasoning.render", format)
    analyses = list(read(analysis))
    names = FileNames(renderer.SUFFIX)
    for one in analyses:
        text = renderer.render(one)
        if out is None:
            emit(text)
            continue
        target = names.below(out, Path(one.input.path), several=len(analyses) > 1)
        write_atomically(target, text)
        console().print(f"{format}: {target}", markup=False)
