"""A table of any tool is read whole, whatever it says of its size; faults are told by row."""

import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from affectlens.corpora import table
from affectlens.foundation.errors import InputError


def _workbook(path: Path, size: str) -> None:
    """Two clips and a stray blank cell far below; the sheet says that it is of another size."""
    book = Workbook()
    for row in (["id", "label"], ["a", "happy"], ["b", "sad"]):
        book.active.append(row)
    book.active.cell(70_000, 200).value = " "
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = re.sub(
        rb'<dimension ref="[^"]*"', f'<dimension ref="{size}"'.encode(), parts[name]
    )
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


@pytest.mark.parametrize("size", ["A1", "A1:B2", "A1:XFD1048576"])
def test_a_workbook_is_read_whole_whatever_it_says_of_its_size(tmp_path: Path, size: str) -> None:
    path = tmp_path / "t.xlsx"
    _workbook(path, size)
    found = table.read(path)
    assert found.columns == ("id", "label")
    assert [(row.number, row.text("id"), row.text("label")) for row in found] == [
        (2, "a", "happy"),
        (3, "b", "sad"),
    ]


def test_a_row_of_a_workbook_may_end_early(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["id", "label"], ["a", None], ["b", "sad"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    assert [row.text("label") for row in table.read(tmp_path / "t.xlsx")] == ["", "sad"]


@pytest.mark.parametrize(("number", "wanted"), [("1e50", 1e50), ("-1e50", -1e50), (" 0 ", 0.0)])
def test_a_number_may_be_as_large_as_can_be_reckoned_with(
    tmp_path: Path, number: str, wanted: float
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"x\n{number}\n")
    assert table.read(path).rows[0].number_in("x") == wanted


def test_a_larger_one_is_refused_in_few_letters(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"x\n{'9' * 1000}\n")
    with pytest.raises(InputError, match=r"row 2, column 'x': wanted a number, found '9{40}…'"):
        table.read(path).rows[0].number_in("x")
