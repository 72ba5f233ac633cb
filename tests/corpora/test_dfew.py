"""DFEW's folds are what was published: labels from 1, splits that share nothing."""

from pathlib import Path

import pytest
from tests.corpora import made_dfew
from tests.corpora.placing import put

from affectlens.corpora.check import check
from affectlens.corpora.corpus import Corpus
from affectlens.corpora.sets import dfew
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing


def fold(root: Path, number: int, split: str | None) -> Corpus:
    return dfew.build(root, dfew.Config(fold=number, split=split))


def test_labels_count_from_one_in_the_published_order(tmp_path: Path) -> None:
    made_dfew.make(tmp_path)
    labels = {one.id: one.label for one in fold(tmp_path, 1, None).samples}
    assert [labels[str(n)] for n in range(1, 8)] == [
        "happy", "sad", "neutral", "angry", "surprise", "disgust", "fear",
    ]  # fmt: skip


def test_the_test_sets_of_the_folds_share_nothing_and_are_all_clips(tmp_path: Path) -> None:
    made_dfew.make(tmp_path)
    tested = [one.id for n in range(1, 6) for one in fold(tmp_path, n, "test").samples]
    assert sorted(map(int, tested)) == list(made_dfew.LABELS)
    for number in range(1, 6):
        assert check(fold(tmp_path, number, None)).clean


def test_a_clip_in_both_lists_of_a_fold_is_found_by_the_check(tmp_path: Path) -> None:
    made_dfew.make(tmp_path)
    put(tmp_path / "EmoLabel_DataSplit/test(single-labeled)/set_1.csv", "video_name,label\n3,3\n")
    assert not check(fold(tmp_path, 1, None)).clean


def test_clips_are_matched_as_numbers_also_in_parts(tmp_path: Path) -> None:
    made_dfew.make(tmp_path)
    clips = tmp_path / "Clip" / "original"
    put(clips / "part_2" / "10.mp4", "x")
    media = {one.id: one.media for one in fold(tmp_path, 5, "test").samples}
    assert media == {"9": clips / "00009.mp4", "10": clips / "part_2" / "10.mp4"}


def test_frames_without_clips_are_missing_media(tmp_path: Path) -> None:
    made_dfew.make(tmp_path)
    (tmp_path / "Clip").rename(tmp_path / "Frames")
    corpus = fold(tmp_path, 1, "test")
    assert all(isinstance(one.media, Missing) for one in corpus.samples)
    assert "frames" in corpus.absent[0]


def test_the_published_sizes_are_of_all_clips() -> None:
    sizes = zip(*dfew._SIZES.values(), strict=True)
    assert {train + test for train, test in sizes} == {11_697}
    assert sum(dfew._SIZES["test"]) == 11_697


def test_a_set_that_is_not_whole_says_so(tmp_path: Path) -> None:
    made_dfew.make(tmp_path)
    assert "has 2,341 samples, here are 2" in fold(tmp_path, 1, "test").absent[-1]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,0", "row 2, column 'label'.*1 happy.*found '0'"),
        ("1,8", "found '8'"),
        ("1,happy", "found 'happy'"),
        ("x,1", "row 2, column 'video_name'"),
        ("1,1\n1,2", "row 3, column 'video_name': '1'"),
    ],
)
def test_rows_that_are_none_of_dfew_are_told(tmp_path: Path, row: str, said: str) -> None:
    put(
        tmp_path / "EmoLabel_DataSplit/test(single-labeled)/set_1.csv", f"video_name,label\n{row}\n"
    )
    with pytest.raises(InputError, match=said):
        fold(tmp_path, 1, "test")


def test_what_is_not_dfew_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no EmoLabel_DataSplit"):
        fold(tmp_path, 1, "test")
    with pytest.raises(InputError, match="no folder"):
        fold(tmp_path / "x", 1, "test")
    with pytest.raises(ConfigError, match="folds 1 to 5"):
        dfew.Config(fold=0)
    with pytest.raises(ConfigError, match="train, test; got 'val'"):
        dfew.Config(split="val")
