"""What is said, given as plain text, is the one cue of a clip."""

from pathlib import Path

import pytest

from affectlens.foundation.errors import ConfigError, LimitError
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Cue
from affectlens.media.opening import open_clip
from affectlens.media.subtitles import MOST_BYTES

CLIP = Path(__file__).parents[2] / "examples" / "clips" / "1001_DFA_HAP_XX.mp4"


def test_words_take_all_of_the_clip_and_stand_in_place_of_subtitles(tmp_path: Path) -> None:
    beside = tmp_path / "clip.mp4"
    beside.write_bytes(CLIP.read_bytes())
    beside.with_suffix(".srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nSomething else\n")
    clip = open_clip(beside, words="Don't forget a <i>jacket</i>.")
    assert clip.subtitles == (Cue(Span(0.0, clip.duration_s), "Don't forget a jacket."),)


def test_words_of_a_picture_are_a_moment_long(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    assert open_clip(tmp_path / "a.png", words="Hi.").subtitles == (Cue(Span(0, 0), "Hi."),)


def test_words_stand_in_place_of_those_of_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Not this. Nor this.")
    assert open_clip(tmp_path / "a.txt", words="But this.").subtitles == (
        Cue(Span(0, 0), "But this."),
    )


def test_empty_words_say_that_nothing_is_said() -> None:
    assert open_clip(CLIP, words=" ").subtitles == ()


def test_words_are_not_given_twice_and_not_without_end(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="twice"):
        open_clip(CLIP, subtitles=tmp_path / "a.srt", words="Hi.")
    with pytest.raises(LimitError, match="at most"):
        open_clip(CLIP, words="a" * (MOST_BYTES + 1))
