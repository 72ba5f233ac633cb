"""`affectlens doctor`: whether this machine can analyze, and what to do where it cannot."""

from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(doctor)


def doctor(
    format: Annotated[  # noqa: A002
        Literal["table", "json"], typer.Option(help="What stdout gets.")
    ] = "table",
) -> None:
    """Say what is on this machine; exit code 5 when a part of the default analysis cannot run."""
    from affectlens.cli import _examination
    from affectlens.cli.terminal import console, emit

    facts = _examination.examine()
    emit(_examination.as_json(facts) if format == "json" else _examination.as_table(facts))
    to_do = _examination.to_do(facts)
    for step in to_do:
        console().print(f"to do: {step}", markup=False)
    if to_do:
        raise typer.Exit(5)
