"""MERR as Emotion-LLaMA trains on it: labels in .txt, descriptions in .json, subtitles in .csv.

Every clip is in the files of each description that it has. The published coarse files have no
neutral clips; ours have those that the data set has. Lines of .txt are of four columns, coarse and
fine alike: their readers take the first and the third (specs/emotion-llama.md §4.1–4.3).
"""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from affectlens.annotation import merr_entry, merr_import
from affectlens.annotation.annotation import Annotation
from affectlens.annotation.format import About
from affectlens.annotation.merr_entry import Line
from affectlens.corpora.table import Row
from affectlens.emotions.spaces import MER9
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.records import write_pieces

TITLE = "MERR, for Emotion-LLaMA"

_KINDS = ("coarse", "fine")
# What older copies of the published files are called: .txt and .json.
_OLDER = {
    "coarse": ("", "AU_filter_merge.json"),
    "fine": ("target_label_list_0512_smp.txt", "0512_target_smp_end.json"),
}


def write(annotations: Sequence[Annotation], folder: Path, about: About) -> list[Path]:
    """`MERR_coarse_grained.txt`, `.json`, `MERR_fine_grained.txt`, `.json` and the subtitles.

    Clips stand in the order of their names. A clip whose subtitle is Missing has an empty one,
    since a reader fails where its row is absent; there are no files of a description that no clip
    has.

    Raises:
        ConfigError: a clip has no label of MERR's nine or no description, or its name has blanks.
    """
    del about
    order = _clips(annotations)
    paths = []
    for kind in _KINDS:
        places = [clip.place for clip in order if kind in clip.kinds]
        if not places:
            continue
        labels, texts = (folder / f"MERR_{kind}_grained{suffix}" for suffix in (".txt", ".json"))
        told = (merr_entry.line_of(annotations[place]) for place in places)
        write_pieces(labels, (line.encode() for line in told))
        write_pieces(texts, _object(_entry(annotations[place], kind) for place in places))
        paths += [labels, texts]
    if order:
        paths.append(folder / merr_import.SUBTITLES)
        write_pieces(paths[-1], _csv(annotations[clip.place] for clip in order))
    return paths


def read(path: Path) -> list[Annotation]:
    """The clips of a folder, or of its coarse or fine files; fine counts where both tell.

    Labels are MERR's nine. A peak has no time there: `peak_index` and `peak_AU_list` stand in the
    columns of the source.

    Raises:
        InputError: there are no such files, or they are damaged; tells file and row.
    """
    root = path if path.is_dir() else path.parent
    lines: dict[str, Line] = {}
    entries: dict[str, list[Row]] = defaultdict(list)
    for kind in _KINDS:
        new, older = (f"MERR_{kind}_grained.txt", f"MERR_{kind}_grained.json"), _OLDER[kind]
        if not path.is_dir() and path.name not in (*new, *older):
            continue
        labels, texts = (_there(root, names) for names in zip(new, older, strict=True))
        if labels is not None:
            lines |= merr_entry.lines_of(labels)
        if texts is not None:
            for name, row in merr_entry.entries_of(texts).items():
                entries[name].append(row)
    if not lines and not entries:
        raise InputError(
            f"{path} is no MERR: wanted MERR_fine_grained.txt and .json, MERR_coarse_grained.txt "
            "and .json, or the folder that has them."
        )
    return merr_import.annotations(root, "merr", lines, entries, MER9)


def _there(root: Path, names: Sequence[str]) -> Path | None:
    """The first of these files that is there."""
    return next((root / name for name in names if name and (root / name).is_file()), None)


@dataclass(frozen=True, slots=True)
class _Clip:
    """Where a clip stands in the sequence of annotations, and which descriptions it has."""

    name: str
    place: int
    kinds: tuple[str, ...]


def _clips(annotations: Sequence[Annotation]) -> list[_Clip]:
    """All clips by name, once each of them is known to have its place in MERR."""
    found: dict[str, _Clip] = {}
    labels: Counter[str] = Counter()
    for place, one in enumerate(annotations):
        if one.id in found:
            raise ConfigError(f"The id {one.id!r} stands twice: ids tell clips apart.")
        if not one.id.isprintable() or one.id.split() != [one.id]:
            raise ConfigError(
                f"MERR has no place for the id {one.id!r}: blanks part its columns, and names have "
                "none. Rename the clip."
            )
        texts = {"coarse": one.coarse, "fine": one.fine}
        found[one.id] = _Clip(one.id, place, tuple(k for k, text in texts.items() if _told(text)))
        labels[_label(one)] += 1
    _refuse(labels, [clip.name for clip in found.values() if not clip.kinds])
    return [found[name] for name in sorted(found)]


def _refuse(labels: Counter[str], undescribed: Sequence[str]) -> None:
    other = {label: times for label, times in labels.items() if label not in MER9.labels}
    if other:
        told = ", ".join(f"{label or 'none'} ({times} clips)" for label, times in other.items())
        raise ConfigError(
            f"MERR has no place for these labels: {told}. It has {', '.join(MER9.labels)}: "
            "annotate with the label space mer9, or leave 'merr' out of the formats."
        )
    if undescribed:
        raise ConfigError(
            f"MERR has no place for clips without description: {len(undescribed)} have none, such "
            f"as {undescribed[0]!r}. Leave them out, or leave 'merr' out of the formats."
        )


def _told(text: str | Missing) -> bool:
    return not isinstance(text, Missing) and bool(text.strip())


def _label(annotation: Annotation) -> str:
    return "" if isinstance(annotation.label, Missing) else annotation.label


def _entry(annotation: Annotation, kind: str) -> str:
    """A clip's name and entry as they stand in the object of a .json."""
    entry = merr_entry.written(annotation)
    if kind == "coarse":
        entry["caption"] = annotation.coarse
    else:
        entry["smp_reason_caption"] = annotation.fine
        entry["text"] = _words(annotation)
    name, content = (json.dumps(part, ensure_ascii=False) for part in (annotation.id, entry))
    return f"{name}: {content}"


def _words(annotation: Annotation) -> str:
    return "" if isinstance(annotation.subtitle, Missing) else annotation.subtitle


def _object(entries: Iterable[str]) -> Iterator[bytes]:
    comma = "{\n"
    for entry in entries:
        yield (comma + entry).encode(errors="backslashreplace")  # the escape is one of JSON's
        comma = ",\n"
    yield b"\n}\n"


def _csv(annotations: Iterable[Annotation]) -> Iterator[bytes]:
    header = [("name", "sentence")]
    for cells in chain(header, ((one.id, _words(one)) for one in annotations)):
        row = io.StringIO(newline="")
        csv.writer(row).writerow(cells)
        yield row.getvalue().encode(errors="backslashreplace")
