"""A manifest: any CSV, TSV, JSON-lines or Excel file that lists files and what people said of them.

`root` is that file. Columns: `path` (relative to the manifest), and as many as there are of `id`
(else the name of the file, without its suffix), `label`, `labels` (open vocabulary, with commas
between them), `valence`, `arousal`, `description`, `subtitle`, `speaker` and `split`. Any other
column becomes one of `Sample.columns`. At least one says what people said of the files. A row with
a subtitle and no path is words alone; it wants an `id`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import ALONE, UNTOLD, Corpus, Sample
from affectlens.corpora.fitting import fit, spelled
from affectlens.corpora.folder import absent_media, is_file, of_split
from affectlens.corpora.table import Row, Table, read
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import space
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

TITLE = "A manifest of your own"
SOURCE = "a CSV, TSV, JSON-lines or Excel file"
TERMS = "those of the files that it lists"

_SAID = ("label", "labels", "valence", "arousal", "description")
_FIELDS = ("id", "path", "subtitle", "speaker", "split", *_SAID)
_COMMA = re.compile(r"[,;|\n、，；]")
_AROUND = " \t\"'[]()“”‘’"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The label space by name or as labels with commas, and which rows."""

    space: str | None = None  # None: the smallest known one that has all the labels
    split: str | None = None  # None: every row

    def __post_init__(self) -> None:
        if self.space is not None:
            space(self.space)


def build(root: Path, config: Config) -> Corpus:
    """Read a manifest; media that are not there are Missing."""
    table = read(root)
    columns = {name: found for name in _FIELDS if (found := table.find(name))}
    if not {"id", "subtitle"} <= columns.keys():
        table.column("path")  # without it, rows are words alone
    table.column(*_SAID)
    rows = table.by(columns["id"]) if "id" in columns else _by_file(table, columns["path"])
    if {"id", "path"} <= columns.keys():
        _refuse_swapped(table, columns)
    used = _space(table, columns, config)
    samples = [_sample(id_, row, columns, used) for id_, row in rows.items()]
    if config.split is not None and "split" not in columns:
        raise ConfigError(
            f"Split {config.split!r} is asked for; {root.name} has no column 'split'."
        )
    chosen = of_split(samples, config.split)
    files = [sample for sample in chosen if sample.media != ALONE]
    return Corpus(name="manifest", samples=chosen, space=used, absent=absent_media(files))


def _by_file(table: Table, path: str) -> dict[str, Row]:
    """Rows by the names of their files."""
    found: dict[str, Row] = {}
    for row in table:
        name = Path(_path(row, path)).stem
        if name in found:
            raise InputError(
                f"{row.place(path)}: a file called {name!r} stands in row {found[name].number} "
                "already. Add a column 'id' that tells them apart."
            )
        found[name] = row
    return found


def _refuse_swapped(table: Table, columns: Mapping[str, str]) -> None:
    """Nobody means a manifest whose paths lead nowhere while its ids are files."""
    row, folder = table.rows[0], table.path.parent
    if any(is_file(folder / other.text(columns["path"])) for other in table):
        return
    if is_file(folder / row.text(columns["id"])):
        raise InputError(
            f"{row.place(columns['path'])}: there is no file {row.text(columns['path'])!r}, but "
            f"column {columns['id']!r} has one, {row.text(columns['id'])!r}: the columns look "
            "swapped. Exchange their names."
        )


def _space(table: Table, columns: Mapping[str, str], config: Config) -> LabelSpace | None:
    """The space that was asked for, or else that of the labels."""
    if "label" not in columns or config.space is not None:
        return None if config.space is None else space(config.space)
    places: dict[str, str] = {}
    for row in table:
        if word := row.text(columns["label"]):
            places.setdefault(word, row.place(columns["label"]))
    return fit(places) if places else None


def _sample(id_: str, row: Row, columns: Mapping[str, str], used: LabelSpace | None) -> Sample:
    told = {name: row.text(column) for name, column in columns.items()}
    empty = {name: Missing(f"{row.place(name)} is empty") for name in columns}

    def text(name: str) -> str | Missing:
        return told.get(name) or empty.get(name, UNTOLD)

    def number(name: str) -> float | Missing:
        return row.number_in(columns[name]) if told.get(name) else empty.get(name, UNTOLD)

    label = text("label")
    if used is not None and not isinstance(label, Missing):
        label = spelled(label, used, row.place(columns["label"]))
    words = _words(row.cells[columns["labels"]]) if told.get("labels") else ()
    return Sample(
        id=id_,
        media=_media(row, columns),
        label=label,
        labels=words or empty.get("labels", UNTOLD),
        valence=number("valence"),
        arousal=number("arousal"),
        subtitle=text("subtitle"),
        description=text("description"),
        speaker=text("speaker"),
        split=text("split"),
        columns={
            name: cell
            for name in row.cells
            if name and name not in columns.values() and (cell := row.text(name))
        },
        place=row.place(),
    )


def _media(row: Row, columns: Mapping[str, str]) -> Path | Missing:
    """The file, or that a row with words and no path is these words."""
    column = columns.get("path", "")
    if not row.text(column) and row.text(columns.get("subtitle", "")):
        return ALONE
    file = row.path.parent / _path(row, column or "path")
    return file if is_file(file) else Missing(f"there is no file {row.text(column)}")


def _path(row: Row, column: str) -> str:
    if not row.text(column):
        raise InputError(
            f"{row.place(column)} is empty: each row wants a file, or a subtitle and an id."
        )
    return row.text(column)


def _words(cell: object) -> tuple[str, ...]:
    """A list of words, as JSON has it or written with commas, brackets around it or not."""
    parts = cell if isinstance(cell, list) else _COMMA.split(str(cell))
    words = (str(part).strip(_AROUND) for part in parts)
    return tuple(dict.fromkeys(word for word in words if word))
