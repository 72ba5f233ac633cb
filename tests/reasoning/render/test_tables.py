"""CSV, JSON and the page for the terminal."""

import csv
import io
import json

import pytest
from tests.reasoning.render.samples import SAMPLES, hostile, nobody, sound_only, still, two_people

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.document import to_json
from affectlens.reasoning.render import csv as csv_format
from affectlens.reasoning.render import json as json_format
from affectlens.reasoning.render import jsonl, table


def rows_of(analysis: Analysis) -> list[dict[str, str]]:
    """The rows, read back."""
    return list(csv.DictReader(io.StringIO(csv_format.render(analysis), newline=""), strict=True))


def test_csv_has_a_row_for_each_person_and_segment_with_its_numbers() -> None:
    rows = rows_of(two_people())
    assert [(row["person"], row["start_s"], row["label"]) for row in rows] == [
        ("P1", "0.000", "happy"),
        ("P1", "2.000", ""),
        ("P1", "4.000", "surprise"),
        ("P2", "0.000", ""),
        ("P2", "3.000", ""),
    ]
    assert rows[0]["p_happy"] == "0.8200"
    assert rows[1]["note"] == "abstained"
    assert sum(float(value) for key, value in rows[0].items() if key.startswith("p_")) == (
        pytest.approx(1.0, abs=1e-3)
    )


def test_csv_action_units_are_means_over_the_segment_and_empty_where_not_measured() -> None:
    analysis = two_people()
    person = analysis.people[0]
    unit = person.action_units["AU12"]
    assert person.track is not None
    assert not isinstance(unit, str)
    inside = [v for t, v in zip(person.track.times_s, unit.series, strict=True) if 4.0 <= t <= 6.0]
    rows = rows_of(analysis)
    assert float(rows[2]["AU12_mean"]) == pytest.approx(sum(inside) / len(inside), abs=1e-4)
    assert rows[2]["AU09_mean"] == ""
    assert rows_of(sound_only())[0]["AU12_mean"] == ""


def test_csv_cells_of_others_are_never_formulas_and_stay_in_one_row() -> None:
    rows = rows_of(hostile())
    assert len(rows) == 5
    assert {row["file"][:5] for row in rows} == {"'=1+1"}
    starts = {value[:1] for row in rows for value in row.values()}
    assert not starts & set("=+-@\t\r")


def test_csv_names_a_file_without_people_and_says_why() -> None:
    (row,) = rows_of(nobody())
    assert row["file"] == "clips/two people.mp4"
    assert row["person"] == ""
    assert "no face was found" in row["note"]


def test_csv_lines_end_as_the_standard_asks_and_columns_agree_between_files() -> None:
    heads = {csv_format.render(make()).split("\r\n")[0] for make in SAMPLES.values()}
    assert len(heads) == 1


@pytest.mark.parametrize("make", SAMPLES.values(), ids=SAMPLES.keys())
def test_json_and_jsonl_hold_the_published_document(make: object) -> None:
    assert callable(make)
    analysis = make()
    line = jsonl.render(analysis)
    assert json.loads(json_format.render(analysis)) == json.loads(line) == to_json(analysis)
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("width", [60, 80, 110])
@pytest.mark.parametrize("make", SAMPLES.values(), ids=SAMPLES.keys())
def test_the_page_fits_the_terminal(
    make: object, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(make)
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(map(len, table.render(make()).splitlines())) <= width


def test_the_page_says_who_what_why_and_what_is_missing() -> None:
    page = " ".join(table.render(two_people()).split())
    for phrase in (
        "P1 expresses happy",
        "P2 shows no clear expression",
        "lip corners pulled up (AU12)",
        "I really got it!",
        "the mesh cannot see a wrinkled nose",
        "The face suggests happy, the words suggest sad.",
        "not inner states",
    ):
        assert phrase in page


def test_the_page_says_plainly_that_nobody_was_found() -> None:
    page = table.render(nobody())
    assert "Nobody" in page
    assert "no face was found" in page


def test_a_still_image_has_no_seconds() -> None:
    assert "still image" in table.render(still())
    assert "0.0–0.0" not in table.render(still())


def test_the_page_has_no_colours_in_a_pipe_and_none_with_no_color(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "\x1b" not in table.render(hostile())
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "32m" in table.render(two_people())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "32m" not in table.render(two_people())


def test_json_has_a_list_of_numbers_in_one_line() -> None:
    lines = json_format.render(two_people()).splitlines()
    assert any(line.strip().startswith('"series": [') and line.count(",") > 20 for line in lines)
