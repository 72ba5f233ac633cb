"""`affectlens annotate`: from files to a data set with descriptions that a model can learn from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """Where the files are and how they are gone through; what is made of them says the recipe."""

    paths: tuple[Path, ...]
    out: Path
    corpus: str | None
    options: tuple[str, ...]
    workers: int | None
    engine: str
    address: str | None
    retry_failed: bool
    offline: bool


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(annotate)


def annotate(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The data set's folder; the same one resumes.")
    ],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, or folders to search; none: finish what --out has again."),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(help="PATH is a corpus: manifest (a CSV), ravdess, mer2023, meld …"),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="One setting of the corpus: split=train.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="TOML with what is made and who describes it.")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="One setting: units.table=mer_factory")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="Label space: mer9, dfew7, or labels with commas between.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Spoken language, such as en or zh.")] = None,
    to: Annotated[
        str | None,
        typer.Option(help="merr,llama_factory,ms_swift,parquet,webdataset, commas between."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Files at a time (default: one for two cores).")
    ] = None,
    engine: Annotated[
        Literal["pool", "ray"], typer.Option(help="Processes of this machine, or Ray Data.")
    ] = "pool",
    address: Annotated[
        str | None, typer.Option(help="With ray: the cluster's address (default: this machine).")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try files again that failed before.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch a model.")] = False,
) -> None:
    """Make a data set of your videos: peak frame, descriptions, checks, labels, splits, exports."""
    from affectlens.cli import _annotate

    flags = {
        "analysis.reasoning.label_space": labels,
        "analysis.perception.voice.language": language,
        "output.formats": to,
    }
    given = [f"{key}={value}" for key, value in flags.items() if value is not None]
    made = _annotate.read_recipe(recipe, [*(sets or []), *given], again=None if paths else out)
    wishes = Wishes(
        paths=tuple(paths or ()),
        out=out,
        corpus=corpus,
        options=tuple(option or ()),
        workers=workers,
        engine=engine,
        address=address,
        retry_failed=retry_failed,
        offline=offline,
    )
    raise typer.Exit(_annotate.run(made, wishes))
