"""`evaluate judge` and `agree` on the command line, against a judge on this machine."""

import json
from pathlib import Path

import pytest
from tests.foundation.chat_server import completion, serving

from affectlens.cli.app import run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies of all runs are kept where no other test looks."""
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path / "home"))


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_judge_gives_labels_that_score_like_any_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = written(
        tmp_path / "said.jsonl",
        [{"name": "a", "reason": "He smiles."}, {"name": "b", "reason": ""}],
    )
    out = tmp_path / "labels.jsonl"
    with serving([completion("[happy]")]) as server:
        options = [f"--option=url={server.url}", "--option=model=m"]
        code = run(["evaluate", "judge", "labels", f"--predictions={texts}", *options, f"-o{out}"])
    assert code == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows[0] == {"name": "a", "openset": ["happy"]}
    assert rows[1]["openset"] is None
    assert "neither" in rows[1]["why"]
    assert "1 without an answer" in capsys.readouterr().err


def test_replies_are_kept_and_asked_for_once(tmp_path: Path) -> None:
    texts = written(tmp_path / "said.jsonl", [{"name": "a", "reason": "He smiles."}])
    replies, out = tmp_path / "replies.jsonl", tmp_path / "out.jsonl"
    command = ["evaluate", "judge", "labels", f"--predictions={texts}", f"-o{out}"]
    with serving([completion("[happy]")]) as server:
        options = [f"--option=url={server.url}", "--option=model=m", f"--replies={replies}"]
        assert run([*command, *options]) == 0
        assert run([*command, *options]) == 0
        assert len(server.requests) == 1
    out.unlink()
    assert run([*command, "--judge=replay", f"--replies={replies}"]) == 0
    assert json.loads(out.read_text())["openset"] == ["happy"]


def test_what_reads_truths_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = written(tmp_path / "said.jsonl", [{"name": "a", "reason": "He smiles."}])
    code = run(["evaluate", "judge", "merge", f"--predictions={texts}", f"-o{tmp_path / 'o'}"])
    assert code == 2
    assert "--truth" in capsys.readouterr().err


def scored(path: Path, values: list[float | None]) -> Path:
    rows = [
        {"id": str(i), "counted": True, "clue": value, path.stem: 1.0}  # its own: in no other file
        for i, value in enumerate(values)
    ]
    path.write_text(json.dumps({"scores": [], "per_sample": {"overlap/strict": rows}}))
    return path


def test_agreement_of_two_judges_is_over_the_samples_that_both_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = scored(tmp_path / "one.json", [1, 5, 9, None])
    other = scored(tmp_path / "other.json", [2, 6, 10, 3])
    assert run(["evaluate", "agree", str(one), str(other), "--format=json"]) == 0
    every = json.loads(capsys.readouterr().out)
    assert list(every) == ["overlap/strict clue"]
    found = every["overlap/strict clue"]
    assert found["n"] == 3
    assert found["left_out"] == 1
    assert found["pearson"] == pytest.approx(1)
    assert found["mean_difference"] == 1
    assert found["identical"] == 0


def test_agreement_of_label_sets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = written(tmp_path / "one.jsonl", [{"name": "a", "openset": ["happy", "sad"]}])
    other = written(tmp_path / "other.jsonl", [{"name": "a", "openset": ["Sad"]}])
    assert run(["evaluate", "agree", str(one), str(other), "--format=json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"]["jaccard"] == 0.5


def test_two_kinds_of_files_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = scored(tmp_path / "one.json", [1])
    other = written(tmp_path / "other.jsonl", [{"name": "a", "openset": ["sad"]}])
    assert run(["evaluate", "agree", str(one), str(other)]) == 4
    assert "two kinds" in capsys.readouterr().err
