"""`affectlens train`: from a recipe and data to a model, in stages."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(train)


def train(
    recipe: Annotated[Path, typer.Argument(help="TOML with system, data and stages: recipes/.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The run's folder; the same command resumes.")
    ],
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="One setting: data.merr.path=MERR, stages.two.epochs=3"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Look at everything, then stop before the first step.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch a model.")] = False,
) -> None:
    """Train a model; on many GPUs or machines, start it by `accelerate launch -m affectlens …`."""
    from affectlens.cli import _train

    made = _train.read_recipe(recipe, sets or [])
    raise typer.Exit(_train.run(made, out, check=check, offline=offline))
