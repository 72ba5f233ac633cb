"""Promises of `affectlens review` as a command."""

from pathlib import Path

import pytest
from tests.annotation.review.samples import annotation, write

from affectlens.annotation.review import decisions
from affectlens.annotation.review.desk import Desk
from affectlens.cli import app


def test_agreement_is_printed_without_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = [annotation(name) for name in "abc"]
    root = write(tmp_path / "set", clips)
    told = {"labels": None, "text": None, "note": "", "rating": 4}
    for name, labels in (("ada", "happy sad sad"), ("bob", "happy sad happy")):
        for one, label in zip(clips, labels.split(), strict=True):
            about = {"id": one.id, "seen": decisions.seen(one), "label": label, **told}
            action = "accept" if label == "happy" else "relabel"
            Desk(root, name).decide({**about, "action": action})
    assert app.run(["review", str(root), "--agreement"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "ada 1 2 0 0 0 4.00" in lines
    assert "ada and bob 3 0.67 0.40 0.44" in lines
    assert "bob and the data set 3 0.67 0.00 0.00" in lines
    assert lines[-1].startswith("All reviewers: Krippendorff's alpha 0.44 over 3 clips")


def test_a_folder_without_a_data_set_is_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["review", str(tmp_path), "--agreement"]) == 4
    assert "affectlens annotate PATHS -o FOLDER" in capsys.readouterr().err


def test_nobody_has_reviewed_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write(tmp_path / "set", [annotation("a")])
    assert app.run(["review", str(root), "--agreement", "--reviewer", "ada"]) == 0
    assert "Nobody has reviewed" in capsys.readouterr().out
    assert not (root / "reviews.jsonl").exists()
