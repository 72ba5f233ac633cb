"""Data sets from other tools and to them, by the command line."""

import json
from pathlib import Path

import pytest
from tests.annotation.sets import items, made, tone

from affectlens.cli import app

MERR = {
    "clip_a": {
        "AU_list": ["AU06", "AU12"], "visual_prior_list": ["Grinning"], "audio_prior_list": "happy",
        "peak_index": "7", "peak_AU_list": ["AU12"], "pseu_emotion": "happy", "text": "Oh my.",
        "smp_reason_caption": "The person smiles and expresses happiness.",
    }
}  # fmt: skip


@pytest.fixture
def merr(tmp_path: Path) -> Path:
    folder = tmp_path / "MERR"
    folder.mkdir()
    (folder / "MERR_fine_grained.txt").write_text("clip_a 25 happy 0.5\n")
    (folder / "MERR_fine_grained.json").write_text(json.dumps(MERR))
    return folder


def test_an_import_is_a_data_set_that_can_be_exported_and_checked(
    merr: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert app.run(["dataset", "import", str(merr), "--from", "merr", "-o", str(out)]) == 0
    assert "1 clips, 0 with media" in capsys.readouterr().out
    assert app.run(["dataset", "check", str(out)]) == 0
    assert app.run(["dataset", "export", str(out), "--to", "merr", "-o", str(tmp_path / "m")]) == 0
    again = json.loads((tmp_path / "m" / "MERR_fine_grained.json").read_text())
    assert again["clip_a"]["smp_reason_caption"] == MERR["clip_a"]["smp_reason_caption"]
    assert app.run(["dataset", "import", str(merr), "--from", "merr", "-o", str(out)]) == 2


def test_media_that_an_import_does_not_have_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = tmp_path / "set", tmp_path / "out"
    made(root, items(tmp_path, 2))
    app.run(["dataset", "export", str(root), "--to", "parquet"])
    app.run(["dataset", "import", str(root / "parquet"), "--from", "parquet", "-o", str(out)])
    told = capsys.readouterr()
    assert "2 clips, 0 with media" in told.out
    assert "media of 2 clips are not below" in told.err


def test_a_changed_file_is_a_fault(
    merr: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    app.run(["dataset", "import", str(merr), "--from", "merr", "-o", str(out)])
    lines = (out / "annotations.jsonl").read_text()
    (out / "annotations.jsonl").write_text(lines.replace("smiles", "frowns"))
    assert app.run(["dataset", "check", str(out)]) == 3
    assert "annotations.jsonl is not what was written" in capsys.readouterr().out


def test_formats_say_what_they_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["dataset", "ls"]) == 0
    shown = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert "export, import" in shown["merr"]
    assert "export" not in shown["emer"].split("  ")[1]
    assert "import" not in shown["ms_swift"].split("  ")[1]


def test_a_format_that_is_only_read_cannot_be_written(
    merr: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    app.run(["dataset", "import", str(merr), "--from", "merr", "-o", str(out)])
    assert app.run(["dataset", "export", str(out), "--to", "emer"]) == 2
    assert "only read" in capsys.readouterr().err


def test_a_clip_that_is_no_longer_what_was_annotated_is_a_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    some, out = items(tmp_path / "in"), tmp_path / "out"
    made(out, some)
    assert app.run(["dataset", "check", str(out)]) == 0
    tone(some[0].path, 9)  # the data set has a link to it
    some[1].path.unlink()
    (out / "media" / "c1.wav").unlink()
    assert app.run(["dataset", "check", str(out)]) == 3
    told = capsys.readouterr().out
    assert "c0: media/c0.wav is not the file that was annotated" in told
    assert "c1: there is no file media/c1.wav" in told
