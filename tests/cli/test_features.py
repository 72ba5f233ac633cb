"""Promises of `affectlens features`: files as the field reads them, resumed, never zeros."""

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.encoders.made_clips import percepts

from affectlens.cli import app
from affectlens.encoders import folders
from affectlens.encoders.encode import encode
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.encoders.view import View
from affectlens.foundation.device import Place
from affectlens.foundation.part import use
from affectlens.media.opening import open_clip

Run = Callable[..., tuple[int, str]]
SOUND = ("--encoder", "tiny,width=8,view.of=sound")


def _tone(path: Path, hertz: int) -> Path:
    samples = 8000 * np.sin(2 * np.pi * hertz * np.arange(8000) / 16000)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def _picture(path: Path) -> Path:
    from PIL import Image

    Image.new("RGB", (64, 48), (200, 30, 30)).save(path)
    return path


@pytest.fixture
def features(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the verb; gives its exit code and what it said."""
    monkeypatch.setenv("AFFECTLENS_OFFLINE", "1")

    def run(*arguments: object) -> tuple[int, str]:
        code = app.run(["features", *map(str, arguments), "--offline"])
        return code, capsys.readouterr().err

    return run


def _rows(out: Path) -> dict[str, Any]:
    lines = (out / "features.jsonl").read_text(encoding="utf-8").splitlines()
    return {Path(row["input"]["path"]).name: row for row in map(json.loads, lines)}


def _direct(path: Path) -> Features:
    sources = (Source(use("tiny", width=8), View(of="sound"), "tokens"),)
    found = encode({"tiny": sources}, open_clip(path), percepts(), place=Place(device="cpu"))
    assert isinstance(found["tiny"], tuple)
    return found["tiny"][0]


def test_each_file_has_the_mean_of_its_rows_and_what_is_missing_has_no_file(
    features: Run, tmp_path: Path
) -> None:
    tone, picture = _tone(tmp_path / "in/a.wav", 300), _picture(tmp_path / "in/b.png")
    out = tmp_path / "out"
    code, said = features(tone.parent, "-o", out, *SOUND)
    assert code == 0, said
    written = np.load(out / "tiny/a.npy")
    assert written.dtype == np.float32
    assert np.array_equal(written, _direct(tone).values_TD.mean(axis=0))
    back = folders.read(out / "tiny", open_clip(tone), width=8)
    assert isinstance(back, Features)
    assert not (out / "tiny/b.npy").exists()
    rows = _rows(out)
    assert rows["a.wav"]["written"]["tiny"] == {"file": "tiny/a.npy", "shape": [8]}
    assert "no audio" in rows[picture.name]["missing"]["tiny"]
    assert "tiny: missing from 1 of 2" in said
    sources = json.loads((out / "sources.json").read_text())
    assert sources["tiny"]["encoder"]["settings"] == {"width": 8}


def test_a_second_run_does_what_is_new_changed_or_gone(features: Run, tmp_path: Path) -> None:
    files = [_tone(tmp_path / f"in/{name}.wav", 300) for name in "abcd"]
    out = tmp_path / "out"
    assert "4 done now" in features(tmp_path / "in", "-o", out, *SOUND)[1]
    assert "0 done now, 4 already" in features(tmp_path / "in", "-o", out, *SOUND)[1]
    _tone(tmp_path / "in/e.wav", 400)
    _tone(files[0], 500)
    (out / "tiny/b.npy").unlink()
    assert "3 done now, 2 already" in features(tmp_path / "in", "-o", out, *SOUND)[1]
    assert np.array_equal(np.load(out / "tiny/a.npy"), _direct(files[0]).values_TD.mean(axis=0))


def test_a_bad_file_costs_its_row_and_is_tried_again_when_asked(
    features: Run, tmp_path: Path
) -> None:
    _tone(tmp_path / "in/a.wav", 300)
    (tmp_path / "in/bad.mp4").write_bytes(b"not a video at all" * 100)
    out = tmp_path / "out"
    for extra, wanted in (((), "2 done"), ((), "0 done"), (("--retry-failed",), "1 done")):
        code, said = features(tmp_path / "in", "-o", out, *SOUND, *extra)
        assert code == 3, said
        assert wanted in said
        assert "bad.mp4" in said or not extra
    assert "error" in _rows(out)["bad.mp4"]


@pytest.mark.parametrize("earlier", [False, True])
def test_two_files_of_one_stem_are_refused_before_any_work(
    features: Run, tmp_path: Path, earlier: bool
) -> None:
    out = tmp_path / "out"
    files = [_tone(tmp_path / f"{name}/same.wav", 300) for name in "xy"]
    if earlier:
        assert features(files[0], "-o", out, *SOUND)[0] == 0
        files = files[1:]
    code, said = features(*files, "-o", out, *SOUND)
    assert code == 2
    assert "same.npy" in said
    assert (out / "tiny").exists() == earlier


def test_a_folder_holds_features_of_one_kind(features: Run, tmp_path: Path) -> None:
    tone, out = _tone(tmp_path / "a.wav", 300), tmp_path / "out"
    features(tone, "-o", out, *SOUND)
    code, said = features(tone, "-o", out, "--encoder", "tiny,width=9,view.of=sound")
    assert code == 2
    assert "other settings" in said


def test_weights_that_are_not_here_are_told_before_any_work(features: Run, tmp_path: Path) -> None:
    code, said = features(
        _tone(tmp_path / "a.wav", 300), "-o", tmp_path / "out", "--stream", "patches"
    )
    assert code == 5
    assert "eva_vit_g" in said
    assert not (tmp_path / "out/patches").exists()


@pytest.mark.slow
@pytest.mark.weights
def test_a_system_has_a_folder_for_each_stream(features: Run, tmp_path: Path) -> None:
    clip = Path(__file__).parents[2] / "examples/clips/1001_DFA_HAP_XX.mp4"
    out = tmp_path / "out"
    code, said = features(clip, "-o", out, "--system", "tiny:emotion-llama")
    assert code == 0, said
    shapes = {name: one["shape"] for name, one in _rows(out)[clip.name]["written"].items()}
    assert shapes == {
        "patches": [16, 32],
        "local": [32],
        "temporal": [32],
        "audio": [32],
        "context": [32],
    }
