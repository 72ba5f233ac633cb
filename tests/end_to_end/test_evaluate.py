"""`affectlens evaluate` as a stranger meets it: what it writes, refuses to mix, and survives."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.end_to_end.evaluating import ENVIRONMENT, Shell, evaluate, predict, refused, texts

WRITTEN = ("metrics.json", "report.html", "report.md")


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """What a command line says."""
    return capsys


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a manifest, its run `r`, and the run `shy` that dares no label."""
    place = tmp_path_factory.mktemp("made")
    listed = texts(place, 8)
    for name, threshold in (("r", 0.35), ("shy", 0.95)):
        command = predict(listed, place / name, "--set", f"reasoning.threshold={threshold}")
        subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True)
    return place


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
        (["--metric", "klassification"], 2, "'classification'"),
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
    rows = [f"other{i},{made / f'{i}.txt'},{('happy', 'sad')[i % 2]}" for i in range(8)]
    listed.write_text("\n".join(["id,path,label", *rows]) + "\n")
    code, said = refused(shell, "run", "--manifest", listed, "-o", run, "--offline")
    assert (code, "other samples" in said) == (2, True)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGKILL, -9),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow),
    ],
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


def test_a_damaged_run_does_not_hide_the_others(made: Path, tmp_path: Path, shell: Shell) -> None:
    here = tmp_path / "here"
    shutil.copytree(made, here)
    (here / "shy" / "metrics.json").write_text("{", "utf-8")
    code, out, err = evaluate(shell, "ls", here, "--format", "json")
    assert code == 0
    found = {Path(row["run"]).name: row["score"] for row in json.loads(out)}
    assert found["shy"] == "damaged"
    assert found["r"] != "damaged"
    assert "metrics.json" in err


def test_choosing_on_test_data_goes_with_choosing(made: Path, shell: Shell) -> None:
    code, err = refused(shell, "compare", made / "r", made / "shy", "--on-test")
    assert code == 2
    assert "--select" in err
