"""`affectlens dataset`: data sets from and to other tools, what is wrong with them, a toy one."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the verb with its parts."""
    group = typer.Typer(no_args_is_help=True)
    group.command("export")(export)
    group.command("import")(import_)
    group.command("check")(check)
    group.command("ls")(ls)
    group.command("toy")(toy)
    app.add_typer(
        group, name="dataset", help="Export, import and check annotated data sets; draw a toy one."
    )


def export(
    dataset: Annotated[Path, typer.Argument(help="What `affectlens annotate -o` made.")],
    to: Annotated[str, typer.Option(help="A format; see `affectlens dataset ls`.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A folder (default: in the data set).")
    ] = None,
) -> None:
    """Write the kept clips in another tool's form."""
    from affectlens.cli import _dataset

    _dataset.export(dataset, to, out)


def import_(
    path: Annotated[Path, typer.Argument(help="The folder or file that another tool wrote.")],
    form: Annotated[str, typer.Option("--from", help="A format; see `affectlens dataset ls`.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The new data set's folder.")],
    media: Annotated[
        Path | None, typer.Option(help="Folder with the clips, named by their ids.")
    ] = None,
) -> None:
    """Make a data set of MERR, EMER, MER-Caption or MER-Factory files."""
    from affectlens.cli import _dataset

    _dataset.import_(path, form, out, media)


def check(
    dataset: Annotated[Path, typer.Argument(help="What `affectlens annotate -o` made.")],
) -> None:
    """Verify checksums, and look for near-duplicates and leaks across splits."""
    from affectlens.cli import _dataset

    raise typer.Exit(_dataset.check(dataset))


def ls() -> None:
    """List the formats."""
    from affectlens.cli import _dataset

    _dataset.ls()


def toy(
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    clips: Annotated[int, typer.Option(min=1, help="How many, of one second each.")] = 240,
    seed: Annotated[int, typer.Option(min=0, help="The same draws the same.")] = 0,
    labels: Annotated[
        str | None, typer.Option(help="With commas (default: neutral,happy,sad,angry,surprise).")
    ] = None,
) -> None:
    """Draw clips with faces, voices and words, to try training within minutes."""
    from affectlens.cli import _toy

    _toy.make(out, clips, seed, labels)
