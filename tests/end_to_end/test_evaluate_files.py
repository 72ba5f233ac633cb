"""`affectlens evaluate score` on files of strangers: a fault is one line that tells its place."""

import csv
import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.end_to_end.evaluating import Shell, evaluate, refused, scoring

TRUTH = "id,label,sex\na,happy,f\nb,sad,m\nc,angry,f\nd,happy,m\n"
SAID = "id,label\na,happy\nb,sad\nc,sad\nd,happy\n"


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """What a command line says."""
    return capsys


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Truths and predictions of four clips."""
    truth, said = tmp_path / "t.csv", tmp_path / "p.csv"
    truth.write_text(TRUTH, "utf-8")
    said.write_text(SAID, "utf-8")
    return truth, said


TRUTHS: dict[str, tuple[str | bytes, str]] = {
    "label outside": (TRUTH.replace("angry", "wrathful"), "row 4, column 'label': 'wrathful'"),
    "id twice": (TRUTH.replace("\nb,", "\na,"), "row 3, column 'id': 'a' stands in row 2"),
    "id empty": (TRUTH.replace("\nb,", "\n,"), "row 3, column 'id' is empty"),
    "label empty": (TRUTH.replace("sad", ""), "row 3, column 'label' is empty"),
    "file empty": ("", "t.csv is empty"),
    "header only": ("id,label\n", "no rows"),
    "latin-1": (TRUTH.replace("sad", "s\xe4d").encode("latin-1"), "row 3, column 'label' is not"),
    "utf-16": (TRUTH.encode("utf-16"), "row 1 holds zero bytes: it is UTF-16"),
    "utf-16, no mark": (TRUTH.encode("utf-16-le"), "row 1 holds zero bytes: it is UTF-16"),
    "swapped": (TRUTH.replace("id,label", "label,id"), "row 2, column 'id'"),
    "semicolons": (TRUTH.replace(",", ";"), "separated by ';'"),
    "tabs": (TRUTH.replace(",", "\t"), "separated by '\\t'"),
    "open quote": (TRUTH.replace("b,sad", 'b,"sad'), "row 3 is not CSV: a quote is left open"),
    "broken quote": (TRUTH.replace("b,sad", 'b,"s"ad'), "row 3 is not CSV"),
    "huge cell": (TRUTH.replace("b,sad", "b," + "x" * 140_000), "row 3 is not CSV: a cell has"),
    "too few": (TRUTH.replace("b,sad,m", "b"), "row 3 has 1 cells under 3 columns"),
    "too many": (TRUTH.replace("b,sad,m", "b,sad,m,x"), "row 3 has 4 cells under 3 columns"),
    "one column": ("id\na\nb\n", "'label'"),
}


@pytest.mark.parametrize("name", TRUTHS)
def test_a_bad_truth_is_one_line_with_its_row_and_column(
    files: tuple[Path, Path], shell: Shell, name: str
) -> None:
    content, said = TRUTHS[name]
    files[0].write_bytes(content if isinstance(content, bytes) else content.encode())
    code, told = refused(shell, *scoring(*files))
    assert code == 4
    assert "t.csv" in told
    assert said in told, told


def test_harmless_differences_of_a_file_do_not_change_its_scores(
    files: tuple[Path, Path], shell: Shell
) -> None:
    _, wanted, _ = evaluate(shell, *scoring(*files, "--format", "json"))
    wide = ["id,label," + ",".join(map(str, range(20_000)))]
    wide += [f"{row[:-2]},{','.join('1' * 20_000)}" for row in TRUTH.splitlines()[1:]]
    for content in (
        TRUTH.replace("\n", "\r\n"),
        "\ufeff" + TRUTH,
        TRUTH.replace("sad", " SAD ").replace("\n", "\n\n"),
        "\n".join(wide),
    ):
        files[0].write_bytes(content.encode())
        assert evaluate(shell, *scoring(*files, "--format", "json"))[:2] == (0, wanted)


PREDICTIONS: dict[str, tuple[str, str | bytes, str]] = {
    "lacking": ("p.csv", SAID.replace("b,sad\n", ""), "'b' (t.csv, row 3)"),
    "too many": ("p.csv", SAID + "e,sad\n", "prediction 5, 'e'"),
    "twice": ("p.csv", SAID + "a,sad\n", "row 6, column 'id': 'a' stands in row 2"),
    "swapped": ("p.csv", SAID.replace("id,label", "label,id"), "row 2, column 'id'"),
    "no column": ("p.csv", SAID.replace("label", "foo"), "'foo'"),
    "broken line": ("p.jsonl", '{"id":"a","label":"sad"}\n{"id":\n', "row 2 is not JSON"),
    "no object": ("p.jsonl", '["a"]\n', "row 1: wanted a JSON object"),
    "no objects": ("p.json", '{"a": "happy"}', "an object of objects by name"),
    "deep": ("p.json", "[" * 100_000, "is not JSON"),
    "no workbook": ("p.xlsx", SAID, "no Excel workbook"),
    "no archive": ("p.npz", SAID, "no .npz file"),
    "no record": (
        "p.jsonl",
        '{"schema":"affectlens.prediction/1","id":"a","label":3}\n',
        "row 1 is no whole record",
    ),
}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_bad_predictions_are_one_line_with_their_row(
    files: tuple[Path, Path], shell: Shell, name: str
) -> None:
    file, content, said = PREDICTIONS[name]
    path = files[1].with_name(file)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    code, told = refused(shell, *scoring(files[0], path))
    assert (code, said in told) == (4, True), told


def test_files_that_are_none_are_refused_by_name(files: tuple[Path, Path], shell: Shell) -> None:
    folder = files[0].parent
    for truth, said in (
        (folder, "is no file, but a folder"),
        (folder / "nowhere.csv", "There is no file"),
    ):
        code, told = refused(shell, *scoring(truth, files[1]))
        assert (code, said in told) == (4, True), told
    code, told = refused(shell, "score", folder)
    assert (code, "no folder of a run" in told) == (4, True)
    damaged = folder / "damaged.xlsx"
    with zipfile.ZipFile(damaged, "w") as archive:
        archive.writestr("[Content_Types].xml", "<broken")
    code, told = refused(shell, *scoring(damaged, files[1]))
    assert (code, "damaged.xlsx is no Excel workbook" in told) == (4, True)
    np.savez(folder / "other.npz", name2reason=np.array([1, 2]))
    code, told = refused(shell, *scoring(files[0], folder / "other.npz"))
    assert (code, "name2reason" in told) == (4, True)


@pytest.mark.parametrize("number", ["nan", "inf", "1e400", "1e300", "high", "1,5", "9" * 500])
def test_what_is_no_number_is_told_in_both_files(tmp_path: Path, shell: Shell, number: str) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("id,valence\na,1\nb,-2\nc,0.5\n")
    bad.write_text(f'id,valence\na,1\nb,"{number}"\nc,0.5\n')
    for truth, said in ((good, bad), (bad, good)):
        command = ("score", "--truth", truth, "--predictions", said, "--metric", "regression")
        code, told = refused(shell, *command)
        assert (code, "bad.csv, row 3, column 'valence': wanted a number" in told) == (4, True)
        assert len(told) < 200


def test_per_sample_numbers_are_one_csv_whatever_the_ids(tmp_path: Path, shell: Shell) -> None:
    ids = ["a,b", 'q"uote', "new\nline", "<b>x</b>", "[red]x[/]", "|", "ö悲"]
    text = io.StringIO()
    csv.writer(text).writerows([["id", "label"], *([one, "happy"] for one in ids)])
    path = tmp_path / "x.csv"
    path.write_bytes(text.getvalue().encode())
    command = scoring(path, path, "--metric", "calibration", "--per-sample")
    code, out, err = evaluate(shell, *command)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [row["id"] for row in rows] == [*ids, *ids]
    assert [row["right"] for row in rows] == ["1.0"] * 7 + [""] * 7
    assert "weighted_f1" in err
    code, out, _ = evaluate(shell, *command, "--format", "json")
    assert [row["id"] for row in json.loads(out)["per_sample"]["classification/strict"]] == ids


def test_ten_thousand_predictions_are_scored_in_seconds_without_torch(tmp_path: Path) -> None:
    labels = ["neutral", "angry", "happy", "sad", "worried", "surprise"]
    truth, said = tmp_path / "t.csv", tmp_path / "p.jsonl"
    rows = [f"x{i},{labels[i * 7 % 6]}" for i in range(10_000)]
    truth.write_text("\n".join(["id,label", *rows]) + "\n")
    said.write_text(
        "".join(json.dumps({"id": f"x{i}", "label": labels[i % 6]}) + "\n" for i in range(10_000))
    )
    code = (
        "import sys; from affectlens.cli import app; code = app.run(sys.argv[1:]); "
        "sys.exit('torch' if 'torch' in sys.modules else code)"
    )
    start_s = time.monotonic()
    command = [sys.executable, "-c", code, "evaluate", *map(str, scoring(truth, said))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - start_s <= 10
