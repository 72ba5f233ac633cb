"""A file is looked at once; what was measured and read is found again by all that decided it."""

import json
import shutil
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.perception.pictures import actor

from affectlens.analyzer.line import analyze
from affectlens.analyzer.settings import Settings
from affectlens.annotation.annotation import Fingerprint
from affectlens.annotation.draft import Seen
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.steps import seen as module
from affectlens.annotation.steps.seen import seen
from affectlens.annotation.work import Work
from affectlens.foundation.errors import InputError, LimitError
from affectlens.foundation.missing import Missing
from affectlens.media.limits import Limits
from affectlens.media.opening import open_clip
from affectlens.perception.settings import FaceSettings, PerceptionSettings
from affectlens.perception.stored import to_bytes
from affectlens.reasoning import document
from affectlens.reasoning.settings import ReasoningSettings

CLIP = Path(__file__).parents[3] / "examples" / "clips" / "1001_DFA_HAP_XX.mp4"
WORDS = "That is wonderful news."


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A still image of a smile."""
    path = tmp_path / "smile.png"
    cv2.imwrite(str(path), cv2.cvtColor(actor("HAP")[12], cv2.COLOR_RGB2BGR))
    return path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A second of a tone."""
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        samples_S = 8000 * np.sin(np.arange(16000) * 2 * np.pi * 220 / 16000)
        file.writeframes(samples_S.astype("<i2").tobytes())
    return path


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """From when it is asked to: opening and perceiving are impossible."""
    with monkeypatch.context() as patch:
        yield patch


def no_looking(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the file is looked at again")

    patch.setattr(module, "open_clip", refuse)
    patch.setattr(module, "observe", refuse)


def look(path: Path, work: Path, recipe: Recipe | None = None, words: str | None = None) -> Seen:
    item = Item(id="one", path=path, words=words)
    return seen(item, recipe or Recipe(), Work(work, item.id))


def alike(one: Seen, other: Seen) -> bool:
    texts = [json.dumps(document.to_json(each.analysis)) for each in (one, other)]
    facts = [(each.key, each.sha256, each.frames, each.fingerprint) for each in (one, other)]
    same_percepts = to_bytes(one.percepts) == to_bytes(other.percepts)
    return same_percepts and texts[0] == texts[1] and facts[0] == facts[1]


def reasoning(**changed: str) -> Recipe:
    settings = ReasoningSettings(**{"label_space": "mer9", **changed})  # type: ignore[arg-type]
    return Recipe(analysis=replace(Recipe().analysis, reasoning=settings))


def test_a_video_is_seen_as_analyze_sees_it(tmp_path: Path) -> None:
    found = look(CLIP, tmp_path / "work", words=WORDS)
    wanted = analyze(CLIP, Recipe().analysis, words=WORDS, offline=True)
    theirs, ours = document.to_json(wanted), document.to_json(found.analysis)
    for one in (theirs, ours):
        del one["run"], one["input"]["path"]
    assert ours == theirs
    assert found.frames == 57
    assert found.analysis.input.rate_hz == pytest.approx(30000 / 1001, abs=1e-9)  # not rounded
    assert found.sha256 == wanted.input.sha256
    assert isinstance(found.fingerprint, Fingerprint)
    assert [said.text for said in found.analysis.transcript] == [WORDS]


def test_what_is_kept_tells_nothing_of_the_run_or_the_machine(
    tmp_path: Path, picture: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / picture.name
    elsewhere.parent.mkdir()
    shutil.copy(picture, elsewhere)
    one, other = look(picture, tmp_path / "a"), look(elsewhere, tmp_path / "b")
    assert alike(one, other)
    assert one.analysis.input.path == "smile.png"
    assert one.analysis.run.timings_s == {}
    files = [
        (path / "items" / "one.json").read_bytes() for path in (tmp_path / "a", tmp_path / "b")
    ]
    assert files[0] == files[1]
    assert str(tmp_path).encode() not in files[0]


def test_the_second_time_nothing_is_opened(
    tmp_path: Path, picture: Path, shut: pytest.MonkeyPatch
) -> None:
    first = look(picture, tmp_path / "work")
    no_looking(shut)
    assert alike(look(picture, tmp_path / "work"), first)


@pytest.mark.parametrize("changed", [{"peak": "middle"}, {"label_space": "dfew7"}])
def test_another_reading_does_not_look_again(
    tmp_path: Path, picture: Path, shut: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    first = look(picture, tmp_path / "work")
    no_looking(shut)
    again = look(picture, tmp_path / "work", reasoning(**changed))
    assert again.key != first.key
    assert again.analysis.run.settings_sha256 != first.analysis.run.settings_sha256
    assert again.analysis.run.label_space == changed.get("label_space", "mer9")


def test_other_content_words_subtitles_name_or_limits_are_other_work(picture: Path) -> None:
    limits = replace(Recipe().analysis, limits=Limits(streams=3))
    faces = PerceptionSettings(faces=FaceSettings(rate_hz=5.0))
    keys = [
        key_of(picture),
        key_of(picture, words="Oh."),
        key_of(picture, words=""),
        key_of(picture, settings=limits),
        key_of(picture, settings=replace(Recipe().analysis, perception=faces)),
        key_of(picture.rename(picture.with_name("grin.png"))),
    ]
    picture.with_name("grin.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nOh my.\n")
    keys.append(key_of(picture.with_name("grin.png")))
    cv2.imwrite(str(picture.with_name("grin.png")), np.zeros((32, 32, 3), np.uint8))
    keys.append(key_of(picture.with_name("grin.png")))
    assert len(set(keys)) == len(keys)


def test_what_only_the_reading_depends_on_is_not_other_work(picture: Path) -> None:
    assert key_of(picture, settings=reasoning(peak="middle").analysis) == key_of(picture)


def key_of(path: Path, *, words: str | None = None, settings: Settings | None = None) -> str:
    """What the percepts of a file are known by."""
    item = Item(id="one", path=path, words=words)
    sha256 = module._sha256_of(path)
    return module._percepts_key(item, settings or Recipe().analysis, sha256)


def test_reasons_name_the_file_that_they_are_of(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((64, 64, 3), np.uint8))
    reasons = [
        look(tmp_path / name, tmp_path / "work").percepts.faces for name in ("a.png", "b.png")
    ]
    assert "a.png" in str(reasons[0])
    assert "b.png" in str(reasons[1])


def test_damaged_percepts_are_made_anew(tmp_path: Path, picture: Path) -> None:
    first = look(picture, tmp_path / "work")
    [kept] = (tmp_path / "work" / "percepts").rglob("*.bin")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1])
    assert alike(look(picture, tmp_path / "work"), first)
    assert kept.read_bytes() == whole


def test_lost_steps_are_made_anew_from_the_percepts(tmp_path: Path, picture: Path) -> None:
    first = look(picture, tmp_path / "work")
    (tmp_path / "work" / "items" / "one.json").write_text('{"facts": ')
    assert alike(look(picture, tmp_path / "work"), first)


def test_the_file_is_opened_once_and_only_when_it_is_needed(
    tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def counting(path: Path, **given: object) -> object:
        opened.append(path)
        return open_clip(path, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "open_clip", counting)
    first = look(picture, tmp_path / "work")
    assert first.clip() is first.clip()
    assert opened == [picture]
    again = look(picture, tmp_path / "work")
    assert opened == [picture]
    assert again.clip().sha256 == first.sha256
    assert opened == [picture, picture]


def test_a_still_has_one_frame_and_sound_has_none(picture: Path, sound: Path) -> None:
    assert look(picture, picture.parent / "work").frames == 1
    heard = look(sound, picture.parent / "work")
    assert heard.frames == Missing("tone.wav has no video stream")
    assert heard.analysis.input.streams["sound"]


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path, picture: Path) -> None:
    found = look(picture, tmp_path / "work")
    assert found.clip()
    again = look(picture, tmp_path / "work")
    cv2.imwrite(str(picture), np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(InputError, match="changed"):
        again.clip()


def test_a_file_that_is_no_good_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film" * 99)
    for path in (broken, tmp_path / "gone.mp4", tmp_path):
        with pytest.raises(InputError):
            look(path, tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_a_limit_that_is_reached_is_told(tmp_path: Path, picture: Path) -> None:
    few = replace(Recipe().analysis, limits=Limits(pixels=100))
    with pytest.raises(LimitError, match="pixels"):
        look(picture, tmp_path / "work", Recipe(analysis=few))
