"""A manifest is read as it is meant, or one error tells the row and the column."""

import json
from pathlib import Path

import pytest
from tests.corpora import made_mafw, made_manifest
from tests.corpora.placing import clips, put

from affectlens.corpora.corpus import Corpus
from affectlens.corpora.sets import manifest
from affectlens.emotions.spaces import SPACES
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing


def build(path: Path, **settings: str) -> Corpus:
    return manifest.build(path, manifest.Config(**settings))


def of(folder: Path, text: str, **settings: str) -> Corpus:
    """The corpus of a manifest with this text."""
    return build(put(folder / "m.csv", text), **settings)


def test_every_column_becomes_what_it_names(tmp_path: Path) -> None:
    made_manifest.make(tmp_path / "m.csv")
    first, second, third = build(tmp_path / "m.csv").samples
    assert (first.id, first.media) == ("a", tmp_path / "clips" / "a.mp4")
    assert (first.labels, third.labels) == (("glad", "relieved"), ("down", "tired"))
    assert (first.valence, first.arousal, first.description) == (0.5, 0.2, "She smiles.")
    assert (first.subtitle, first.speaker, first.split) == ("Oh, hello!", "P1", "train")
    assert first.columns == {"site": "north"}
    assert third.columns == {}
    assert second.labels == Missing("m.csv, row 3, column 'labels' is empty")
    assert third.media == Missing("there is no file clips/none.mp4")


def test_media_that_are_not_there_are_counted_not_refused(tmp_path: Path) -> None:
    made_manifest.make(tmp_path / "m.csv")
    assert "1 of 3" in build(tmp_path / "m.csv").absent[0]
    assert build(tmp_path / "m.csv", split="train").absent == ()


@pytest.mark.parametrize("name", SPACES)
def test_the_labels_of_a_known_space_are_of_it_or_of_the_same_labels(
    tmp_path: Path, name: str
) -> None:
    labels = SPACES[name].labels
    rows = "".join(f"{label}.wav,{label.upper()}\n" for label in labels)
    corpus = of(tmp_path, f"path,label\n{rows}")
    assert corpus.space is not None
    assert corpus.space == SPACES[name]
    assert tuple(str(sample.label) for sample in corpus.samples) == labels


@pytest.mark.parametrize(
    ("words", "name", "labels"),
    [
        (("happiness", "Sad"), "iemocap4", ("happy", "sad")),
        (("joy", "fear", "angry"), "ekman6", ("happy", "fear", "angry")),
        (("joy", "fear", "neutral", "anger"), "meld7", ("joy", "fear", "neutral", "anger")),
        (("happy", "sad", "neutral", "angry"), "mer6", ("happy", "sad", "neutral", "angry")),
        (("calm", "neutral"), "ravdess8", ("calm", "neutral")),
        (("positive", "neutral"), "sentiment3", ("positive", "neutral")),
        (("neutral", "worry", "surprised"), "mer6", ("neutral", "worried", "surprise")),
    ],
)
def test_the_smallest_space_that_keeps_and_spells_the_labels_as_they_are_is_theirs(
    tmp_path: Path, words: tuple[str, ...], name: str, labels: tuple[str, ...]
) -> None:
    corpus = of(tmp_path, "path,label\n" + "".join(f"{word}.wav,{word}\n" for word in words))
    assert corpus.space is not None
    assert corpus.space.name == name
    assert tuple(sample.label for sample in corpus.samples) == labels


def test_labels_of_ones_own_are_a_space(tmp_path: Path) -> None:
    corpus = of(tmp_path, "path,label\na.wav,Yes\nb.wav,no\n", space="yes,no")
    assert [sample.label for sample in corpus.samples] == ["yes", "no"]


def test_an_empty_label_is_missing_with_its_place(tmp_path: Path) -> None:
    corpus = of(tmp_path, "path,label\na.wav,happy\nb.wav,\n")
    assert corpus.samples[1].label == Missing("m.csv, row 3, column 'label' is empty")


def test_without_ids_a_sample_is_called_as_its_file(tmp_path: Path) -> None:
    corpus = of(tmp_path, "path,labels\nx/a.b.wav,glad\n/far/c.mp4,sad\n")
    assert [sample.id for sample in corpus.samples] == ["a.b", "c"]
    assert corpus.space is None


def test_a_row_of_words_without_a_path_is_words_alone(tmp_path: Path) -> None:
    clips(tmp_path, "a.mp4")
    corpus = of(tmp_path, "id,path,subtitle,label\nv,a.mp4,Hey.,happy\nw,,Oh no!,sad\n")
    film, words = corpus.samples
    assert isinstance(film.media, Path)
    assert words.media == Missing("it is words alone")
    assert (words.subtitle, words.label) == ("Oh no!", "sad")
    assert corpus.absent == ()


def test_a_manifest_of_words_needs_no_column_for_paths(tmp_path: Path) -> None:
    (only,) = of(tmp_path, "id,subtitle,label\nw,Oh no!,sad\n").samples
    assert only.media == Missing("it is words alone")
    with pytest.raises(InputError, match=r"column 'path' is empty.* a subtitle and an id"):
        of(tmp_path, "id,subtitle,label\nw,Oh no!,sad\nv,,sad\n")
    with pytest.raises(InputError, match="no column 'path'"):
        of(tmp_path, "subtitle,label\nOh no!,sad\n")


def test_a_path_that_no_file_can_have_is_missing_media(tmp_path: Path) -> None:
    for path in ("so long a path " * 500, "a\0b"):
        corpus = of(tmp_path, f"path,label\n{path},sad\n")
        assert isinstance(corpus.samples[0].media, Missing)


@pytest.mark.parametrize("suffix", ["tsv", "jsonl", "xlsx"])
def test_other_formats_say_the_same(tmp_path: Path, suffix: str) -> None:
    file, rows = tmp_path / f"m.{suffix}", [("a.mp4", "happy"), ("b.mp4", "sad")]
    clips(tmp_path, "a.mp4", "b.mp4")
    if suffix == "xlsx":
        made_mafw.book(file, ["path", "label"], rows)
    elif suffix == "tsv":
        put(file, "path\tlabel\n" + "".join("\t".join(row) + "\n" for row in rows))
    else:
        put(file, "".join(json.dumps({"path": p, "label": e}) + "\n" for p, e in rows))
    corpus = build(file)
    assert [(sample.media, sample.label) for sample in corpus.samples] == [
        (tmp_path / path, label) for path, label in rows
    ]


def test_lists_of_json_are_labels_as_they_stand(tmp_path: Path) -> None:
    put(tmp_path / "m.jsonl", json.dumps({"path": "a.mp4", "labels": ["ill at ease", "sad"]}))
    assert build(tmp_path / "m.jsonl").samples[0].labels == ("ill at ease", "sad")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "m.csv is empty"),
        ("id,path,label\n", "m.csv has no rows"),
        ("id,pathh,label\na,a.mp4,happy\n", "no column 'path'. Did you mean 'pathh'"),
        ("id,path,labl\na,a.mp4,happy\n", "no column 'label' or .* Did you mean 'labl'"),
        (
            "id,path,label\na,a.mp4,happy\nb,b.mp4,joyous\nc,c.mp4,joyous\n",
            "row 3, column 'label'.*'joyous'",
        ),
        ("id,path,label\na,a.mp4,happy\na,b.mp4,sad\n", "row 3, column 'id': 'a'.* row 2"),
        ("id,path,label\n,a.mp4,happy\n", "row 2, column 'id' is empty"),
        ("id,path,label\na,,happy\n", "row 2, column 'path' is empty"),
        ("path,label\nx/a.mp4,happy\ny/a.wav,sad\n", "row 3, column 'path'.*'a' .* row 2.*'id'"),
        ("path,valence\na.mp4,high\n", "row 2, column 'valence': wanted a number"),
        ("path,label\na.mp4,happy,1\n", "row 2 has 3 cells under 2 columns"),
        ("id,path,label\na.mp4,first,happy\n", "row 2, column 'path'.*'id' has one.*swapped"),
        ("id,path,label\na,happy,a.mp4\n", "row 2, column 'label'.*'a.mp4'"),
    ],
)
def test_a_fault_is_told_with_its_row_and_column(tmp_path: Path, text: str, said: str) -> None:
    clips(tmp_path, "a.mp4")
    with pytest.raises(InputError, match=said):
        of(tmp_path, text)


def test_bytes_that_are_no_utf8_are_told_with_row_and_column(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"path,label,subtitle\na.mp4,happy,caf\xe9\n")
    with pytest.raises(InputError, match="row 2, column 'subtitle' is not UTF-8"):
        build(tmp_path / "m.csv")


def test_a_label_outside_the_space_that_was_asked_for_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 3, column 'label': 'worried' is no label of dfew7"):
        of(tmp_path, "path,label\na.mp4,happy\nb.mp4,worried\n", space="dfew7")


def test_labels_that_no_space_has_together_ask_for_a_space(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 4, column 'label'.*'excited'.*--labels a,b,c"):
        of(tmp_path, "path,label\na.mp4,worried\nb.mp4,sad\nc.mp4,excited\n")


def test_a_split_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no column 'split'"):
        of(tmp_path, "path,label\na.mp4,happy\n", split="test")
    with pytest.raises(ConfigError, match="one of train, dev; got 'test'"):
        of(tmp_path, "path,label,split\na.mp4,sad,train\nb.mp4,sad,dev\n", split="test")
    with pytest.raises(ConfigError, match="no label space"):
        manifest.Config(space="dfew8")
