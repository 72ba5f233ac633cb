"""The conversion: files of released weights in, one folder of ours out, every tensor accounted."""

import dataclasses
import datetime
import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from affectlens.encoders import weights
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.records import write_atomically
from affectlens.model import manifest
from affectlens.model.convert import format as formats
from affectlens.model.convert import without as reduced
from affectlens.model.convert.format import Target
from affectlens.model.convert.match import Match, match
from affectlens.model.convert.source import Source, open_source
from affectlens.model.draft import draft_of, scratch_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What people say beyond the files; the defaults suit the published ones."""

    form: str | None = None  # the files' format; None: it is recognised
    like: Path | None = None  # a folder whose config.json says other sizes than the published
    without: tuple[str, ...] = ()  # streams that the weights were trained without
    drop: tuple[str, ...] = ()  # names of tensors to leave out, with * and ?
    force: bool = False  # replace what a conversion wrote before


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """What became of one file."""

    file: str
    sha256: str
    bytes: int
    form: str
    used: Sequence[str]  # our names of the tensors that were taken
    overridden: Sequence[str]  # of these, which a later file replaced
    dropped: Mapping[str, str]  # the file's names → why
    beside: Sequence[str]  # what was no tensor of the net, by name


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was made, of what; it stands in the folder's manifest.json."""

    made: str  # the name of the system or the encoder
    folder: str
    sources: Sequence[Used]
    tensors: int
    parameters: int
    lacks: Sequence[str] = field(default=())  # tensors of the whole that no file of these has
    variant: str  # how the system deviates from its paper
    needs: Sequence[str]  # weights that must be had besides
    use: str

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)


def convert(
    files: Sequence[Path],
    out: Path | None,
    *,
    options: Options | None = None,
    progress: Progress = silent,
) -> Report:
    """Convert files to the folder `out`; of several, each overrides the tensors of those before.

    `out` None is, for weights of an encoder, the place where it looks for them by their name.

    Raises:
        InputError: a file cannot be read safely, is of no known format, or has tensors missing,
            left over, misshapen, of another type or not finite; everything wrong is listed.
        ConfigError: `out` is taken, or needed and not given; or there is no such format or stream.
        LimitError: the disk is full.
    """
    options = options or Options()
    if out is not None:
        _check_place(out, force=options.force)
    # What is read from pickles goes to the disk where the result will be.
    with scratch_of(out or weights.converted_folder() / "weights") as scratch:
        sources = [open_source(file, scratch, progress=progress) for file in files]
        names = [
            options.form or formats.recognise(source.tensors, file=source.path.name)
            for source in sources
        ]
        target = formats.load(names[-1]).target(options.like)
        if options.without:
            target = reduced.without(target, options.without)
        if out is None:
            out = _place_of(target)
            _check_place(out, force=options.force)
        matches = [
            match(
                source,
                formats.load(name),
                target,
                drop=options.drop,
                tell=partial(progress, f"check {source.path.name}"),
            )
            for source, name in zip(sources, names, strict=True)
        ]
        report = _report(sources, names, matches, target, out)
        with draft_of(out) as draft:
            _write(draft, sources, matches, target, report, progress)
    return report


def _place_of(target: Target) -> Path:
    """Where an encoder looks for such weights.

    Raises:
        ConfigError: it is no encoder's.
    """
    if not target.known_as:
        raise ConfigError(
            f"These are weights of {target.name}, which are looked for nowhere by themselves: "
            "say with --out which folder to make."
        )
    return weights.converted_folder() / target.known_as


def _check_place(out: Path, *, force: bool) -> None:
    """Stop when the place is taken; `force` gives up what another conversion wrote, nothing else.

    Raises:
        ConfigError: something is there.
    """
    if not (out.exists() or out.is_symlink()):
        return
    if not force:
        raise ConfigError(f"{out} is there already. Choose another place, or replace it: --force.")
    if not (out.is_dir() and _is_converted_or_empty(out)):
        raise ConfigError(f"{out} is nothing that a conversion wrote, so --force leaves it alone.")


def _is_converted_or_empty(folder: Path) -> bool:
    try:
        return manifest.CONVERSION in manifest.read(folder)
    except InputError:
        return not any(folder.iterdir())


def _report(
    sources: Sequence[Source],
    names: Sequence[str],
    matches: Sequence[Match],
    target: Target,
    out: Path,
) -> Report:
    taken = set().union(*(one.used for one in matches))
    return Report(
        made=target.name,
        folder=str(out),
        sources=[
            Used(
                file=source.path.name,
                sha256=source.sha256,
                bytes=source.size,
                form=name,
                used=list(one.used),
                overridden=[o for o in one.used if any(o in m.used for m in matches[i + 1 :])],
                dropped=dict(one.dropped),
                beside=source.beside,
            )
            for i, (source, name, one) in enumerate(zip(sources, names, matches, strict=True))
        ],
        tensors=len(taken),
        parameters=sum(math.prod(target.shapes[ours]) for ours in taken),
        lacks=[o for o in target.shapes if o not in taken and o not in target.optional],
        variant=target.variant,
        needs=target.needs,
        use=_use(target, out),
    )


def _use(target: Target, out: Path) -> str:
    if target.known_as and out == _place_of(target):
        return f"the encoder {target.name} finds it by its name, {target.known_as}"
    return target.use.replace("{folder}", str(out))


def _write(
    draft: Path,
    sources: Sequence[Source],
    matches: Sequence[Match],
    target: Target,
    report: Report,
    progress: Progress,
) -> None:
    from safetensors.torch import save_file

    tell = partial(progress, "write")
    tell(0.0)
    tensors = {}
    for source, one in zip(sources, matches, strict=True):
        read = source.reader()
        tensors.update({ours: read(theirs) for ours, theirs in one.used.items()})
    ordered = {ours: tensors[ours] for ours in target.shapes if ours in tensors}
    save_file(ordered, draft / target.file, metadata={"format": "pt"})
    config = json.dumps(target.config, indent=2, ensure_ascii=False)
    write_atomically(draft / "config.json", f"{config}\n")
    _sign(draft, target, report)
    tell(1.0)


def _sign(draft: Path, target: Target, report: Report) -> None:
    """The manifest of any model of ours, with what was converted."""
    import torch

    language = target.config.get("system", {}).get("language", "")
    conversion = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        **report.as_json(),
    }
    manifest.write(draft, system=target.name, language=language, conversion=conversion)
