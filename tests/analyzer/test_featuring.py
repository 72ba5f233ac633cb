"""Promises of the features of one file."""

import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from affectlens.analyzer import featuring
from affectlens.analyzer.sources import FeatureSettings, sources_of
from affectlens.foundation.errors import ConfigError

SOUND = FeatureSettings(encoders=("tiny,width=8,view.of=sound",), device="cpu")


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    samples = 8000 * np.sin(2 * np.pi * 300 * np.arange(8000) / 16000)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.astype("<i2").tobytes())
    return tmp_path / "a.wav"


def test_rows_are_averaged_unless_they_are_asked_for(tone: Path, tmp_path: Path) -> None:
    all_rows = FeatureSettings(encoders=(f"{SOUND.encoders[0]},pooled=no",), device="cpu")
    for settings, name in ((SOUND, "mean"), (all_rows, "rows")):
        row = featuring.work(featuring.Item(tone, settings, tmp_path / name))
        assert row["schema"] == featuring.SCHEMA, row
    rows = np.load(tmp_path / "rows/tiny/a.npy")
    assert rows.shape == (5, 8)
    assert np.array_equal(np.load(tmp_path / "mean/tiny/a.npy"), rows.mean(axis=0))


def test_a_file_that_lost_its_sound_loses_its_features(tone: Path, tmp_path: Path) -> None:
    item = featuring.Item(tone, SOUND, tmp_path / "out")
    featuring.work(item)
    assert (tmp_path / "out/tiny/a.npy").exists()
    Image.new("RGB", (64, 48)).save(tone, "png")
    assert "no audio" in featuring.work(item)["missing"]["tiny"]
    assert not (tmp_path / "out/tiny/a.npy").exists()


def test_a_store_keeps_what_was_made(tone: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    featuring.work(featuring.Item(tone, SOUND, tmp_path / "out", store))
    (kept,) = store.rglob("*.safetensors")
    made = kept.stat().st_mtime_ns
    featuring.work(featuring.Item(tone, SOUND, tmp_path / "again", store))
    assert [one.stat().st_mtime_ns for one in store.rglob("*.safetensors")] == [made]
    assert (tmp_path / "again/tiny/a.npy").read_bytes() == (
        tmp_path / "out/tiny/a.npy"
    ).read_bytes()


def test_a_stream_of_several_sources_has_a_folder_for_each() -> None:
    names = sources_of(FeatureSettings(system="emotion-llama-v2", streams=("fusion", "audio")))
    assert list(names) == ["fusion.0", "fusion.1", "fusion.2", "audio"]


def test_settings_of_an_encoder_are_read_with_its_name() -> None:
    settings = FeatureSettings(encoders=("clip,layer=-3,view.of=faces,view.count=8,output=cls",))
    (wanted,) = sources_of(settings).values()
    assert wanted.source.encoder.settings == {"layer": -3}
    assert (wanted.source.view.of, wanted.source.view.count) == ("faces", 8)
    assert wanted.source.output == "cls"


@pytest.mark.parametrize(
    ("encoders", "said"),
    [
        (("clip,layerr=2",), "layer"),
        (("clip,view.of=sound",), "takes pictures"),
        (("clip,output=rows",), "patches"),
        (("tiny", "tiny,width=8"), "twice"),
    ],
)
def test_encoders_that_cannot_be_are_refused(encoders: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        sources_of(FeatureSettings(encoders=encoders))


def test_what_decides_the_numbers_decides_the_digest(tmp_path: Path) -> None:
    kinds = [
        FeatureSettings(),
        FeatureSettings(system="emotion_llama_v2"),
        FeatureSettings(streams=("audio",)),
        FeatureSettings(precision="float32"),
        SOUND,
    ]
    digests = {featuring.Item(tmp_path, kind, tmp_path).digest for kind in kinds}
    assert len(digests) == len(kinds)
    assert featuring.Item(tmp_path, kinds[0], tmp_path / "other").digest in digests
