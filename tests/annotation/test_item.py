"""What is annotated is named so that no two files are mixed up, on any machine."""

import os
from pathlib import Path

import pytest

from affectlens.annotation.item import of_corpus, of_paths, unreadable
from affectlens.corpora.corpus import Corpus, Sample
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_ids_are_stems_and_where_two_share_one_the_path_below_the_folder(tmp_path: Path) -> None:
    _touch(*(tmp_path / "films" / name for name in ("a/one.mp4", "b/one.mp4", "b/two.wav")))
    items = of_paths([tmp_path / "films"])
    ids = {item.id for item in items}
    assert [item.path.name for item in items] == ["one.mp4", "one.mp4", "two.wav"]
    assert "two" in ids
    assert len(ids) == 3
    _touch(*(tmp_path / "other" / name for name in ("a/one.mp4", "b/one.mp4", "b/two.wav")))
    assert {item.id for item in of_paths([tmp_path / "other"])} == ids


def test_a_clip_and_its_copy_in_another_format_are_two(tmp_path: Path) -> None:
    _touch(tmp_path / "x/a.mp4", tmp_path / "x/a.wav")
    with pytest.raises(InputError, match=r"called.*a\.mp4.*a\.wav.*Rename"):
        of_paths([tmp_path / "x"])


def test_hidden_files_and_other_kinds_are_left_out(tmp_path: Path) -> None:
    _touch(tmp_path / "x/._a.mp4", tmp_path / "x/a.mp4", tmp_path / "x/notes.pdf")
    assert [item.id for item in of_paths([tmp_path / "x"])] == ["a"]


def test_ids_can_be_names_of_files_anywhere_and_stay_apart(tmp_path: Path) -> None:
    odd = ("ein Clip.mp4", "ein?Clip.mp4", "电影.mp4", "视频.mp4")
    _touch(*(tmp_path / name for name in odd))
    ids = [item.id for item in of_paths([tmp_path])]
    assert len(set(ids)) == 4
    assert all(id_.isascii() and not set(id_) & set(" ?/\\:*") for id_ in ids)


def test_ids_stay_apart_where_case_does_not_count(tmp_path: Path) -> None:
    _touch(tmp_path / "x/A.mp4", tmp_path / "y/a.mp4", tmp_path / "y/b.mp4")
    ids = [item.id for item in of_paths([tmp_path])]
    assert len({id_.casefold() for id_ in ids}) == 3
    assert "b" in ids
    samples = tuple(Sample(id=name, media=tmp_path / "x/A.mp4") for name in ("A", "a", "b"))
    items, _ = of_corpus(Corpus(name="manifest", samples=samples))
    assert len({item.id.casefold() for item in items}) == 3
    assert items[2].id == "b"


def test_what_cannot_be_read_is_an_item_whose_row_says_why(tmp_path: Path) -> None:
    (tmp_path / "gone.mp4").symlink_to("nowhere.mp4")
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.mp4").mkdir()
    assert [item.id for item in of_paths([tmp_path])] == ["gone", "pipe"]


def test_a_data_set_below_its_clips_does_not_become_clips(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp4", tmp_path / "set/media/a.mp4", tmp_path / "media/b.mp4")
    own = tmp_path / "set/media"
    assert [item.id for item in of_paths([tmp_path], without=own)] == ["a", "b"]
    assert [item.id for item in of_paths([own], without=own)] == ["a"]


def test_a_sample_without_media_is_told_and_not_lost(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp4")
    gone = Sample(id="b", media=Missing("there is no file b.mp4"))
    here = Sample(id="a", media=tmp_path / "a.mp4", label="happy", subtitle="Oh my.", speaker="s1")
    items, told = of_corpus(Corpus(name="manifest", samples=(here, gone)))
    assert [(item.id, item.label, item.words) for item in items] == [("a", "happy", "Oh my.")]
    assert told == [("b", Missing("there is no file b.mp4"))]


def test_a_folder_that_cannot_be_searched_is_told(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp4", tmp_path / "locked/b.mp4")
    assert unreadable([tmp_path, tmp_path / "a.mp4"]) == []
    (tmp_path / "locked").chmod(0)
    try:
        if os.access(tmp_path / "locked", os.R_OK):
            pytest.skip("nothing is locked for this user")
        [(folder, why)] = unreadable([tmp_path])
    finally:
        (tmp_path / "locked").chmod(0o700)
    assert folder == str(tmp_path / "locked")
    assert "cannot be searched: Permission denied" in why
