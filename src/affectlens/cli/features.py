"""`affectlens features`: what encoders make of files, as the field's code reads it."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(features)


def features(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders to search for media.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A folder of .npy; the same command resumes.")
    ],
    system: Annotated[
        str | None, typer.Option(help="Whose streams (default: emotion-llama).")
    ] = None,
    stream: Annotated[
        list[str] | None, typer.Option(help="Only this stream of it; may be given again.")
    ] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(help="An encoder instead, such as hubert or clip,view.of=faces,view.count=8."),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Keep features here for `analyze` and for the next time.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Files at a time (default: one; each loads the nets).")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="Who works on many files: pool (processes), or ray (Ray Data).")
    ] = "pool",
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster, such as auto or 10.0.0.1:6379.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try failed files again.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch a model.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="One setting: device=cuda")
    ] = None,
) -> None:
    """Write the features of each file, one .npy a file in a folder for each stream."""
    from affectlens.analyzer.engine import Crew
    from affectlens.cli import _features

    crew = Crew(engine=engine, workers=workers or 1, address=address)
    chosen = _features.read_settings(
        config, sets or [], system=system, streams=stream or (), encoders=encoder or ()
    )
    wishes = _features.Wishes(out=out, store=store, offline=offline, retry_failed=retry_failed)
    raise typer.Exit(_features.run(paths, chosen, wishes, crew))
