"""The media of a data set are those of the files as they are now."""

import os
import shutil
from pathlib import Path

import pytest

from affectlens.annotation.annotation import Media
from affectlens.annotation.item import Item
from affectlens.annotation.media import bring
from affectlens.annotation.recipe import Output
from affectlens.media.opening import open_clip

CLIPS = Path(__file__).parents[2] / "examples" / "clips"
HAPPY, ANGRY = (CLIPS / f"1001_DFA_{name}_XX.mp4" for name in ("HAP", "ANG"))


def brought(clip: Path, root: Path, output: Output) -> Media:
    return bring(Item(id="c", path=clip), open_clip(clip), root, output)


@pytest.mark.parametrize("media", ["link", "copy"])
def test_another_video_of_the_same_name_brings_its_own_sound(media: str, tmp_path: Path) -> None:
    output = Output(media=media)  # type: ignore[arg-type]
    clip, root = tmp_path / "c.mp4", tmp_path / "set"
    shutil.copy(HAPPY, clip)
    assert brought(clip, root, output) == Media(video="media/c.mp4", sound="media/c.wav")
    first = (root / "media/c.wav").read_bytes()
    clip.unlink()
    shutil.copy(ANGRY, clip)
    brought(clip, root, output)
    assert (root / "media/c.mp4").read_bytes() == ANGRY.read_bytes()
    assert (root / "media/c.wav").read_bytes() != first
    assert not list((root / "media").glob("*.part"))


def test_what_is_referred_to_stays_where_it_is(tmp_path: Path) -> None:
    found = brought(HAPPY, tmp_path, Output(media="refer", sound=False))
    assert found == Media(video=Path(os.path.relpath(HAPPY, tmp_path)).as_posix())
    assert list(tmp_path.iterdir()) == []
