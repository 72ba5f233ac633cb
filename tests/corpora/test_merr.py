"""MERR: labels of one file, all else of the other; either may be absent."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.corpora.made_merr import FINE, make
from tests.corpora.placing import put

from affectlens.corpora.corpus import Corpus
from affectlens.corpora.sets import merr
from affectlens.emotions.spaces import MER9
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing


def read(root: Path, **settings: Any) -> Corpus:
    """The corpus in a folder."""
    return merr.build(root, merr.Config(**settings))


def test_a_clip_has_what_both_files_say(tmp_path: Path) -> None:
    make(tmp_path)
    corpus = read(tmp_path)
    first = corpus.samples[0]
    assert corpus.space == MER9
    assert (first.id, first.label, first.valence) == ("sample_00000047", "surprise", -0.61232674)
    assert first.description == "He sneers."
    assert first.subtitle == "是你啊"
    assert first.columns == {
        "frames": "22",
        "peak_index": "17",
        "AU_list": "AU01; AU04; AU12",
        "peak_AU_list": "AU04",
        "visual_prior_list": "Inner brow raiser; Brow lowerer",
        "audio_prior_list": "a calm, low voice",
        "pseu_emotion": "contempt",
    }


def test_an_english_subtitle_of_the_table_comes_before_the_text(tmp_path: Path) -> None:
    make(tmp_path)
    put(tmp_path / "transcription_en_all.csv", "name,sentence\nsample_00000047,It is you.\n")
    subtitles = [sample.subtitle for sample in read(tmp_path).samples]
    assert subtitles[0] == "It is you."
    assert isinstance(subtitles[1], Missing)


def test_a_coarse_clip_is_described_by_its_caption(tmp_path: Path) -> None:
    make(tmp_path)
    (sample,) = read(tmp_path, split="coarse").samples
    assert (sample.label, sample.description) == ("contempt", "A man looks down.")


def test_a_clip_of_only_one_file_is_told(tmp_path: Path) -> None:
    make(tmp_path)
    corpus = read(tmp_path)
    assert [sample.id[-2:] for sample in corpus.samples] == ["47", "48", "49"]
    assert isinstance(corpus.samples[2].description, Missing)
    assert any("1 clips of MERR_fine_grained.json have no label" in n for n in corpus.absent)


def test_without_the_list_the_labels_are_those_of_the_texts(tmp_path: Path) -> None:
    put(tmp_path / "0512_target_smp_end.json", json.dumps(FINE))
    corpus = read(tmp_path)
    assert [sample.label for sample in corpus.samples] == ["contempt"] * 3
    assert isinstance(corpus.samples[0].valence, Missing)


def test_without_the_texts_there_are_labels_and_the_file_is_named(tmp_path: Path) -> None:
    put(tmp_path / "target_label_list_0512_smp.txt", "a 10 fear -10\n")
    corpus = read(tmp_path)
    assert [sample.label for sample in corpus.samples] == ["fear"]
    assert any("put MERR_fine_grained.json into" in note for note in corpus.absent)


def test_an_unknown_label_is_told_by_its_row(tmp_path: Path) -> None:
    put(tmp_path / "MERR_fine_grained.txt", "a 10 fear -10\nb 20 disgust -10\n")
    with pytest.raises(InputError, match=r"MERR_fine_grained\.txt, row 2, column 'label'.*disgust"):
        read(tmp_path)
    (tmp_path / "MERR_fine_grained.txt").unlink()
    put(tmp_path / "MERR_fine_grained.json", json.dumps({"a": {"pseu_emotion": "disgust"}}))
    with pytest.raises(InputError, match=r"MERR_fine_grained\.json, row 1, column 'pseu_emotion'"):
        read(tmp_path)
