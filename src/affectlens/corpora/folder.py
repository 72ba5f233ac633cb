"""What lies in a data set's folder: its files by name; what does not is told in sentences."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from affectlens.corpora.corpus import Sample
from affectlens.corpora.table import utf8
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

VIDEOS = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".flv", ".m4v")
SOUNDS = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus")
MEDIA = (*VIDEOS, *SOUNDS)


def wanted(root: Path, *names: str) -> Path:
    """The first of these files or folders, by its path below `root`.

    Raises:
        InputError: none is there; tells what was looked for.
    """
    if not root.is_dir():
        raise InputError(f"There is no folder {root}.")
    for name in names:
        if (root / name).exists():
            return root / name
    raise InputError(
        f"{root} has no {' or '.join(names)}. Give the folder that the data set was unpacked to."
    )


def media(folder: Path, suffixes: Sequence[str] = MEDIA) -> list[Path]:
    """All media below a folder in the order of their paths; hidden ones (._x.mp4) are left out.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def once(files: Sequence[Path]) -> Sequence[Path]:
    """The same files, of which no two have one name.

    Raises:
        InputError: two have; tells both.
    """
    found: dict[str, Path] = {}
    for path in files:
        if path.stem in found:
            raise InputError(
                f"{path.stem!r} is there twice: {found[path.stem]} and {path}. Give the folder "
                "of one of them."
            )
        found[path.stem] = path
    return files


def lines(file: Path) -> list[str]:
    """The lines of a text file.

    Raises:
        InputError: it is not UTF-8; tells the row.
    """
    return utf8(file, file.read_bytes()).replace("\r\n", "\n").split("\n")


def present(folder: Path, *names: str) -> Path | Missing:
    """The first of these files, by its path below a folder, or that it is missing."""
    found = next((folder / name for name in names if is_file(folder / name)), None)
    return found or Missing(f"there is no {names[0]} in {folder.name}")


def is_file(path: Path) -> bool:
    """Whether it is one; what cannot be the name of a file, such as a sentence, is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def absent_media(samples: Sequence[Sample]) -> tuple[str, ...]:
    """A sentence that counts the samples without media, when there are any."""
    gone = [sample for sample in samples if isinstance(sample.media, Missing)]
    if not gone:
        return ()
    return (
        f"The media of {len(gone):,} of {len(samples):,} samples are not there, such as "
        f"{gone[0].id!r}: {gone[0].media}. Put them there, or they cannot be analyzed.",
    )


def fewer(found: int, published: int, what: str) -> tuple[str, ...]:
    """A sentence that scores are not of the published set, unless the number is the published."""
    if found == published:
        return ()
    return (
        f"{what}: the published set has {published:,} samples, here are {found:,}; scores are not "
        "of that set.",
    )


def chosen(name: str, given: str, known: Iterable[str]) -> str:
    """A setting that is one of what is known.

    Raises:
        ConfigError: it is not; tells what is known.
    """
    options = list(known)
    if given not in options:
        raise ConfigError(f"{name} is one of {', '.join(options)}; got {given!r}.")
    return given


def of_split(samples: Sequence[Sample], split: str | None) -> tuple[Sample, ...]:
    """The samples of a split; all when it is None.

    Raises:
        ConfigError: there are none; tells which splits there are.
    """
    if split is None:
        return tuple(samples)
    known = dict.fromkeys(s.split for s in samples if not isinstance(s.split, Missing))
    chosen("split", split, known)
    return tuple(sample for sample in samples if sample.split == split)
