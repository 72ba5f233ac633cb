"""`affectlens evaluate` as a stranger meets it: what it writes, refuses, and survives."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from affectlens.cli import app

COMMAND = [sys.executable, "-m", "affectlens.cli.app", "evaluate"]
ENVIRONMENT = {**os.environ, "AFFECTLENS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
WRITTEN = ("metrics.json", "report.html", "report.md")
TRUTH = "id,label,sex\na,happy,f\nb,sad,m\nc,angry,f\nd,happy,m\n"
SAID = "id,label\na,happy\nb,sad\nc,sad\nd,happy\n"
Shell = pytest.CaptureFixture[str]


def evaluate(shell: Shell, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command line."""
    shell.readouterr()
    code = app.run(["evaluate", *map(str, arguments)])
    out, err = shell.readouterr()
    return code, out, err


def refused(shell: Shell, *arguments: object) -> tuple[int, str]:
    """Exit code and the one line that is said; nothing is on stdout."""
    code, out, err = evaluate(shell, *arguments)
    assert out == ""
    assert err.startswith("affectlens: ")
    assert err.count("\n") == 1, err
    return code, err


def texts(folder: Path, count: int, *, split: str = "dev") -> Path:
    """A manifest of spoken words as files, half of them glad; no model needs to be there."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["id,path,label,sex,split"]
    for number in range(count):
        label, words = (("happy", "I am so happy"), ("sad", "I am terribly sad"))[number % 2]
        (folder / f"{number}.txt").write_text(f"{words} today, {number}.", "utf-8")
        rows.append(f"s{number},{number}.txt,{label},{'fm'[number // 2 % 2]},{split}")
    path = folder / "m.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def predict(listed: Path, out: Path, *more: str) -> list[str]:
    return [*COMMAND, "run", "--manifest", str(listed), "-o", str(out), "--offline", *more]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a manifest, its run `r`, and the run `shy` that dares no label."""
    place = tmp_path_factory.mktemp("made")
    listed = texts(place, 8)
    for name, threshold in (("r", 0.35), ("shy", 0.95)):
        command = predict(listed, place / name, "--set", f"reasoning.threshold={threshold}")
        subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True)
    return place


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Truths and predictions of four clips."""
    truth, said = tmp_path / "t.csv", tmp_path / "p.csv"
    truth.write_text(TRUTH, "utf-8")
    said.write_text(SAID, "utf-8")
    return truth, said


def scoring(truth: Path, said: Path, *more: object) -> tuple[object, ...]:
    metric = ("--metric", "classification", "--labels", "mer6")
    return ("score", "--truth", truth, "--predictions", said, *metric, *more)


def test_a_run_is_scored_again_listed_compared_and_checked_alike(made: Path, shell: Shell) -> None:
    listed, run = made / "m.csv", made / "r"
    first = [(run / name).read_bytes() for name in WRITTEN]
    code, out, err = evaluate(shell, "run", "--manifest", listed, "-o", run, "--offline")
    assert (code, "0 predicted now, 8 before, 0 failed" in err) == (0, True)
    assert "weighted_f1" in out
    code, out, _ = evaluate(shell, "score", run, "--format", "json")
    assert code == 0
    assert json.loads(out)["scores"] == json.loads((run / "metrics.json").read_text())["scores"]
    assert [(run / name).read_bytes() for name in WRITTEN] == first
    code, out, _ = evaluate(shell, "compare", run, made / "shy", "--format", "json")
    assert code == 0
    assert json.loads(out)[0]["samples"] == 8
    code, out, _ = evaluate(shell, "ls", made, "--format", "json")
    assert (code, {row["run"] for row in json.loads(out)}) == (0, {str(run), str(made / "shy")})
    code, out, _ = evaluate(shell, "check", listed, "--format", "json")
    assert (code, json.loads(out)["samples"]) == (0, 8)


def test_another_pace_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    command = predict(made / "m.csv", tmp_path / "r", "--batch-size", "1", "--workers", "2")
    subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True)
    assert (tmp_path / "r/metrics.json").read_bytes() == (made / "r/metrics.json").read_bytes()


def test_a_run_is_scored_from_any_folder(
    made: Path, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "r"
    shutil.copytree(made / "r", run)
    monkeypatch.chdir(made)
    assert evaluate(shell, "run", "--manifest", "m.csv", "-o", run, "--offline")[0] == 0
    monkeypatch.chdir(tmp_path)
    assert evaluate(shell, "score", run)[0] == 0
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "root": str(tmp_path / "gone.csv")}))
    code, said = refused(shell, "score", run)
    assert (code, "gone.csv" in said, "Put the data back" in said) == (4, True, True)


def test_samples_that_fail_are_told_and_counted(tmp_path: Path, shell: Shell) -> None:
    listed = texts(tmp_path / "in", 2)
    (tmp_path / "in/1.mp4").touch()
    listed.write_text(listed.read_text().replace("1.txt", "1.mp4"))
    code, out, err = evaluate(
        shell, "run", "--manifest", listed, "-o", tmp_path / "r", "--format", "json", "--offline"
    )
    assert code == 3
    assert [(one["samples"], one["failed"]) for one in json.loads(out)["scores"]] == [(2, 1)] * 3
    assert "failed: 's1': 1.mp4" in err
    assert "1 of 2 samples failed" in err
    listed.write_text("id,path,label\nx,1.mp4,sad\ny,nowhere.mp4,happy\n")
    code, _, err = evaluate(shell, "run", "--manifest", listed, "-o", tmp_path / "s", "--offline")
    assert (code, "None of the samples could be predicted" in err) == (4, True)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--slice", "nope"], 2, "'nope'"),
        (["--cluster", "nope"], 2, "'nope'"),
        (["--metric", "regression"], 4, "m.csv, row 2 (s0) has no valence"),
        (["--metric", "clasification"], 2, "'classification'"),
        (["--metric", "classification", "--option", "space=sentiment3"], 4, "m.csv, row 2"),
        (["--option", "mode"], 2, "NAME=VALUE"),
        (["--labels", "joy,wrath"], 4, "m.csv, row 3, column 'label': 'sad'"),
        (["--labels", "dfew8"], 2, "dfew7"),
        (["--split", "test"], 2, "dev"),
        (["--data", "."], 2, "either --manifest"),
        (["--task", "dfew-1"], 2, "--data"),
        (["--task", "nope"], 2, "manifest"),
        (["--model", "rulez"], 2, "rules"),
        (["--served", "frames=4"], 2, "frames=4"),
        (["--judge", "nope", "--metric", "overlap"], 2, "nope"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_anything_is_predicted(
    made: Path, tmp_path: Path, shell: Shell, more: Sequence[str], code: int, said: str
) -> None:
    command = ("run", "--manifest", made / "m.csv", "-o", tmp_path / "r", "--offline", *more)
    found, told = refused(shell, *command)
    assert (found, said in told) == (code, True), told
    assert not (tmp_path / "r").exists()


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


def test_runs_that_do_not_compare_are_refused(made: Path, tmp_path: Path, shell: Shell) -> None:
    run = made / "r"
    assert refused(shell, "compare", run)[0] == 2
    code, said = refused(shell, "compare", run, made / "shy" / ".." / "r")
    assert (code, "given twice" in said) == (2, True)
    other = tmp_path / "other"
    shutil.copytree(run, other)
    config = json.loads((run / "config.json").read_text())
    labels = tmp_path / "labels.csv"
    labels.write_text((made / "m.csv").read_text().replace("0.txt,happy", "0.txt,sad"))
    for change, found in (({"limit": 4}, "4 samples"), ({"root": str(labels)}, "'s0' has label")):
        (other / "config.json").write_text(json.dumps({**config, **change}))
        for choice in ([], ["--select", "classification.uar"]):
            code, said = refused(shell, "compare", run, other, *choice)
            assert (code, found in said) == (4, True), said


def test_a_choice_on_test_data_is_refused_or_marked(
    made: Path, tmp_path: Path, shell: Shell
) -> None:
    pair = [tmp_path / name for name in ("r", "shy")]
    for run in pair:
        shutil.copytree(made / run.name, run)
    command = ("compare", *pair, "--select", "classification.uar")
    assert evaluate(shell, *command)[0] == 0  # on dev
    listed = tmp_path / "m.csv"
    for split in ("test", ""):
        listed.write_text((made / "m.csv").read_text().replace(",dev", f",{split}"))
        for run in pair:
            config = json.loads((run / "config.json").read_text())
            (run / "config.json").write_text(json.dumps({**config, "root": str(listed)}))
        code, said = refused(shell, *command)
        assert (code, "--on-test" in said) == (2, True)
        code, out, _ = evaluate(shell, *command, "--on-test", "--format", "json")
        assert (code, json.loads(out)["selected_on_test"]) == (0, True)


PREDICTED = '{"schema": "affectlens.prediction/1", "id": "s0", '
DAMAGE = {
    "garbage": ("predictions.jsonl", "xxx\n", "line 1 is not JSON"),
    "another schema": ("predictions.jsonl", '{"schema": "x/1"}\n', "line 1 is a record of 'x/1'"),
    "no id": ("predictions.jsonl", '{"schema": "affectlens.prediction/1"}\n', "line 1"),
    "no label": ("predictions.jsonl", PREDICTED + '"label": 3}\n', "line 1"),
    "no number": ("predictions.jsonl", PREDICTED + '"valence": NaN}\n', "line 1"),
    "no shares": ("predictions.jsonl", PREDICTED + '"probabilities": {"sad": "x"}}\n', "line 1"),
    "gone": ("predictions.jsonl", "", "8 of 8 samples have no prediction"),
    "torn": ("predictions.jsonl", PREDICTED, "8 of 8 samples have no prediction"),
    "deep": ("predictions.jsonl", "[" * 100_000 + "\n", "line 1 is not JSON"),
    "config": ("config.json", "[]", "config.json"),
    "config of another": ("config.json", '{"schema": "x/1"}', "'x/1'"),
    "half a config": ("config.json", '{"schema": "affectlens.run/1"}', "config.json is damaged"),
    "deep config": ("config.json", "[" * 100_000, "config.json"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_run_is_one_line(made: Path, tmp_path: Path, shell: Shell, name: str) -> None:
    run = tmp_path / "r"
    shutil.copytree(made / "r", run)
    file, content, said = DAMAGE[name]
    (run / file).write_text(content)
    for command in (("score", run), ("compare", run, made / "shy")):
        code, told = refused(shell, *command)
        assert (code, said in told) == (4, True), told
    assert "Traceback" not in evaluate(shell, "ls", tmp_path)[2]


def test_a_folder_of_other_samples_is_not_written_to(
    made: Path, tmp_path: Path, shell: Shell
) -> None:
    run = tmp_path / "r"
    shutil.copytree(made / "r", run)
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    listed = tmp_path / "m.csv"
    listed.write_text((made / "m.csv").read_text().replace("\ns", "\nother"))
    code, said = refused(shell, "run", "--manifest", listed, "-o", run, "--offline")
    assert (code, "other samples" in said) == (2, True)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)],
    ids=["kill", "end", "interrupt"],
)
def test_a_stopped_run_goes_on_to_the_same_bytes(
    made: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    run, kept = tmp_path / "r", tmp_path / "r" / "predictions.jsonl"
    command = predict(made / "m.csv", run, "--workers", "1")
    going = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until_s = time.monotonic() + 60
    while not kept.exists() or kept.read_bytes().count(b"\n") < 2:
        assert going.poll() is None
        assert time.monotonic() < until_s
        time.sleep(0.005)
    going.send_signal(number)
    assert going.wait(timeout=30) == code
    before = kept.read_bytes().rpartition(b"\n")[0]
    subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True)
    assert kept.read_bytes().startswith(before)
    ids = [json.loads(line)["id"] for line in kept.read_text("utf-8").splitlines()]
    assert sorted(ids) == sorted(f"s{i}" for i in range(8))
    for name in WRITTEN:
        assert (run / name).read_bytes() == (made / "r" / name).read_bytes()


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


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """What a command line says."""
    return capsys
