"""What `affectlens models convert` does and says."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from affectlens.cli.terminal import bars, emit
from affectlens.foundation.errors import ConfigError

if TYPE_CHECKING:
    from affectlens.model.convert.convert import Options, Report, Used

_NAMED = 6  # names in a line


def forth(files: Sequence[Path], out: Path | None, options: "Options", *, as_json: bool) -> None:
    """Convert files to a folder and tell what was found."""
    from affectlens.model.convert.convert import convert

    with bars() as progress:
        report = convert(files, out, options=options, progress=progress)
    if as_json:
        emit(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        emit("\n".join(_told(report)))


def back(
    files: Sequence[Path], out: Path | None, *, form: str | None, force: bool, as_json: bool
) -> None:
    """Write one folder as a file of the released layout."""
    from affectlens.model.convert.original import to_original

    if out is None:
        raise ConfigError("--to original needs --out: which file to write.")
    if len(files) != 1:
        raise ConfigError(f"--to original takes one folder of ours; got {len(files)}.")
    written = to_original(files[0], out, form=form, force=force)
    if as_json:
        emit(json.dumps({**dataclasses.asdict(written), "path": str(written.path)}, indent=2))
        return
    emit(f"Written to {out}: {written.tensors} tensors as {written.form} names them.")
    emit(f"sha256  {written.sha256}")


def _told(report: "Report") -> Iterator[str]:
    for source in report.sources:
        yield from _source(source)
    parameters = f"{report.parameters:,} parameters"
    yield f"Written to {report.folder}: {report.made}, {report.tensors} tensors, {parameters}."
    if report.variant:
        yield f"variant     {report.variant}"
    if report.lacks:
        yield f"lacks       {len(report.lacks)} tensors: {_some(report.lacks)}"
        yield "            It is a part: a start for training, or to be completed by another file."
    if report.needs:
        yield f"needs also  {', '.join(report.needs)}"
    if not report.lacks:
        yield f"use         {report.use}"


def _source(source: "Used") -> Iterator[str]:
    yield f"{source.file}: {source.form}"
    yield f"  sha256    {source.sha256}"
    yield f"  used      {len(source.used)} tensors"
    if source.overridden:
        yield f"  replaced  {len(source.overridden)} of them, by a later file"
    for why, count in Counter(source.dropped.values()).items():
        names = [name for name, one in source.dropped.items() if one == why]
        yield f"  dropped   {count}, {why}: {_some(names, 2)}"
    if source.beside:
        yield f"  passed    {len(source.beside)} beside the net: {_some(source.beside)}"


def _some(names: Sequence[str], shown: int = _NAMED) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
