"""A task that is the mean of others runs them all, each in its folder, and tells the spread."""

import json
from pathlib import Path

import pytest
from tests.corpora import made_dfew

from affectlens.cli.app import run

CLIPS = Path(__file__).parents[2] / "examples" / "clips"


@pytest.mark.slow
def test_the_folds_of_dfew_are_one_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_dfew.make(tmp_path)
    for number in range(1, 10, 2):  # the first clip of each fold shows somebody
        happy = (CLIPS / "1001_DFA_HAP_XX.mp4").read_bytes()
        (tmp_path / "Clip" / "original" / f"{number:05}.mp4").write_bytes(happy)
    out = tmp_path / "run"
    command = ["evaluate", "run", "--task=dfew", f"--data={tmp_path}", f"-o{out}", "--words=none"]
    assert run([*command, "--offline", "--format=json"]) == 3  # the other clips are broken
    told = capsys.readouterr()
    assert "5 of 10 samples failed" in told.err
    found = json.loads(told.out)
    assert found["task"] == "dfew/1"
    (accuracy,) = [
        one
        for one in found["mean"]
        if (one["metric"], one["mode"], one["score"]) == ("classification", "strict", "accuracy")
    ]
    # The same happy clip everywhere is right in folds 1 and 5, of whose two samples one is broken.
    assert accuracy["mean"] == pytest.approx(0.2)
    assert accuracy["sd"] == pytest.approx(0.2738613)
    assert sorted(path.name for path in out.iterdir()) == [f"dfew-{n}" for n in range(1, 6)]
