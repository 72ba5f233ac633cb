"""`affectlens report`: one HTML file that shows an analysis with its media, or a training run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from affectlens.reasoning.analysis import Analysis


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(report)


def report(
    made: Annotated[
        Path,
        typer.Argument(
            metavar="ANALYSIS|RUN",
            help="What `analyze --format json` or `-o` wrote, or the folder of a training run.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="HTML file; a folder for several. Of a run: RUN/report.html."
        ),
    ] = None,
    media: Annotated[
        Path | None, typer.Option(help="The media file, where it is not at its old place.")
    ] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Blur faces.")] = False,
) -> None:
    """Make the HTML report of an analysis that was kept, or of a training run."""
    from affectlens.foundation.errors import ConfigError, InputError

    if not made.exists():
        raise InputError(f"There is no file or folder {made}.")
    if made.is_dir():
        if media is not None or redact:
            raise ConfigError("--media and --redact are for analyses; a training run has no media.")
        write_run_report(made, out)
        return
    if out is None:
        raise ConfigError("Say where the report of an analysis goes: -o report.html")
    from affectlens.cli._stored import FileNames, read

    analyses = list(read(made))
    names = FileNames(".html")
    for one in analyses:
        source = media or Path(one.input.path)
        target = names.below(out, source, several=len(analyses) > 1)
        write_report(one, source, target, redact=redact)


def write_run_report(run: Path, out: Path | None) -> None:
    """Write the report of a training run; a folder gets a report.html."""
    from affectlens.cli.terminal import console
    from affectlens.training.report import write

    if out is not None and (out.is_dir() or not (out.suffix or out.exists())):
        out = out / "report.html"
    console().print(f"report: {write(run, out)}", markup=False)


def write_report(analysis: "Analysis", media: Path, target: Path, *, redact: bool) -> None:
    """Write the report of one analysis; without its media file the page says so and still works."""
    from affectlens.cli.terminal import bars, console
    from affectlens.foundation.errors import AffectlensError
    from affectlens.foundation.records import write_atomically
    from affectlens.media.opening import open_clip
    from affectlens.reasoning.report import html_report

    try:
        clip = open_clip(media)
    except AffectlensError as error:
        console().print(f"The report has no player: {error}", markup=False)
        clip = None
    if clip is not None and clip.sha256 != analysis.input.sha256:
        console().print(
            f"warning: {media} is not the file that was analyzed (its content differs);"
            " what the report says may not fit what it shows.",
            markup=False,
        )
    with bars() as progress:
        page = html_report(analysis, clip, redact=redact, progress=progress)
    write_atomically(target, page)
    console().print(f"report: {target}", markup=False)
