"""`affectlens schema`: the JSON Schema of an analysis."""

import json

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def schema() -> None:
        """Print the JSON Schema of what `analyze --format json` prints."""
        from affectlens.cli.terminal import emit
        from affectlens.reasoning import document

        emit(json.dumps(document.schema(), indent=2, ensure_ascii=False))
