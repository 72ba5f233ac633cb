"""`affectlens schema`: the JSON Schema of an analysis, or of a line of a data set."""

import json
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(schema)


def schema(
    of: Annotated[
        Literal["analysis", "annotation"],
        typer.Option(help="`analyze --format json`, or a line of `annotate`'s annotations.jsonl."),
    ] = "analysis",
) -> None:
    """Print the JSON Schema of what `analyze --format json` prints, or of a data set's lines."""
    from affectlens.cli.terminal import emit

    if of == "analysis":
        from affectlens.reasoning import document

        found = document.schema()
    else:
        from affectlens.annotation import document as lines

        found = lines.schema()
    emit(json.dumps(found, indent=2, ensure_ascii=False))
