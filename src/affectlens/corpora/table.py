"""`Table`: rows of CSV, TSV, JSON, JSON-lines or Excel files; faults are told by row and column."""

import csv
import difflib
import io
import itertools
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from affectlens.foundation.errors import InputError

_BYTES = re.compile("[\udc80-\udcff]")
_MOST = 1e50  # of numbers: products of four of them are numbers, too
_SHOWN = 40  # letters of a cell that an error tells
# What openpyxl raises for a file that is no workbook, or a damaged one.
_NO_WORKBOOK = (
    BadZipFile, ParseError, zlib.error, AttributeError, EOFError, LookupError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip

Cell = Any  # text in CSV and TSV; what JSON or Excel has otherwise


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `number` counts as an editor does, from 1, a header included."""

    path: Path
    number: int
    cells: Mapping[str, Cell]

    def place(self, column: str | None = None) -> str:
        """Where it is, for people."""
        where = f"{self.path.name}, row {self.number}"
        return where if column is None else f"{where}, column {column!r}"

    def text(self, column: str) -> str:
        """A cell as text without blanks around it; an absent, null or NaN cell is empty."""
        value = self.cells.get(column)
        if value is None or value != value:  # NaN is not itself
            return ""
        return str(value).strip()

    def number_in(self, column: str) -> float:
        """A cell as a number.

        Raises:
            InputError: it is none, or one that is too large to be a measurement.
        """
        text = self.text(column)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) <= _MOST:  # NaN is not either
            shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            raise InputError(f"{self.place(column)}: wanted a number, found {shown!r}.")
        return value


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows under its columns."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, *names: str) -> str:
        """The first of these columns that is there: data sets disagree on how to call it.

        Raises:
            InputError: none is; tells which there are.
        """
        found = self.find(*names)
        if found is None:
            raise InputError(
                f"{self.path.name} has no column {' or '.join(map(repr, names))}."
                f"{self._hint(names[0])} It has: {', '.join(map(repr, self.columns))}."
            )
        return found

    def find(self, *names: str) -> str | None:
        """The first of these columns that is there, in any case, or None."""
        by_name = {name.strip().lower(): name for name in reversed(self.columns)}
        return next((by_name[name.lower()] for name in names if name.lower() in by_name), None)

    def _hint(self, name: str) -> str:
        """What may be wrong where a column is not there."""
        if len(self.columns) == 1 and (other := re.search(r"[;\t|]", self.columns[0])):
            return (
                f" Its columns seem to be separated by {other[0]!r}: separate them by commas, or "
                "by tabs in a .tsv file."
            )
        near = difflib.get_close_matches(name, self.columns, n=1)
        return f" Did you mean {near[0]!r}?" if near else ""

    def by(self, column: str) -> dict[str, Row]:
        """Rows by a column whose texts are their names.

        Raises:
            InputError: a name stands twice, or is empty; tells the rows.
        """
        found: dict[str, Row] = {}
        for row in self.rows:
            name = row.text(column)
            if not name:
                raise InputError(f"{row.place(column)} is empty: each row wants a name of its own.")
            if name in found:
                raise InputError(
                    f"{row.place(column)}: {name!r} stands in row {found[name].number} already. "
                    "Each name may stand once; remove one of the rows."
                )
            found[name] = row
        return found


def read(path: Path, *, sheet: str | None = None) -> Table:
    """Read a table by its suffix: .csv, .tsv, .json, .jsonl, .xlsx; anything else as CSV.

    Text is UTF-8, with or without a byte-order mark. A .json file is a list of objects, or an
    object of objects whose keys become the column "name".

    Raises:
        InputError: it is not there, empty, not UTF-8, or a row does not fit its header.
    """
    if not path.is_file():
        there = f"{path} is no file, but a folder or a device: give a file."
        raise InputError(there if path.exists() else f"There is no file {path}.")
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return _excel(path, sheet)
    raw = path.read_bytes()
    if suffix in (".json", ".jsonl", ".ndjson"):
        return _json(path, utf8(path, raw), lines=suffix != ".json")
    return _delimited(path, raw, "\t" if suffix in (".tsv", ".tab") else ",")


def _delimited(path: Path, raw: bytes, comma: str) -> Table:
    if b"\0" in raw.partition(b"\n")[0]:
        raise InputError(
            f"{path.name}, row 1 holds zero bytes: it is UTF-16, or no text. "
            "Save the file as UTF-8 text."
        )
    # Bytes that are no UTF-8 become lone surrogates, so that their row and column can be told.
    text = raw.decode("utf-8-sig", "surrogateescape")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        start = 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path.name}, row {start} is not CSV: {_of_csv(error)}.") from None
    if not rows:
        raise InputError(f"{path.name} is empty: wanted a header and rows under it.")
    header = tuple(cell.strip() for cell in rows[0][1])
    _check_header(path, header)
    made = [_fit(path, number, header, cells) for number, cells in rows[1:]]
    return _made(path, header, made)


def _of_csv(error: csv.Error) -> str:
    """What is wrong, in the words of people."""
    if "field larger" in str(error):
        return f"a cell has more than {csv.field_size_limit()} letters, or a quote is left open"
    return "a quote is left open" if "unexpected end" in str(error) else str(error)


def _check_header(path: Path, header: Sequence[str]) -> None:
    if twice := sorted(name for name, count in Counter(header).items() if name and count > 1):
        raise InputError(f"{path.name} has columns twice: {', '.join(twice)}.")
    if any(map(_has_bytes, header)):
        raise _no_utf8(f"{path.name}, row 1")


def _fit(path: Path, number: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    row = Row(path, number, dict(zip(header, cells, strict=False)))
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        raise InputError(
            f"{row.place()} has {len(cells)} cells under {len(header)} columns. "
            "A text with a comma wants quotes around it."
        )
    if len(cells) < len(header):
        raise InputError(f"{row.place()} has {len(cells)} cells under {len(header)} columns.")
    for name, cell in row.cells.items():
        if _has_bytes(cell):
            raise _no_utf8(row.place(name))
    return row


def _has_bytes(text: str) -> bool:
    """Whether a text holds bytes that are no UTF-8."""
    return not text.isascii() and _BYTES.search(text) is not None


def _no_utf8(place: str) -> InputError:
    return InputError(f"{place} is not UTF-8. Save the file as UTF-8 text.")


def utf8(path: Path, raw: bytes) -> str:
    """The text of a file's bytes.

    Raises:
        InputError: they are no UTF-8; tells the row.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1  # behind a byte-order mark
        raise _no_utf8(f"{path.name}, row {row}") from None


def _json(path: Path, text: str, *, lines: bool) -> Table:
    if not text.strip():
        raise InputError(f"{path.name} is empty: wanted {'JSON lines' if lines else 'JSON'}.")
    numbered = (
        [(n, _parse(path, n, line)) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
        if lines
        else list(enumerate(_listed(path, _parse(path, None, text)), 1))
    )
    rows = []
    for number, cells in numbered:
        if not isinstance(cells, dict):
            raise InputError(f"{path.name}, row {number}: wanted a JSON object.")
        rows.append(Row(path, number, cells))
    header = tuple(dict.fromkeys(name for row in rows for name in row.cells))
    return _made(path, header, rows)


def _parse(path: Path, row: int | None, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        where = path.name if row is None else f"{path.name}, row {row}"
        raise InputError(f"{where} is not JSON: {error}.") from None


def _listed(path: Path, data: Any) -> list[Any]:
    if isinstance(data, list):
        return data
    if isinstance(data, dict) and all(isinstance(value, dict) for value in data.values()):
        return [{"name": name, **value} for name, value in data.items()]
    raise InputError(f"{path.name}: wanted a list of objects, or an object of objects by name.")


def _excel(path: Path, sheet: str | None) -> Table:
    try:
        filled = _filled(path, sheet)
    except _NO_WORKBOOK as error:
        raise InputError(f"{path.name} is no Excel workbook, or damaged: {error}.") from None
    if not filled:
        raise InputError(f"{path.name} is empty: wanted a header and rows under it.")
    header = tuple("" if cell is None else str(cell).strip() for cell in filled[0][1])
    _check_header(path, header)
    rows = [
        Row(path, number, dict(itertools.zip_longest(header, cells[: len(header)])))
        for number, cells in filled[1:]
    ]
    return _made(path, header, rows)


def _filled(path: Path, sheet: str | None) -> list[tuple[int, list[Cell]]]:
    """The numbers and cells of a sheet's rows that are not empty."""
    from openpyxl import load_workbook

    with closing(load_workbook(path, read_only=True, data_only=True)) as book:
        if sheet is not None and sheet not in book.sheetnames:
            raise InputError(f"{path.name} has no sheet {sheet!r}: {', '.join(book.sheetnames)}.")
        page = book[sheet] if sheet is not None else book.worksheets[0]
        page.reset_dimensions()  # what a file says of its size is often wrong
        rows = enumerate(page.iter_rows(values_only=True), 1)
        return [(number, list(cells)) for number, cells in rows if any(map(_filled_in, cells))]


def _filled_in(cell: Cell) -> bool:
    return cell is not None and bool(str(cell).strip())


def _made(path: Path, header: tuple[str, ...], rows: Sequence[Row]) -> Table:
    if not rows:
        raise InputError(f"{path.name} has no rows under its header.")
    return Table(path, tuple(name for name in header if name), tuple(rows))
