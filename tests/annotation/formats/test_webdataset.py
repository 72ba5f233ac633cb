"""Tar shards that `webdataset` streams, and that give the annotations back."""

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.annotation.formats.made_annotations import about, made, several

from affectlens.annotation.annotation import Media
from affectlens.annotation.format import About
from affectlens.annotation.formats import webdataset
from affectlens.foundation.errors import ConfigError, InputError


def _filled(tmp_path: Path) -> About:
    told = about(tmp_path)
    for number, path in enumerate(sorted((tmp_path / "media").iterdir())):
        path.write_bytes(bytes([number]) * (700 + number))
    return told


def test_what_is_written_is_read_back_and_the_same_bytes_again(tmp_path: Path) -> None:
    told = _filled(tmp_path)
    files = webdataset.write(several(), tmp_path / "one", told)
    assert [path.name for path in files] == ["dev-000000.tar", "train-000000.tar"]
    assert webdataset.read(tmp_path / "one") == sorted(several(), key=lambda one: one.id)
    for path in (tmp_path / "media").iterdir():
        path.touch()
    again = webdataset.write(several(), tmp_path / "two", told)
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


def test_a_shard_tells_nothing_of_the_machine_or_the_day(tmp_path: Path) -> None:
    path = webdataset.write(several(), tmp_path / "out", _filled(tmp_path))[-1]
    with tarfile.open(path) as tar:
        members = tar.getmembers()
    assert {(one.mtime, one.uid, one.gid, one.uname, one.gname) for one in members} == {
        (0, 0, 0, "", "")
    }
    assert [one.name for one in members] == [
        "clip.json", "clip.mp4", "clip.wav", "voice.json", "voice.wav", "words.json",
    ]  # fmt: skip


def test_webdataset_gives_each_clip_whole_also_when_its_id_has_dots(tmp_path: Path) -> None:
    reads = pytest.importorskip("webdataset.tariterators", reason="needs webdataset")
    told = _filled(tmp_path)
    media = Media(video="media/clip.mp4", sound="media/clip.wav")
    clips = [made("a.b.c", media=media), made("a_b_c", media=media), made("a.b_c", media=media)]
    path = webdataset.write(clips, tmp_path / "out", told)[0]
    with path.open("rb") as file:
        source = [{"url": path.name, "stream": file}]
        samples = list(reads.group_by_keys(reads.tar_file_expander(source)))
    assert len(samples) == 3
    for sample in samples:
        assert sample["mp4"] == (tmp_path / "media/clip.mp4").read_bytes()
        assert sample["wav"] == (tmp_path / "media/clip.wav").read_bytes()
        assert sample["json"]


def test_a_shard_is_full_at_so_many_clips_or_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _filled(tmp_path)
    clips = [made(f"c{n}", media=Media(video="media/clip.mp4")) for n in range(5)]
    monkeypatch.setattr(webdataset, "_MOST_CLIPS", 2)
    assert len(webdataset.write(clips, tmp_path / "clips", told)) == 3
    monkeypatch.setattr(webdataset, "_MOST_BYTES", 1000)
    assert len(webdataset.write(clips, tmp_path / "bytes", told)) == 5
    assert webdataset.read(tmp_path / "bytes") == clips


def test_two_files_of_one_suffix_are_both_there(tmp_path: Path) -> None:
    told = _filled(tmp_path)
    one = made("x", media=Media(video="media/clip.wav", sound="media/voice.wav"))
    path = webdataset.write([one], tmp_path / "out", told)[0]
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["x.json", "x.wav", "x.sound.wav"]


def test_a_file_that_is_not_there_and_an_id_that_stands_twice_are_refused(tmp_path: Path) -> None:
    told = _filled(tmp_path)
    with pytest.raises(ConfigError, match=r"'x' has no file media/gone\.mp4"):
        webdataset.write([made("x", media=Media(video="media/gone.mp4"))], tmp_path / "o", told)
    with pytest.raises(ConfigError, match="twice"):
        webdataset.write([made("x"), made("x")], tmp_path / "o", told)
    assert not (tmp_path / "o").exists()


def test_a_split_is_never_a_path(tmp_path: Path) -> None:
    path = webdataset.write([replace(made("x"), split="../up")], tmp_path / "o", _filled(tmp_path))
    assert path == [tmp_path / "o" / "_up-000000.tar"]


def test_damaged_shards_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no tar shard"):
        webdataset.read(tmp_path)
    path = webdataset.write(several(), tmp_path / "out", _filled(tmp_path))[-1]
    whole = path.read_bytes()
    for damaged in (b"no tar" * 200, whole[:700], whole.replace(b'"schema"', b'"shcema"')):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=path.name):
            webdataset.read(path)


@given(st.lists(st.text("ab._-", min_size=1, max_size=5), unique=True, min_size=2, max_size=6))
@settings(deadline=None, max_examples=50)
def test_keys_have_no_dots_and_stay_different(ids: list[str]) -> None:
    keys = [webdataset.key_of_id(id_) for id_ in ids]
    assert len(set(keys)) == len(keys)
    assert not any("." in key for key in keys)
