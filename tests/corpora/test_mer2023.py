"""MER2023: labels in each form, missing parts named, faults told by row and column."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.corpora.made_mer2023 import make, pickled
from tests.corpora.placing import put

from affectlens.corpora.corpus import Corpus
from affectlens.corpora.mer_labels import listed
from affectlens.corpora.sets import mer2023
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

LABELS = {"a": ("angry", -1.5), "b": ("neutral", 0.25), "c": ("surprise", None)}


def read(root: Path, **settings: Any) -> Corpus:
    """The corpus in a folder."""
    return mer2023.build(root, mer2023.Config(**settings))


def test_each_track_is_read_from_its_own_file(tmp_path: Path) -> None:
    make(tmp_path)
    said = {
        split: [(s.id, s.label, s.split) for s in read(tmp_path, split=split).samples]
        for split in ("train", "multi", "noise", "semi")
    }
    assert said == {
        "train": [("sample_00000000", "angry", "train"), ("sample_00000007", "surprise", "train")],
        "multi": [("sample_00000011", "happy", "test1"), ("sample_00000012", "worried", "test1")],
        "noise": [("sample_00000021", "neutral", "test2")],
        "semi": [
            ("samplenew_00006611", "sad", "test3"),
            ("samplenew_00000047", "surprise", "test3"),
            ("samplenew_00000048", "happy", "test3"),
        ],
    }
    everything = read(tmp_path, split=None).samples
    assert [(s.id, s.label, s.split) for s in everything] == [
        row for rows in said.values() for row in rows
    ]


def test_a_valence_that_nobody_annotated_is_missing(tmp_path: Path) -> None:
    make(tmp_path)
    valences = [s.valence for s in read(tmp_path, split=None).samples]
    assert [v for v in valences if not isinstance(v, Missing)] == [
        -1.5, 0.6, 2.5, -1.0, 0.25, -0.61232674,
    ]  # fmt: skip
    assert isinstance(valences[-1], Missing)


def write(root: Path, form: str) -> None:
    """The same labels of SEMI in one of the forms."""
    marked = {name: (label, -10 if v is None else v) for name, (label, v) in LABELS.items()}
    if form == "csv":
        rows = "".join(f"{name},{label},{v}\n" for name, (label, v) in marked.items())
        put(root / "test3-label.csv", f"name,discrete,valence\n{rows}")
    elif form == "txt":
        rows = "".join(f"{name} 25 {label} {v}\n" for name, (label, v) in marked.items())
        put(root / "reltive_test3_NCEV.txt", rows)
    else:
        entries = {name: {"emo": label, "val": v} for name, (label, v) in marked.items()}
        pickled(root / "label.npz", test3_corpus=entries)


@pytest.mark.parametrize("form", ["csv", "txt", "npz"])
def test_the_forms_of_labels_say_the_same(tmp_path: Path, form: str) -> None:
    write(tmp_path, form)
    found = read(tmp_path).samples
    assert {
        s.id: (s.label, None if isinstance(s.valence, Missing) else s.valence) for s in found
    } == LABELS


def test_what_a_list_has_behind_the_valence_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "relative_test3_NCEV.txt", "a 10 happy\nb 10 sad -1.5 0.3 more\n")
    first, second = read(tmp_path).samples
    assert (first.label, second.label, second.valence) == ("happy", "sad", -1.5)


def test_a_video_comes_before_its_sound_and_mp4_before_avi(tmp_path: Path) -> None:
    make(tmp_path)
    media = {s.id: s.media for s in read(tmp_path, split=None).samples}
    assert media["sample_00000000"] == tmp_path / "train" / "sample_00000000.mp4"
    assert media["samplenew_00000047"] == tmp_path / "audio" / "samplenew_00000047.wav"
    assert media["sample_00000021"] == tmp_path / "test2" / "sample_00000021.mp4"
    assert isinstance(media["samplenew_00000048"], Missing)


def test_subtitles_are_of_the_language_and_no_text_is_missing(tmp_path: Path) -> None:
    make(tmp_path)
    english = {s.id: s.subtitle for s in read(tmp_path, split=None).samples}
    told = {name: text for name, text in english.items() if not isinstance(text, Missing)}
    assert told == {"sample_00000000": "Get out!", "samplenew_00000047": "Oh, you?"}
    chinese = {s.id: s.subtitle for s in read(tmp_path, split=None, language="zh").samples}
    assert chinese["sample_00000000"] == "出去"
    assert isinstance(chinese["samplenew_00000047"], Missing)


@pytest.mark.parametrize("name", ["transcription.csv", "transcription-engchi-polish.csv"])
def test_columns_that_name_a_language_win_over_the_name_of_the_file(
    tmp_path: Path, name: str
) -> None:
    write(tmp_path, "csv")
    put(tmp_path / name, "name,chinese,english\na,出去,Get out!\n")
    assert read(tmp_path).samples[0].subtitle == "Get out!"
    assert read(tmp_path, language="zh").samples[0].subtitle == "出去"


def test_parts_that_are_not_there_are_named_once_with_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, "csv")
    absent = read(tmp_path, split=None).absent
    for part in ("train-label.csv", "test1-label.csv", "test2-label.csv", "transcription.csv"):
        assert len([note for note in absent if part in note]) == 1
    assert any("834" in note for note in absent)
    whole = read(tmp_path).absent
    assert not [note for note in whole if "train" in note]


def test_a_track_without_labels_is_refused_with_what_there_is(tmp_path: Path) -> None:
    write(tmp_path, "npz")
    with pytest.raises(InputError, match=r"train-label\.csv.*it has label\.npz"):
        read(tmp_path, split="train")


FAULTS = {
    "name,discrete,valence\na,angry,0\nb,hangry,1\n": r"row 3, column 'discrete'.*'hangry'",
    "name,discrete,valence\na,angry,0\na,happy,1\n": r"row 3, column 'name'.*row 2",
    "name,discrete,valence\na,angry,much\n": r"row 2, column 'valence'.*'much'",
    "name,discrete,valence\nangry,a,1\n": r"row 2, column 'discrete'.*'a'",
    "name,discrete,valence\n,angry,1\n": r"row 2, column 'name' is empty",
    "name,discrete,valence\na,,1\n": r"row 2, column 'discrete'",
    "clip,discrete\na,angry\n": r"no column 'name'",
    "name,valence\na,1\n": r"no column 'discrete'",
    "": "empty",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_in_a_table_is_told_by_row_and_column(tmp_path: Path, text: str) -> None:
    put(tmp_path / "test3-label.csv", text)
    with pytest.raises(InputError, match=rf"test3-label\.csv.*{FAULTS[text]}"):
        read(tmp_path)


LINES = {
    "a 10 happy 1\nb 10\n": r"row 2: wanted 'name frames label \[valence\]', found 'b 10'",
    "a 10 happy 1\n\nb happy\n": "row 3: wanted",
    "a 10 happy 1\nb 10 glum 1\n": "row 2, column 'label'.*'glum'",
    "a 10 happy x\n": "row 1, column 'value'.*'x'",
    "a 10 happy\na 10 sad\n": "row 2, column 'name'.*row 1",
    "\n": "empty",
}


@pytest.mark.parametrize("text", LINES)
def test_a_fault_in_a_list_is_told_by_row(tmp_path: Path, text: str) -> None:
    put(tmp_path / "relative_test3_NCEV.txt", text)
    with pytest.raises(InputError, match=rf"relative_test3_NCEV\.txt.*{LINES[text]}"):
        read(tmp_path)


ENTRIES: dict[str, Any] = {
    "outside the space": ({"a": {"emo": "glum", "val": 1}}, "'a', emo.*'glum'"),
    "no label": ({"a": {"val": 1}}, "'a'.*wanted"),
    "no number": ({"a": {"emo": "sad", "val": "much"}}, "'a'.*'much'"),
    "no entry": ({"a": "sad"}, "'a'.*wanted"),
    "no clips": ({}, "wanted a dict"),
    "no dict": (["a"], "wanted a dict"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_fault_in_a_pickled_file_is_told_by_its_clip(tmp_path: Path, name: str) -> None:
    entries, told = ENTRIES[name]
    corpora = np.empty((), dtype=object)
    corpora[()] = entries
    np.savez(tmp_path / "label.npz", test3_corpus=corpora)
    with pytest.raises(InputError, match=rf"label\.npz, test3_corpus.*{told}"):
        read(tmp_path)


def test_a_clip_of_two_tracks_is_refused_with_both_places(tmp_path: Path) -> None:
    put(tmp_path / "train-label.csv", "name,discrete\na,angry\n")
    put(tmp_path / "test3-label.csv", "name,discrete\nb,sad\na,angry\n")
    with pytest.raises(InputError, match=r"test3-label\.csv, row 3.*train-label\.csv, row 2"):
        read(tmp_path, split=None)


def test_labels_that_were_not_saved_as_utf_8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "relative_test3_NCEV.txt").write_bytes("a 10 happy\nü 10 sad\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"relative_test3_NCEV\.txt, row 2 is not UTF-8"):
        read(tmp_path)


def test_an_unknown_track_or_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="train, multi, noise, semi"):
        mer2023.Config(split="test3")
    with pytest.raises(ConfigError, match="en, zh"):
        mer2023.Config(language="fr")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("", []),
        ("[]", []),
        ("[happy, sad]", ["happy", "sad"]),
        ("['in my feelings', 'let down']", ["in my feelings", "let down"]),
        ('["happy"', ["happy"]),
        ("[happy's]", ["happy", "s"]),
        ("happy; sad", ["happy; sad"]),
        ("happy,,sad.", ["happy", "sad."]),
        ("[[a], [b]]", ["[a]", "[b]"]),
        ("[]]", ["]"]),
    ],
)
def test_lists_of_labels_are_read_as_the_published_scripts_do(text: str, labels: list[str]) -> None:
    assert list(listed(text)) == labels
