"""Data of a recipe: found by format or corpus, lazy, and damaged only where they are."""

import pickle
from pathlib import Path

import pytest
from tests.annotation.formats.made_annotations import about, several
from tests.corpora import made_emer, made_mer2023, made_mer2024, made_ravdess
from tests.corpora.placing import put
from tests.training.made_data import folder, one

from affectlens.annotation.formats import merr
from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.training import material
from affectlens.training.material import open_source
from affectlens.training.recipe import Data


def test_every_source_says_what_it_is_and_has_settings() -> None:
    for name in plugins.names(material.GROUP):
        module = plugins.load(material.GROUP, name)
        assert module.TITLE
        assert module.Config() == module.Config()
        assert callable(module.read)


def test_annotations_are_read_one_at_a_time_with_their_files(tmp_path: Path) -> None:
    folder(tmp_path, [one("a", label="happy"), one("b")])
    (tmp_path / "media" / "b.wav").unlink()
    found = open_source("x", Data(path=str(tmp_path)))
    assert [item.id for item in found] == ["a", "b"]
    assert found[0].media == tmp_path / "media" / "a.wav"
    assert found[0].annotation.label == "happy"
    assert found[1].media == Missing(f"there is no file media/b.wav in {tmp_path}")
    assert found[-1].place == "annotations.jsonl, item 2"
    assert [item.id for item in found[:1]] == ["a"]
    with pytest.raises(IndexError):
        found[2]
    again = open_source("x", Data(path=str(tmp_path / "annotations.jsonl")))
    assert again[0].media == found[0].media


def test_a_damaged_row_is_told_when_it_is_asked_for_and_the_others_go_on(tmp_path: Path) -> None:
    folder(tmp_path, [one("a"), one("b"), one("c")])
    file = tmp_path / "annotations.jsonl"
    lines = file.read_text().splitlines()
    put(file, "\n".join([lines[0], lines[1][:50], lines[2], ""]))
    found = open_source("x", Data(path=str(tmp_path)))
    assert (found[0].id, found[2].id) == ("a", "c")
    with pytest.raises(InputError, match=r"annotations\.jsonl, item 2"):
        found[1]


def test_an_unknown_format_names_the_nearest_of_formats_and_corpora(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.x\.format.*Did you mean 'parquet'"):
        open_source("x", Data(path=str(tmp_path), format="parqet"))
    with pytest.raises(ConfigError, match=r"Did you mean 'ravdess'"):
        open_source("x", Data(path=str(tmp_path), format="ravdes"))


def test_what_is_not_there_is_told_with_the_name_of_the_data(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.x\.path: there is no file or folder '.*gone'"):
        open_source("x", Data(path=str(tmp_path / "gone")))
    with pytest.raises(InputError, match=r"data\.x\.path"):
        open_source("x", Data())
    put(tmp_path / "annotations.jsonl", "")
    with pytest.raises(InputError, match="holds no clips"):
        open_source("x", Data(path=str(tmp_path)))


def test_of_a_corpus_all_splits_are_read_unless_an_option_says_otherwise(tmp_path: Path) -> None:
    made_mer2023.make(tmp_path)
    found = open_source("mer", Data(path=str(tmp_path), format="mer2023"))
    assert {str(item.annotation.split) for item in found} == {"train", "test1", "test2", "test3"}
    first = found[0].annotation
    assert (first.id, first.label, first.given, first.valence) == (
        "sample_00000000", "angry", "angry", -0.3,
    )  # fmt: skip
    assert first.subtitle == "Get out!"
    train = Data(path=str(tmp_path), format="mer2023", options={"split": "train"})
    assert len(open_source("mer", train)) == 2


def test_options_of_a_corpus_are_values_of_their_types(tmp_path: Path) -> None:
    made_mer2024.make(tmp_path)
    options = {"edition": "2025", "split": "mercaptionplus"}
    found = open_source("mer", Data(path=str(tmp_path), format="mer2024", options=options))
    assert {item.annotation.split for item in found} == {"mercaptionplus"}
    made_ravdess.make(tmp_path / "r")
    chosen = {"actors": "02-24", "channel": "speech", "modality": "sound"}
    clips = open_source("r", Data(path=str(tmp_path / "r"), format="ravdess", options=chosen))
    assert clips[0].annotation.source.speaker == "12"
    assert isinstance(clips[0].media, Path)


def test_an_unknown_option_names_the_nearest(tmp_path: Path) -> None:
    folder(tmp_path, [one("a")])
    wrong = Data(path=str(tmp_path), format="mer2023", options={"splt": "train"})
    with pytest.raises(ConfigError, match=r"data\.mer\.options: splt.*Did you mean 'split'"):
        open_source("mer", wrong)
    with pytest.raises(ConfigError, match=r"data\.mer\.options"):
        open_source("mer", Data(path=str(tmp_path), options={"fold": "1"}))


def test_a_manifest_keeps_files_that_lie_elsewhere_and_tells_sources(tmp_path: Path) -> None:
    wav = put(tmp_path / "elsewhere" / "a.wav", "the bytes")
    file = put(
        tmp_path / "here" / "list.csv", "path,label,split,source\n../elsewhere/a.wav,happy,dev,f1\n"
    )
    (item,) = open_source("own", Data(path=str(file), format="manifest"))
    assert isinstance(item.media, Path)
    assert item.media.samefile(wav)
    assert (item.annotation.split, item.annotation.source.origin) == ("dev", "f1")
    assert item.place == "list.csv, row 2"


def test_a_name_of_a_format_and_a_corpus_is_the_corpus_where_a_folder_has_options(
    tmp_path: Path,
) -> None:
    made_emer.make(tmp_path)
    plus = Data(path=str(tmp_path), format="emer", options={"version": "plus"})
    assert [item.id for item in open_source("e", plus)] == ["sample_1", "sample_9"]
    inner = open_source("e", Data(path=str(tmp_path / "dataset-v1"), format="emer"))
    assert inner[0].media == tmp_path / "video" / "sample_1.avi"
    file = open_source("e", Data(path=str(tmp_path / "dataset-v1" / "gt-eng.csv"), format="emer"))
    assert file[0].media == inner[0].media


def test_merr_and_its_kin_are_read_as_annotations(tmp_path: Path) -> None:
    merr.write(several(), tmp_path, about(tmp_path / "set"))
    found = open_source("m", Data(path=str(tmp_path), format="merr"))
    assert {item.annotation.coarse for item in found} == {"This person is in a room."}
    fine = tmp_path / "MERR_fine_grained.json"
    entries = open_source("m", Data(path=str(fine), format="mer_factory"))
    assert entries[0].annotation.fine == "He doubts it."
    made_mer2024.make(tmp_path / "c")
    caption = open_source("c", Data(path=str(tmp_path / "c"), format="mer_caption"))
    assert not isinstance(caption[0].annotation.labels, Missing)


def test_sources_go_to_other_processes(tmp_path: Path) -> None:
    folder(tmp_path, [one("a")])
    made_mer2023.make(tmp_path / "mer")
    for data in (
        Data(path=str(tmp_path)),
        Data(path=str(tmp_path / "mer"), format="mer2023"),
    ):
        found = open_source("x", data)
        assert pickle.loads(pickle.dumps(found))[0] == found[0]  # noqa: S301 - our own bytes
