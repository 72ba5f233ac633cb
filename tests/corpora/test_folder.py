"""What lies in a folder is found in one order, and what is hidden is not looked at."""

from pathlib import Path

import pytest
from tests.corpora.placing import clips

from affectlens.corpora import folder
from affectlens.corpora.table import read
from affectlens.foundation.errors import InputError


def test_media_come_in_the_order_of_their_paths_without_hidden_ones(tmp_path: Path) -> None:
    clips(tmp_path, "b/1.MP4", "a/2.wav", "a/._2.wav", "a/2.txt", "a/10.ogg")
    assert folder.media(tmp_path) == [
        tmp_path / name for name in ("a/10.ogg", "a/2.wav", "b/1.MP4")
    ]
    with pytest.raises(InputError, match="no folder"):
        folder.media(tmp_path / "c")


def test_a_line_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\n\xe9\n")
    with pytest.raises(InputError, match=r"x\.txt, row 3 is not UTF-8"):
        folder.lines(tmp_path / "x.txt")
    (tmp_path / "x.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    assert folder.lines(tmp_path / "x.txt") == ["one", "two"]
    (tmp_path / "x.jsonl").write_bytes(b"\xef\xbb\xbf{}\n\xe9")
    with pytest.raises(InputError, match=r"x\.jsonl, row 2 is not UTF-8"):
        read(tmp_path / "x.jsonl")


def test_nothing_is_said_of_what_is_whole() -> None:
    assert folder.fewer(3, 3, "all") == ()
    assert folder.absent_media([]) == ()
