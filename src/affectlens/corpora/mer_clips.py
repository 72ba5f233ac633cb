"""What lies beside the labels of the MER challenges: media by clip, and subtitles by clip."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import Sample
from affectlens.corpora.folder import MEDIA, chosen
from affectlens.corpora.mer_labels import Labelled
from affectlens.corpora.table import Table, read
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

# A clip may lie in several of these; the first counts, and a video before its sound.
_FOLDERS = ("", "video*", "train*", "test*", "audio*")
_SUBTITLES = ("transcription*.csv", "subtitle*.csv")
_COLUMNS = {"en": ("english", "sentence_en"), "zh": ("chinese", "sentence_zh")}
_LANGUAGES = {"en": "English", "zh": "Chinese"}
_OF_ENGLISH = re.compile(r"[_-]eng?($|[_-])")  # transcription_en_all.csv, subtitle_eng.csv
_NO_TEXT = ("", "nan")  # "nan" is what is left of an empty cell that was read and saved as text


@dataclass(frozen=True, slots=True)
class Clips:
    """Media and subtitles of a folder, by the names of clips."""

    root: Path
    files: Mapping[str, Path]
    subtitles: Mapping[str, str]
    source: str  # the file of the subtitles, or ""
    language: str

    def media(self, name: str) -> Path | Missing:
        """The file of a clip."""
        return self.files.get(name) or Missing(
            f"there is no video/{name}.mp4, video/{name}.avi or audio/{name}.wav"
        )

    def subtitle(self, name: str) -> str | Missing:
        """What is said in a clip."""
        if text := self.subtitles.get(name):
            return text
        said = f"{self.source} has none of it" if self.source else "there is no file of subtitles"
        return Missing(f"no {_LANGUAGES[self.language]} subtitle: {said}")

    def absent_subtitles(self, samples: Sequence[Sample]) -> tuple[str, ...]:
        """A sentence that counts the samples without subtitle, when there are any."""
        gone = [sample for sample in samples if isinstance(sample.subtitle, Missing)]
        if not gone:
            return ()
        return (
            f"{len(gone)} of {len(samples)} samples have no subtitle, such as {gone[0].id!r}: "
            f"{gone[0].subtitle}. Put a transcription.csv (name, {_COLUMNS[self.language][0]}) "
            f"into {self.root.name}, or they are analyzed without.",
        )


def clips(root: Path, language: str) -> Clips:
    """What a folder has of clips; looked up once, so that a clip costs no search.

    Raises:
        InputError: there is no such folder, or its subtitles are damaged or name a clip twice.
    """
    if not root.is_dir():
        raise InputError(f"There is no folder {root}.")
    source, subtitles = _subtitles(root, language)
    return Clips(root, _files(root), subtitles, source, language)


def samples(labelled: Iterable[Labelled], beside: Clips, split: str) -> list[Sample]:
    """Labelled clips with what lies beside their labels."""
    return [
        Sample(
            id=one.name,
            media=beside.media(one.name),
            label=one.label,
            valence=one.valence,
            subtitle=beside.subtitle(one.name),
            split=split,
            columns={"frames": one.frames} if one.frames else {},
            place=one.place,
        )
        for one in labelled
    ]


def refuse_twice(found: Sequence[Sample]) -> None:
    """Refuse a clip that stands in two files of labels.

    Raises:
        InputError: one does; tells both places.
    """
    places: dict[str, str] = {}
    for sample in found:
        if sample.id in places:
            raise InputError(
                f"{sample.place}: {sample.id!r} stands in {places[sample.id]} already. "
                "A clip is of one split."
            )
        places[sample.id] = sample.place


def nothing(root: Path, what: str, wanted: str) -> InputError:
    """That a folder is not that of a corpus, with what is in it."""
    there = sorted(path.name for path in root.iterdir())
    has = ", ".join(there[:8]) + (" …" if len(there) > 8 else "") if there else "nothing"
    return InputError(
        f"{root} has no labels of {what}: wanted {wanted}; it has {has}. "
        "Give the folder that the data set was unpacked to."
    )


def check_language(language: str) -> None:
    """Refuse a language that no corpus has subtitles in.

    Raises:
        ConfigError: it is another than English and Chinese.
    """
    chosen("language", language, _LANGUAGES)


def _files(root: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for pattern in _FOLDERS:
        folders = sorted(root.glob(pattern)) if pattern else [root]
        for folder in folders:
            if folder.is_dir():
                for name, path in _media(folder):
                    found.setdefault(name, path)
    return found


def _media(folder: Path) -> Iterable[tuple[str, Path]]:
    """Names and files of one folder, not of those below it, videos first."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_file()]
    paths = [folder / name for name in names]
    known = [path for path in paths if path.suffix.lower() in MEDIA]
    known.sort(key=lambda path: (MEDIA.index(path.suffix.lower()), path.name))
    return [(path.stem, path) for path in known]


def _subtitles(root: Path, language: str) -> tuple[str, dict[str, str]]:
    """The first file that has subtitles in a language, and its texts."""
    for pattern in _SUBTITLES:
        for path in sorted(root.glob(pattern)):
            table = read(path)
            column = _column(table, language)
            if column is not None:
                rows = table.by(table.column("name", "names")).items()
                texts = ((name, row.text(column)) for name, row in rows)
                return path.name, {name: text for name, text in texts if text not in _NO_TEXT}
    return "", {}


def _column(table: Table, language: str) -> str | None:
    own = table.find(*_COLUMNS[language])
    is_english = _OF_ENGLISH.search(table.path.stem) is not None
    if own is None and is_english == (language == "en"):
        return table.find("sentence")
    return own
