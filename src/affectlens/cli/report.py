"""`affectlens report`: one HTML file that shows an analysis, with its media inside."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from affectlens.reasoning.analysis import Analysis


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(report)


def report(
    analysis: Annotated[Path, typer.Argument(help="What `analyze --format json` or `-o` wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="HTML file; a folder for several.")],
    media: Annotated[
        Path | None, typer.Option(help="The media file, where it is not at its old place.")
    ] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Blur faces.")] = False,
) -> None:
    """Make the HTML report of an analysis that was kept."""
    from affectlens.cli._stored import FileNames, read

    analyses = list(read(analysis))
    names = FileNames(".html")
    for one in analyses:
        source = media or Path(one.input.path)
        target = names.below(out, source, several=len(analyses) > 1)
        write_report(one, source, target, redact=redact)


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
