"""Truths and predictions from files of any tool, and the two put together.

CSV, TSV, JSON, JSON lines (also our own records) and Excel, by the columns that the field's tools
write; and AffectGPT's .npz results, which are read without unpickling.
"""

import difflib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from affectlens.corpora import plain, table
from affectlens.corpora.corpus import UNTOLD, Sample
from affectlens.corpora.leftover import without_prompt
from affectlens.corpora.table import Row, Table
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation import outcome
from affectlens.evaluation.outcome import NOT_GIVEN, Outcome, Prediction
from affectlens.evaluation.swapped import refuse_swapped
from affectlens.evaluation.wheel import lists
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

ID = ("name", "names", "id")
_SAID = "pred_reasons"  # beside it, AffectGPT writes the truth's emotion, subtitle and reason

# By field the columns that hold it, the best first.
_BOTH: dict[str, tuple[str, ...]] = {
    "label": ("label", "discrete", "emotion", "emo", "emotions", "preference"),
    "labels": ("labels", "openset"),
    "valence": ("valence", "val"),
    "arousal": ("arousal", "aro"),
}
_TRUTH = _BOTH | {
    "subtitle": ("subtitle", "subtitles", "sentence", "english", "text", "transcript"),
    "description": ("description", "reason", "reasons", "explanation", "chi_reasons"),
    "speaker": ("speaker",),
    "split": ("split",),
}
_PREDICTION = _BOTH | {
    "label": (*_BOTH["label"], "sentiment", "prediction", "pred"),
    "answer": (_SAID, "answer", "text", "reply", "response", "output"),
    "explanation": (_SAID, "explanation", "reason", "reasons", "chi_reasons", "description"),
    "probabilities": ("probabilities",),
}
_NOBODY = -10.0  # how the label files of MERBench say that nobody rated a clip


def read_truths(
    path: Path, *, reads: Collection[str] = (), space: LabelSpace | None = None
) -> list[Sample]:
    """What people said of each clip, in the order of the file.

    `reads` are the fields of `Sample` that must be there; where it has "description", a column
    "english" is that (EMER v2), else it is what is said. Columns that are no field go to `columns`.

    Raises:
        InputError: it cannot be read, lacks a column or a cell of `reads`, has a name twice, or a
            label outside the space; tells the row and the column.
    """
    known = dict(_TRUTH)
    if "description" in reads:
        known["description"] = (*known["description"], "english")
        known["subtitle"] = tuple(name for name in known["subtitle"] if name != "english")
    found = table.read(path)
    columns = _columns(found, known) | {name: found.column(*known[name]) for name in reads}
    rows = _by_name(found, columns, space)
    taken = {*columns.values(), found.column(*ID)}
    rest = [name for name in found.columns if name not in taken]
    samples = []
    for name, row in rows.items():
        for field in reads:
            _refuse_empty(row, field, columns[field])
        if space is not None and "label" in columns:
            _refuse_unknown(row, columns["label"], space)
        others = {column: row.text(column) for column in rest}
        fields = _fields(row, columns, UNTOLD)
        samples.append(Sample(id=name, columns=others, place=row.place(), **fields))
    return samples


def read_predictions(path: Path, *, space: LabelSpace | None = None) -> list[Prediction]:
    """What was predicted of each clip, in the order of the file.

    An empty cell is nothing given; an empty list of labels is a list. The space only serves to
    tell that columns are swapped: a model may say what it wants.

    Raises:
        InputError: it cannot be read, holds nothing that was predicted, or has a name twice.
    """
    found = _npz(path) if path.suffix.lower() == ".npz" else table.read(path)
    columns = _columns(found, _PREDICTION)
    if _SAID in found.columns:
        columns = {field: name for field, name in columns.items() if name == _SAID}
    rows = _by_name(found, columns, space)
    records = [row.cells.get("schema") == outcome.SCHEMA for row in found]
    if not columns and not any(records):
        wanted = dict.fromkeys(name for names in _PREDICTION.values() for name in names)
        raise InputError(
            f"{path.name} has no column of predictions: wanted one of {', '.join(wanted)}; it "
            f"has: {', '.join(map(repr, found.columns))}."
        )
    return [
        _record(row) if ours else Prediction(id=name, **_fields(row, columns, NOT_GIVEN))
        for (name, row), ours in zip(rows.items(), records, strict=True)
    ]


def match(
    truths: Sequence[Sample], predictions: Sequence[Prediction], *, more: bool = False
) -> list[Outcome]:
    """Each truth with its prediction, in the order of the truths.

    Args:
        truths: What is scored.
        predictions: One for each, in any order.
        more: Predictions of other clips are passed over, as those of a challenge's whole pool.

    Raises:
        InputError: a truth has no prediction, a prediction no truth, or there are two of one.
    """
    by_id: dict[str, Prediction] = {}
    for number, prediction in enumerate(predictions, 1):
        if prediction.id in by_id:
            raise InputError(f"Prediction {number}: {prediction.id!r} was predicted already.")
        by_id[prediction.id] = prediction
    lacking = [sample for sample in truths if sample.id not in by_id]
    wanted = {sample.id for sample in truths}
    surplus = [(i, p.id) for i, p in enumerate(predictions, 1) if p.id not in wanted]
    if lacking:
        first = lacking[0]
        other = f" There is one of {surplus[0][1]!r}, which is no truth." if surplus else ""
        raise InputError(
            f"{len(lacking)} of {len(truths)} samples have no prediction, the first is "
            f"{first.id!r}{f' ({first.place})' if first.place else ''}.{other} Give each a row; "
            "an empty one is a refusal."
        )
    if surplus and not more:
        number, name = surplus[0]
        raise InputError(
            f"{len(surplus)} of {len(predictions)} predictions are of no sample that has a truth, "
            f"the first is prediction {number}, {name!r}. Remove them."
        )
    return [Outcome(sample, by_id[sample.id]) for sample in truths]


def _columns(found: Table, known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """By field, the column that holds it."""
    columns = {field: found.find(*names) for field, names in known.items()}
    return {field: column for field, column in columns.items() if column is not None}


def _by_name(found: Table, columns: Mapping[str, str], space: LabelSpace | None) -> dict[str, Row]:
    names = found.column(*ID)
    refuse_swapped(found, names, columns, space)
    return found.by(names)


def _refuse_empty(row: Row, field: str, column: str) -> None:
    if field != "labels" and not row.text(column):  # a clip without any emotion has no labels
        raise InputError(f"{row.place(column)} is empty: wanted a {field}.")


def _refuse_unknown(row: Row, column: str, space: LabelSpace) -> None:
    text = row.text(column)
    if text and space.find(text) is None:
        near = difflib.get_close_matches(text.lower(), space.labels, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"{row.place(column)}: {text!r} is no label of {space.name}.{hint} It has: "
            f"{', '.join(space.labels)}."
        )


def _fields(row: Row, columns: Mapping[str, str], absent: Missing) -> dict[str, Any]:
    """The cells of a row by field; `absent` stands for an empty one."""
    return {
        field: _READ.get(field, _text)(row, column, absent) for field, column in columns.items()
    }


def _text(row: Row, column: str, absent: Missing) -> str | Missing:
    return row.text(column) or absent


def _labels(row: Row, column: str, absent: Missing) -> tuple[str, ...] | Missing:
    cell = row.cells.get(column)
    # Of a truth, an empty cell says that there is no emotion.
    if absent is NOT_GIVEN and isinstance(cell, str | float | None) and not row.text(column):
        return absent
    return tuple(str(label) for label in lists.parse(cell))


def _description(row: Row, column: str, absent: Missing) -> str | Missing:
    return without_prompt(row.text(column))[0] or absent


def _number(row: Row, column: str, absent: Missing) -> float | Missing:
    if not row.text(column):
        return absent
    value = row.number_in(column)
    return Missing(f"{_NOBODY:g} stands for no rating") if value == _NOBODY else value


def _shares(row: Row, column: str, absent: Missing) -> dict[str, float] | Missing:
    cell = row.cells.get(column)
    if cell is None or cell == "":
        return absent
    try:
        found = json.loads(cell) if isinstance(cell, str) else cell
        return {str(label): float(share) for label, share in found.items()}
    except (ValueError, TypeError, AttributeError):
        raise InputError(
            f"{row.place(column)}: wanted a JSON object of labels and their probabilities."
        ) from None


_READ: Mapping[str, Callable[[Row, str, Missing], Any]] = {
    "labels": _labels,
    "description": _description,
    "valence": _number,
    "arousal": _number,
    "probabilities": _shares,
}


def _record(row: Row) -> Prediction:
    try:
        return outcome.from_json(row.cells)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{row.place()} is no whole record of {outcome.SCHEMA!r}: {error!r}."
        ) from None


def _npz(path: Path) -> Table:
    """AffectGPT's results as a table: `name2reason`, `whole_results`, or lists of items."""
    arrays = plain.read_npz(path)
    try:
        cells = _items(path, arrays)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"{path.name}: {', '.join(arrays)} do not hold what AffectGPT writes: {error!r}."
        ) from None
    rows = tuple(Row(path, number, row) for number, row in enumerate(cells, 1))
    if not rows:
        raise InputError(f"{path.name} is empty: it has no prediction.")
    return Table(path, tuple(rows[0].cells), rows)


def _items(path: Path, arrays: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "name2reason" in arrays:
        return [{"name": name, _SAID: text} for name, text in arrays["name2reason"].items()]
    if "whole_results" in arrays:
        whole = arrays["whole_results"].items()
        return [{"name": name, _SAID: said[_SAID]} for name, said in whole]
    if {"filenames", "fileitems"} <= arrays.keys():
        return [
            {"name": name, "answer": str(item), "openset": item}
            for name, item in _paired(path, arrays["filenames"], arrays["fileitems"])
        ]
    raise InputError(
        f"{path.name}: wanted name2reason, whole_results, or filenames and fileitems; it has: "
        f"{', '.join(arrays)}."
    )


def _paired(path: Path, names: Any, items: Any) -> list[tuple[Any, Any]]:
    if len(names) != len(items):
        raise InputError(f"{path.name} has {len(names)} filenames but {len(items)} fileitems.")
    return list(zip(names, items, strict=True))
