"""What MERR's JSON says of one clip, and the lines of its .txt (specs/emotion-llama.md §4.1–4.2).

`audio_prior_list` is a string despite its name, and `peak_index` a number in a string.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.by_rule.face import plain
from affectlens.annotation.imported import NOT_TOLD
from affectlens.clues.phrasebook import phrasebook
from affectlens.clues.tables import phrases
from affectlens.corpora import folder
from affectlens.corpora.table import Row, read
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

LISTS = ("AU_list", "visual_prior_list", "peak_AU_list")
TEXTS = (
    "audio_prior_list", "peak_index", "pseu_emotion", "caption", "smp_reason_caption",
    "reason_caption", "text",
)  # fmt: skip

_COMMA = ", "  # between phrases of a face
_COLUMN = "; "  # between units in a column of `Source`
_FRAME_ONLY = Missing("the import tells its frame and units, not its time; see the columns")
# MERR's valences are of -5 to 5, as MER2023's; -10 stands where there is none.
_SCALE = 5
_NO_VALENCE = "-10"
_NO_FRAMES = "-1"
_VALENCE = "valence"


def written(annotation: Annotation) -> dict[str, Any]:
    """The fields that coarse and fine entries share."""
    face, tone, units = annotation.face, annotation.tone, annotation.units
    index, active = _peak(annotation)
    label = annotation.label
    return {
        "AU_list": [] if isinstance(units, Missing) else list(units),
        "visual_prior_list": [] if isinstance(face, Missing) else _phrases(face),
        "audio_prior_list": "" if isinstance(tone, Missing) else tone,
        "peak_index": index,
        "peak_AU_list": active,
        "pseu_emotion": "" if isinstance(label, Missing) else label,
    }


def line_of(annotation: Annotation) -> str:
    """`name frame_count label valence`; -1 and -10 stand for what is Missing."""
    frames, valence = annotation.source.frames, annotation.valence
    count = _NO_FRAMES if isinstance(frames, Missing) else str(frames)
    number = _NO_VALENCE if isinstance(valence, Missing) else _number(annotation, valence)
    return f"{annotation.id} {count} {annotation.label} {number}\n"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the .txt."""

    frames: int | Missing
    label: str
    valence: float | Missing
    columns: Mapping[str, str]  # its valence to the letter, where a number alone would not tell it
    place: str  # for people


def lines_of(path: Path) -> dict[str, Line]:
    """The lines of a .txt by the names of clips; three columns do.

    Raises:
        InputError: it is not UTF-8, a line is of another form, or a name stands twice.
    """
    found: dict[str, Line] = {}
    for number, text in enumerate(folder.lines(path), 1):
        cells = text.split()
        if not cells:
            continue
        place = f"{path.name}, row {number}"
        if len(cells) not in (3, 4):
            raise InputError(f"{place}: wanted 'name frames label [valence]', found {text[:80]!r}.")
        if cells[0] in found:
            raise InputError(f"{place}: {cells[0]!r} stands twice. Remove one of the lines.")
        frames, told = _frames(cells[1], place), (*cells, _NO_VALENCE)[3]
        valence = _valence(told, place)
        exact = isinstance(valence, Missing) or _scaled(valence) == told
        columns = {} if exact else {_VALENCE: told}
        found[cells[0]] = Line(frames, cells[2], valence, columns, place)
    return found


def entries_of(path: Path) -> dict[str, Row]:
    """The entries of a .json by the names of clips.

    Raises:
        InputError: it is no JSON of objects, or none of them has a field of MERR.
    """
    table = read(path)
    if not {*LISTS, *TEXTS} & {*table.columns}:
        raise InputError(
            f"{path.name} has no field of MERR: wanted one of {', '.join((*LISTS, *TEXTS))}."
        )
    return table.by(table.column("name"))


def fields_of(row: Row) -> tuple[dict[str, Any], dict[str, str]]:
    """What an entry tells: fields of `Annotation`, and columns of its source.

    Raises:
        InputError: a field is not of its type.
    """
    lists = {name: _list(row, name) for name in LISTS}
    texts = {name: _text(row, name) for name in TEXTS}
    faces = lists["visual_prior_list"]
    peak = {"peak_index": texts["peak_index"], "peak_AU_list": _COLUMN.join(lists["peak_AU_list"])}
    columns = {name: text for name, text in {**_others(row), **peak}.items() if text}
    if texts["smp_reason_caption"] and texts["reason_caption"]:
        columns["reason_caption"] = texts["reason_caption"]
    told: Mapping[str, Any] = {
        "label": texts["pseu_emotion"],
        "face": _joined(faces),
        "tone": texts["audio_prior_list"],
        "subtitle": texts["text"],
        "coarse": texts["caption"],
        "fine": texts["smp_reason_caption"] or texts["reason_caption"],
    }
    fields = {name: text for name, text in told.items() if text}
    # An empty list says that no unit was there only where a face was: where there is a peak.
    if lists["AU_list"] or texts["peak_index"]:
        fields["units"] = tuple(lists["AU_list"])
    if any(peak.values()):
        fields["peak"] = _FRAME_ONLY
    return fields, columns


def _others(row: Row) -> dict[str, str]:
    """What others wrote beside MERR's fields, as text."""
    known = ("name", *LISTS, *TEXTS)
    own = {name: value for name, value in row.cells.items() if name not in known}
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in own.items()
        if value is not None
    }


@cache
def _known_phrases() -> frozenset[str]:
    """Those of the published table, and ours of what it leaves out."""
    own = plain(phrasebook().phrase("AU45"))
    return frozenset(one for some in phrases("merr").values() for one in some) | {
        own[0].upper() + own[1:]
    }


def _phrases(face: str) -> list[str]:
    """The phrases of a face; the mark at the end of a sentence of them is none of the last."""
    *others, last = face.split(_COMMA)
    bare = last.removesuffix(".")
    return [*others, bare if bare in _known_phrases() else last]


def _joined(faces: Sequence[str]) -> str:
    """Phrases as a sentence, "Eyes widened, Wide-mouthed."; other texts as they are."""
    told = _COMMA.join(faces)
    return f"{told}." if faces and faces[-1] in _known_phrases() else told


def _peak(annotation: Annotation) -> tuple[str, list[str]]:
    """Its frame and units; of an import they stand in the columns, for a peak has a time."""
    if not isinstance(annotation.peak, Missing):
        return str(annotation.peak.frame), list(annotation.peak.active)
    columns = annotation.source.columns
    active = columns.get("peak_AU_list", "")
    return columns.get("peak_index", ""), active.split(_COLUMN) if active else []


def _number(annotation: Annotation, valence: float) -> str:
    """The valence; as it was imported, to the letter, while it is still that one."""
    text = annotation.source.columns.get(_VALENCE, "")
    try:
        same = float(Decimal(text) / _SCALE) == valence
    except ArithmeticError:
        same = False
    return text if same else _scaled(valence)


def _scaled(valence: float) -> str:
    """A valence of -1 to 1 in MERR's terms, to the last digit."""
    return format((Decimal(repr(valence)) * _SCALE).normalize(), "f")


def _valence(text: str, place: str) -> float | Missing:
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise InputError(f"{place}: wanted a number as valence, found {text!r}.") from None
    if not number.is_finite() or number == Decimal(_NO_VALENCE):
        return NOT_TOLD
    return float(number / _SCALE)


def _frames(text: str, place: str) -> int | Missing:
    if text == _NO_FRAMES:
        return NOT_TOLD
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{place}: wanted a number of frames, found {text!r}.") from None


def _list(row: Row, name: str) -> list[str]:
    value = row.cells.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise InputError(f"{row.place(name)}: wanted a list of texts, found {str(value)[:60]!r}.")
    return value


def _text(row: Row, name: str) -> str:
    value = row.cells.get(name)
    if value is None:
        return ""
    if name == "peak_index" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise InputError(f"{row.place(name)}: wanted a text, found {str(value)[:60]!r}.")
    return value
