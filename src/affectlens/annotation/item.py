"""`Item`: one file to annotate, and what people said of it beforehand."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from affectlens.analyzer.batch import SUFFIXES
from affectlens.corpora.corpus import UNTOLD, Corpus
from affectlens.foundation.errors import InputError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing

_ODD = re.compile(r"[^A-Za-z0-9._-]+")  # in names that go into other tools' files
_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file; its id is unique in a data set and can be a file's name anywhere."""

    id: str
    path: Path
    words: str | None = None  # what is said in it, in place of speech recognition
    label: str | Missing = UNTOLD
    labels: tuple[str, ...] | Missing = UNTOLD  # open-vocabulary
    speaker: str | Missing = UNTOLD
    source: str | Missing = UNTOLD  # what it was cut from: a film, an episode, a session
    split: str | Missing = UNTOLD
    corpus: str | None = None  # the plug-in that read it
    licence: str = ""  # empty: that of the recipe
    columns: dict[str, str] = field(default_factory=dict)  # whatever else was told


def of_paths(paths: Iterable[Path], *, without: Path | None = None) -> list[Item]:
    """Files as given and media of folders, in a fixed order; in folders, none of `without`.

    What is called like a medium and cannot be read is an item too, so that its row says why.

    The id is the file's name without its suffix; where two files share it, it is the path below
    the folder that was given, so that it does not depend on the machine.

    Raises:
        InputError: two files cannot be told apart by their names.
    """
    found: dict[Path, str] = {}
    for path in paths:
        for file in _media(path, without) if path.is_dir() else [path]:
            below = file.relative_to(path) if path.is_dir() else Path(file.name)
            found.setdefault(file, str(below.with_suffix("")))
    stems = Counter(_safe(path.stem) for path in found)
    safe = [
        _safe(path.stem if stems[_safe(path.stem)] == 1 else below) for path, below in found.items()
    ]
    names = dict(zip(found, _apart(safe), strict=True))
    twice = [name for name, times in Counter(names.values()).items() if times > 1]
    if twice:
        both = ", ".join(str(path) for path, name in names.items() if name == twice[0])
        raise InputError(
            f"Several files would be called {twice[0]!r}: {both}. Rename one, or give the folder "
            "above them, or a manifest with a column 'id'."
        )
    return [Item(id=name, path=path) for path, name in names.items()]


def unreadable(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Folders below those given that cannot be searched, each with the reason."""
    found: dict[str, str] = {}

    def note(error: OSError) -> None:
        found[str(error.filename)] = f"the folder cannot be searched: {error.strerror}"

    for path in paths:
        for _ in os.walk(path, onerror=note) if path.is_dir() else ():
            pass
    return list(found.items())


def of_corpus(corpus: Corpus) -> tuple[list[Item], list[tuple[str, Missing]]]:
    """The samples that have media, and the ids of those that have none, each with the reason.

    Raises:
        InputError: two ids are the same once they can be names of files.
    """
    items, gone = [], []
    ids = _apart([_safe(sample.id) for sample in corpus.samples])
    for sample, id_ in zip(corpus.samples, ids, strict=True):
        if isinstance(sample.media, Missing):
            gone.append((sample.id, sample.media))
            continue
        told = sample.columns.get("source")
        items.append(
            Item(
                id=id_,
                path=sample.media,
                words=None if isinstance(sample.subtitle, Missing) else sample.subtitle,
                label=sample.label,
                labels=sample.labels,
                speaker=sample.speaker,
                source=told or UNTOLD,
                split=sample.split,
                corpus=corpus.name,
                licence=sample.columns.get("licence", ""),
                columns=dict(sample.columns),
            )
        )
    _refuse_twice(items)
    return items, gone


def _media(folder: Path, without: Path | None) -> list[Path]:
    """What a folder and those below it have, in order."""
    found = sorted(path for path in folder.rglob("*") if _is_medium(path))
    top = folder.resolve()
    if without is None or top not in without.resolve().parents:
        return found
    left_out = folder / without.resolve().relative_to(top)
    return [path for path in found if not path.is_relative_to(left_out)]


def _is_medium(path: Path) -> bool:
    hidden = path.name.startswith(".")
    return not hidden and path.suffix.lower() in SUFFIXES and not path.is_dir()


def _safe(name: str) -> str:
    """A name of letters, digits, dots, dashes and underscores; what is lost stays told apart."""
    plain = _ODD.sub("_", name).strip("._")[:_LONGEST]
    return plain if plain == name else f"{plain or 'clip'}-{sha256_of_text(name)[:6]}"


def _apart(names: Sequence[str]) -> list[str]:
    """The names, told apart also where case does not count, as on the disks of many machines."""
    times, alike = Counter(names), Counter(name.casefold() for name in names)
    return [
        name if alike[name.casefold()] == times[name] else f"{name}-{sha256_of_text(name)[:6]}"
        for name in names
    ]


def _refuse_twice(items: Sequence[Item]) -> None:
    twice = [name for name, times in Counter(item.id for item in items).items() if times > 1]
    if twice:
        raise InputError(f"The id {twice[0]!r} stands twice: ids tell clips apart.")
