"""Readers of what others made: MER-Factory, EMER and MER-Caption+."""

import json
from pathlib import Path

import pytest
from tests.corpora import made_emer, made_mer2024

from affectlens.annotation.formats import emer, mer_caption, mer_factory
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

SHARED = Path(__file__).parents[4] / "shared" / "data" / "emer"


def put(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_mer_factory_has_names_and_labels_of_its_own(tmp_path: Path) -> None:
    entry = {"AU_list": ["AU09"], "peak_index": 12, "pseu_emotion": "disgust", "caption": "A man."}
    put(tmp_path / "export.json", {"a": entry, "b": {**entry, "smp_reason_caption": "He recoils."}})
    put(tmp_path / "export.txt", "a 40 disgust\nc 8 elated\n")
    a, b, c = mer_factory.read(tmp_path)
    assert (a.id, a.label, a.coarse, a.source.frames) == ("a", "disgust", "A man.", 40)
    assert a.source.columns["peak_index"] == "12"
    assert (b.label, b.fine) == ("disgust", "He recoils.")
    assert (c.label, c.source.frames) == ("elated", 8)
    assert isinstance(c.valence, Missing)
    assert isinstance(c.coarse, Missing)
    assert [one.id for one in mer_factory.read(tmp_path / "export.txt")] == ["a", "c"]


def test_mer_factory_may_list_its_clips(tmp_path: Path) -> None:
    listed = put(tmp_path / "clips.json", [{"name": "a", "caption": "A man."}])
    assert [one.coarse for one in mer_factory.read(listed)] == ["A man."]


def test_mer_factory_is_strict_about_types(tmp_path: Path) -> None:
    file = put(tmp_path / "x.json", {"a": {"caption": ["A man."]}})
    with pytest.raises(InputError, match="column 'caption': wanted a text"):
        mer_factory.read(file)
    put(file, {"a": {"AU_list": [12]}})
    with pytest.raises(InputError, match="column 'AU_list': wanted a list of texts"):
        mer_factory.read(file)
    file.unlink()
    with pytest.raises(InputError, match="nothing of MER-Factory"):
        mer_factory.read(tmp_path)


def test_emer_in_small_is_read_by_version(tmp_path: Path) -> None:
    made_emer.make(tmp_path)
    with pytest.raises(InputError, match=r"several versions.*gt-eng.csv"):
        emer.read(tmp_path)
    (first, second) = emer.read(tmp_path / "dataset-v1")
    assert (first.label, first.media.video) == ("angry", "video/sample_1.avi")
    assert (second.label, second.fine) == ("worried", "She sighs.")
    assert [one.id for one in emer.read(tmp_path / "final-EMER-reason.csv")] == [
        "sample_1", "sample_2", "sample_3",
    ]  # fmt: skip
    assert [one.id for one in emer.read(tmp_path / "ovlabel.csv")] == ["sample_1", "sample_9"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no version"):
        emer.read(tmp_path / "empty")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data/emer")
def test_emer_v1_has_100_clips_with_labels_reasons_and_subtitles() -> None:
    found = emer.read(SHARED / "v1_gt_eng.csv")
    assert len(found) == 100
    assert found[0].id == "sample_00000648"
    assert (found[0].label, found[0].given) == ("angry", "angry")
    assert str(found[0].fine).startswith("In the video, he roared")
    assert found[0].provenance["fine"].by == "emer"
    assert sum(isinstance(one.subtitle, Missing) for one in found) == 7
    assert not any(isinstance(one.fine, Missing) for one in found)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data/emer")
@pytest.mark.parametrize("file", ["v2_reason.csv", "v2_openset.csv"])
def test_emer_v2_has_332_clips_with_open_labels_and_no_leftovers_of_prompts(file: str) -> None:
    found = emer.read(SHARED / file)
    assert len(found) == 332
    assert found[1].labels == ("excited", "joyful", "happy")
    assert not any(str(one.fine).startswith("Input") for one in found)
    assert not any(
        isinstance(one.fine, Missing) or isinstance(one.labels, Missing) for one in found
    )
    assert all(isinstance(one.label, Missing) for one in found)


def test_mer_caption_is_read_with_reasons_and_subtitles(tmp_path: Path) -> None:
    put(
        tmp_path / "track2_train_mercaptionplus.csv", "name,openset\na,\"['sad', 'tired']\"\nb,[]\n"
    )
    put(
        tmp_path / "track3_train_mercaptionplus.csv", 'name,reason\na,"He sighs, and looks down."\n'
    )
    put(tmp_path / "subtitle_chieng.csv", "name,chinese,english\na,唉,Sigh.\n")
    (tmp_path / "video").mkdir()
    (tmp_path / "video" / "a.mp4").touch()
    a, b = mer_caption.read(tmp_path)
    assert (a.labels, a.fine, a.subtitle) == (
        ("sad", "tired"),
        "He sighs, and looks down.",
        "Sigh.",
    )
    assert (a.media.video, a.source.corpus) == ("video/a.mp4", "mer2024")
    assert "research only" in a.source.licence
    assert b.labels == ()
    assert isinstance(b.fine, Missing)
    assert mer_caption.read(tmp_path / "track2_train_mercaptionplus.csv") == [a, b]


def test_mer_caption_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="track2_train_mercaptionplus"):
        mer_caption.read(tmp_path)
    made_mer2024.make(tmp_path)
    assert mer_caption.read(tmp_path)
