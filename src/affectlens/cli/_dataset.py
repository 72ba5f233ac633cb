"""What `affectlens dataset` does once its command line is read."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from affectlens.annotation import sealing
from affectlens.annotation.annotation import Annotation, Media
from affectlens.annotation.folder import DataFolder
from affectlens.annotation.format import GROUP, About
from affectlens.annotation.recipe import Twins
from affectlens.annotation.stored import Stored
from affectlens.annotation.twins import leaks, twins
from affectlens.cli.terminal import columns, console, emit
from affectlens.corpora.folder import SOUNDS, VIDEOS
from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.missing import Missing

_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
_FAULTY = 3  # exit code: something is wrong with the data set
_SHOWN = 20


def export(dataset: Path, to: str, out: Path | None) -> None:
    """Write a data set in another form."""
    module = plugins.load(GROUP, to)
    if not hasattr(module, "write"):
        raise ConfigError(f"The format {to!r} is only read: `affectlens dataset import`.")
    folder = DataFolder(dataset)
    kept = Stored.of(folder.annotations)
    about = sealing.about(folder)
    for file in module.write(kept, out or dataset / to, about):
        console().print(f"{to}: {file}", markup=False)


def import_(path: Path, form: str, out: Path, media: Path | None) -> None:
    """Make a data set of another tool's files."""
    module = plugins.load(GROUP, form)
    if not hasattr(module, "read"):
        raise ConfigError(f"The format {form!r} is only written: `affectlens dataset export`.")
    folder = DataFolder(out)
    if folder.annotations.exists():
        raise ConfigError(f"{out} holds a data set already. Choose a new folder.")
    found: Sequence[Annotation] = module.read(path)
    if media is not None:
        found = list(_with_media(found, media, out))
    sealing.write_imported(folder, found, about=About(root=out, name=out.name))
    files = [[out / path for path in _files(one.media)] for one in found]
    count = sum(bool(some) and all(path.is_file() for path in some) for some in files)
    emit(f"{len(found)} clips, {count} with media: {out}")
    if not_there := sum(map(bool, files)) - count:
        console().print(
            f"The media of {not_there} clips are not below {out}: put them there, or name a folder "
            "that has them by the clips' ids with --media.",
            markup=False,
        )


def check(dataset: Path) -> int:
    """Say what is wrong with a data set; gives the exit code."""
    folder = DataFolder(dataset)
    kept = Stored.of(folder.annotations)
    faults = [*sealing.changed(folder), *_changed_media(folder, kept)]
    for fault in faults:
        emit(f"fault: {fault}")
    pairs = twins(kept, Twins())
    for pair in pairs[:_SHOWN]:
        same = "the same bytes" if pair.kind == "bytes" else "look and sound alike"
        emit(f"near-duplicates: {pair.first} and {pair.second}: {same}")
    if len(pairs) > _SHOWN:
        emit(f"… {len(pairs)} near-duplicates in all")
    leaking = leaks(kept, pairs)
    for leak in leaking:
        emit(f"leak: {' and '.join(leak.between)} share {leak.kind}: {', '.join(leak.items)}")
    if not faults and not pairs and not leaking:
        emit(f"{len(kept)} clips: files as they were written, no near-duplicates, no leaks")
    return _FAULTY if faults or leaking else 0


def ls() -> None:
    """List the formats."""
    rows = []
    for name in plugins.names(GROUP):
        module = plugins.load(GROUP, name)
        does = [word for word in ("write", "read") if hasattr(module, word)]
        said = {"write": "export", "read": "import"}
        rows.append((name, ", ".join(said[word] for word in does), module.TITLE))
    emit(columns(("format", "for", "what"), rows))


def _with_media(found: Sequence[Annotation], media: Path, out: Path) -> Iterator[Annotation]:
    """The same with the files that lie in a folder by their ids."""
    if not media.is_dir():
        raise InputError(f"There is no folder {media}.")
    for one in found:
        files = {
            kind: next((p for s in suffixes if (p := media / f"{one.id}{s}").is_file()), None)
            for kind, suffixes in (("video", VIDEOS), ("sound", SOUNDS), ("picture", _PICTURES))
        }
        paths = {
            kind: PurePosixPath(os.path.relpath(path, out)).as_posix()
            for kind, path in files.items()
            if path is not None
        }
        yield replace(one, media=Media(**paths))


def _changed_media(folder: DataFolder, kept: Sequence[Annotation]) -> Iterator[str]:
    """Media that are not there, or are not what was annotated."""
    for one in kept:
        paths = _files(one.media)
        for path in paths:
            if not (folder.path / path).is_file():
                yield f"{one.id}: there is no file {path}"
            elif path == paths[0] and not _is_of(one, folder.path / path):
                yield f"{one.id}: {path} is not the file that was annotated"


def _is_of(one: Annotation, path: Path) -> bool:
    return isinstance(one.source.sha256, Missing) or sha256_of(path) == one.source.sha256


def _files(media: Media) -> list[str]:
    """The first is the annotated file; a video's sound was taken out of it."""
    return [path for path in (media.video, media.sound, media.picture) if path is not None]
