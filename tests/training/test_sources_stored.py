"""Parquet, WebDataset and pairs of answers: read by place, damaged only where they are."""

import json
import pickle
import sys
from pathlib import Path

import pytest
from tests.annotation.formats.made_annotations import about, made, several
from tests.corpora.placing import clips, put

from affectlens.annotation.formats import parquet, webdataset
from affectlens.foundation.errors import InputError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.training.item import Item, Pair
from affectlens.training.material import open_source
from affectlens.training.recipe import Data


def items(path: Path, name: str, **options: str) -> list[Item]:
    return list(open_source("x", Data(path=str(path), format=name, options=options)))


def test_parquet_gives_annotations_with_their_files(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs affectlens[data]")
    parquet.write(several(), tmp_path / "parquet", about(tmp_path))
    for path in (tmp_path / "parquet", tmp_path / "parquet" / "data"):
        found = {item.id: item for item in items(path, "parquet")}
        assert found.keys() == {"clip", "voice", "face", "words"}
        assert found["clip"].annotation == several()[0]
        assert found["clip"].media == tmp_path / "media" / "clip.mp4"
        assert found["face"].place.endswith("row 1")


def test_parquet_of_many_groups_is_read_in_any_order(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="needs affectlens[data]")
    whole = [made(f"clip{number}") for number in range(40)]
    parquet.write(whole, tmp_path, about(tmp_path))
    (file,) = tmp_path.rglob("*.parquet")
    pq.write_table(pq.read_table(file), file, row_group_size=3)
    found = open_source("x", Data(path=str(tmp_path), format="parquet"))
    order = [39, 0, 20, 1, 38, 3, 2, 11, 30, 5, 7, 13, 17, 19, 23, 29, 31, 37, 0]
    assert [found[index].id for index in order] == [f"clip{index}" for index in order]
    assert found[10].place == f"{file.name}, row 11"
    sent = pickle.dumps(found)
    assert len(sent) < len(pickle.dumps(list(found))) / 5
    assert pickle.loads(sent)[5] == found[5]  # noqa: S301 - our own bytes


def test_what_is_no_parquet_of_annotations_is_told(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="needs affectlens[data]")
    import pyarrow.parquet as pq

    with pytest.raises(InputError, match="no Parquet file"):
        items(tmp_path, "parquet")
    put(tmp_path / "a.parquet", "nothing")
    with pytest.raises(InputError, match=r"a\.parquet cannot be read as Parquet"):
        items(tmp_path, "parquet")
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="no column 'annotation'"):
        items(tmp_path, "parquet")
    pq.write_table(pa.table({"annotation": ["{}", None]}), tmp_path / "a.parquet")
    found = open_source("x", Data(path=str(tmp_path), format="parquet"))
    for index in range(2):
        with pytest.raises(InputError, match=rf"a\.parquet, row {index + 1}"):
            found[index]


def test_without_pyarrow_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a.parquet", "")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UnavailableError, match=r"affectlens\[data\]"):
        items(tmp_path, "parquet")


def test_webdataset_gives_annotations_by_where_they_stand(tmp_path: Path) -> None:
    whole = about(tmp_path / "set")
    long = made("n" * 150)  # a name that takes a header of its own
    webdataset.write([*several(), long], tmp_path / "shards", whole)
    found = open_source("x", Data(path=str(tmp_path / "shards"), format="webdataset"))
    assert {item.id for item in found} == {"clip", "voice", "face", "words", long.id}
    clip = next(item for item in found if item.id == "clip")
    assert clip.annotation == several()[0]
    assert isinstance(clip.media, Missing)
    assert "data.*.features" in clip.media.reason
    put(tmp_path / "media" / "clip.mp4", "the bytes")
    beside = next(item for item in found if item.id == "clip")
    assert beside.media == tmp_path / "media" / "clip.mp4"
    assert pickle.loads(pickle.dumps(found))[1] == found[1]  # noqa: S301 - our own bytes


def test_a_damaged_annotation_in_a_shard_is_told_when_it_is_asked_for(tmp_path: Path) -> None:
    webdataset.write(several(), tmp_path / "shards", about(tmp_path))
    shard = tmp_path / "shards" / "train-000000.tar"
    shard.write_bytes(shard.read_bytes().replace(b'{"schema"', b'#"schema"', 1))
    found = open_source("x", Data(path=str(shard), format="webdataset"))
    assert found[1].id
    with pytest.raises(InputError, match=r"train-000000\.tar, byte \d+ is not JSON"):
        found[0]
    put(shard, "no tar at all")
    with pytest.raises(InputError, match="no tar shard"):
        items(shard, "webdataset")


def test_pairs_of_json_lines_have_answers_and_media(tmp_path: Path) -> None:
    put(tmp_path / "a.mp4", "the bytes")
    rows = [
        {"id": "one", "question": "How?", "chosen": "Glad.", "rejected": "Sad.", "video": "a.mp4",
         "subtitle": "Yes!", "label": "happy", "split": "dev"},
        {"chosen": "Glad.", "rejected": "Sad.", "audio": "a.mp4"},
    ]  # fmt: skip
    file = put(tmp_path / "p.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    first, second = items(file, "preferences")
    assert first.pair == Pair("How?", "Glad.", "Sad.")
    told = first.annotation
    assert (told.id, told.subtitle, told.label, told.split) == ("one", "Yes!", "happy", "dev")
    assert first.media == tmp_path / "a.mp4"
    assert second.pair == Pair("", "Glad.", "Sad.")
    assert (second.id, second.place) == ("a", "p.jsonl, row 2")


def test_pairs_of_the_challenge_are_a_table_beside_its_clips(tmp_path: Path) -> None:
    clips(tmp_path / "video", "s1.mp4")
    put(tmp_path / "subtitle_chieng.csv", "name,chinese,english\ns1,走,Go.\n")
    file = put(
        tmp_path / "track3_train.csv",
        "name,a1,a2,preference\ns1,He is glad.,He is sad.,a2\ns2,Yes,No,a1\ns3,Yes,No,both\n",
    )
    found = open_source("x", Data(path=str(file), format="preferences"))
    assert found[0].pair == Pair("", "He is sad.", "He is glad.")
    assert found[0].media == tmp_path / "video" / "s1.mp4"
    assert found[0].annotation.subtitle == "Go."
    assert isinstance(found[0].annotation.label, Missing)
    assert found[1].pair == Pair("", "Yes", "No")
    assert isinstance(found[1].media, Missing)
    with pytest.raises(InputError, match=r"track3_train\.csv, row 4: wanted chosen and rejected"):
        found[2]


def test_answers_that_are_the_same_are_no_pair(tmp_path: Path) -> None:
    row = {"id": "a", "chosen": "Yes.", "rejected": "Yes."}
    with pytest.raises(InputError, match="both answers are the same"):
        items(put(tmp_path / "p.jsonl", json.dumps(row)), "preferences")
    with pytest.raises(InputError, match="is a folder"):
        items(tmp_path, "preferences")
