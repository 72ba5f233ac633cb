"""What an analysis depends on is in its digest, so that nothing stale counts as done."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.analyzer.models import tiny_model

from affectlens.analyzer.settings import ModelSettings, Settings, digest
from affectlens.foundation import config
from affectlens.foundation.errors import ConfigError

CLIP = Path("nowhere/clip.mp4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(tiny_model(), tmp_path / "model")
    return tmp_path / "model"


def made_by(settings: Settings) -> str:
    return digest(settings, CLIP, None, None)


def test_a_change_in_the_model_s_folder_changes_the_digest(folder: Path) -> None:
    settings = Settings(model=str(folder))
    before = made_by(settings)
    assert made_by(settings) == before
    config = folder / "config.json"
    config.write_text(config.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert made_by(settings) != before


def test_a_change_in_the_clip_s_features_changes_the_digest(folder: Path) -> None:
    own = ModelSettings(folders=(f"audio={folder}",))
    settings = Settings(model=str(folder), language_model=own)
    before = made_by(settings)
    np.save(folder / "clip.npy", np.zeros(4, np.float32))
    assert made_by(settings) != before


def test_given_words_change_the_digest_and_subtitles_beside_the_file_then_do_not(
    tmp_path: Path,
) -> None:
    clip = tmp_path / "clip.mp4"

    def of(words: str | None) -> str:
        return digest(Settings(model="rules"), clip, None, None, words)

    alone, said = of(None), of("Hi.")
    assert len({alone, said, of("Ho."), of("")}) == 4
    clip.with_suffix(".srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nHello\n")
    assert of(None) != alone
    assert of("Hi.") == said


def test_the_rules_depend_on_no_model() -> None:
    rules = Settings(model="rules")
    assert made_by(rules) == config.digest(rules)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"folders": ("audio",)}, "audio=features/HL-UTT"),
        ({"max_tokens": 0}, "at least 1"),
        ({"precision": "int3"}, "bfloat16"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        ModelSettings(**wrong)  # type: ignore[arg-type]
