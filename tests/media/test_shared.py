"""One decoder for many pictures: the same pixels, one process, and a fall costs one file only."""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from affectlens.foundation.errors import AffectlensError, InputError, LimitError
from affectlens.foundation.missing import Missing
from affectlens.media import child
from affectlens.media.clip import Clip
from affectlens.media.limits import Limits
from affectlens.media.opening import open_clip
from affectlens.media.shared import Shared


@pytest.fixture
def shared() -> object:
    one = Shared()
    yield one
    one.close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Process ids of all decoders that were started."""
    found: list[int] = []
    start = child.Child._start

    def counted(self: child.Child, *given: object, **named: object) -> None:
        start(self, *given, **named)  # type: ignore[arg-type]
        found.append(self._process.pid)

    monkeypatch.setattr(child.Child, "_start", counted)
    return found


def drawn(folder: Path, name: str, seed: int = 0, size: tuple[int, int] = (40, 30)) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    path = folder / name
    Image.fromarray(pixels).save(path)
    return path


def seen(clip: Clip) -> bytes:
    assert not isinstance(clip.video, Missing)
    (frame,) = clip.video.frames()
    (again,) = clip.video.at([0.0])
    assert np.array_equal(frame.rgb_HWC, again.rgb_HWC)
    return frame.rgb_HWC.tobytes()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.webp"])
def test_pictures_are_those_of_a_decoder_of_their_own(
    tmp_path: Path, shared: Shared, name: str
) -> None:
    path = drawn(tmp_path, name)
    plain, ours = open_clip(path), open_clip(path, stills=shared)
    assert seen(plain) == seen(ours)
    assert (plain.sha256, plain.duration_s, plain.sound) == (
        ours.sha256,
        ours.duration_s,
        ours.sound,
    )


def test_many_pictures_want_one_process_and_stay_apart(
    tmp_path: Path, shared: Shared, started: list[int]
) -> None:
    paths = [drawn(tmp_path, f"{n}.png", n) for n in range(40)]
    clips = [open_clip(path, stills=shared) for path in paths]
    looks = [seen(clip) for clip in reversed(clips)][::-1]
    assert len(started) == 1
    assert len(set(looks)) == 40
    assert looks[7] == seen(open_clip(paths[7]))


def test_a_damaged_picture_costs_no_other(tmp_path: Path, shared: Shared) -> None:
    good = drawn(tmp_path, "good.png")
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff" + bytes(range(256)) * 4)
    look = seen(open_clip(good))
    for _ in range(3):
        with pytest.raises(InputError, match=r"bad\.jpg"):
            open_clip(bad, stills=shared)
        assert seen(open_clip(good, stills=shared)) == look


def test_a_picture_that_is_too_large_is_refused_as_ever(tmp_path: Path, shared: Shared) -> None:
    path = drawn(tmp_path, "a.png")
    small = Limits(pixels=100)
    with pytest.raises(LimitError) as alone:
        open_clip(path, limits=small)
    with pytest.raises(LimitError) as together:
        open_clip(path, limits=small, stills=shared)
    assert str(alone.value) == str(together.value)
    assert seen(open_clip(path, stills=shared)), "other caps, another process"


def test_a_decoder_that_was_killed_is_told_and_another_one_goes_on(
    tmp_path: Path, shared: Shared, started: list[int]
) -> None:
    path = drawn(tmp_path, "a.png")
    clip = open_clip(path, stills=shared)
    os.kill(started[0], 9)
    with suppress(AffectlensError):  # whether the system has noticed by then is chance
        seen(clip)
    assert seen(clip)
    assert len(started) == 2


def test_a_pass_that_is_given_up_leaves_nothing_to_the_next(tmp_path: Path, shared: Shared) -> None:
    one, other = drawn(tmp_path, "a.png", 1), drawn(tmp_path, "b.png", 2)
    clips = [open_clip(path, stills=shared) for path in (one, other)]
    assert not isinstance(clips[0].video, Missing)
    for _ in range(3):
        given_up = clips[0].video.frames()
        next(given_up)
        assert seen(clips[1]) == seen(open_clip(other))
        del given_up
        assert seen(clips[0]) == seen(open_clip(one))


def test_films_have_a_decoder_of_their_own(
    tmp_path: Path, shared: Shared, started: list[int]
) -> None:
    path = tmp_path / "a.gif"
    frames = [Image.new("RGB", (20, 20), (n * 40, 0, 0)) for n in range(4)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    renamed = tmp_path / "a.png"
    renamed.write_bytes(path.read_bytes())
    for own in (path, renamed):
        clip = open_clip(own, stills=shared)
        assert not isinstance(clip.video, Missing)
        assert not clip.video.still
        assert len(list(clip.video.frames())) == 4


def test_a_process_that_was_forked_starts_its_own(tmp_path: Path, shared: Shared) -> None:
    path = drawn(tmp_path, "a.png")
    look = seen(open_clip(path, stills=shared))
    pid = os.fork()
    if not pid:
        good = False
        try:
            good = seen(open_clip(path, stills=shared)) == look
            shared.close()
        finally:
            os._exit(0 if good else 1)
    assert seen(open_clip(path, stills=shared)) == look
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert seen(open_clip(path, stills=shared)) == look
