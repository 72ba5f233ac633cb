"""MERR: what is written is read again, by us, and as Emotion-LLaMA's readers expect it."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.annotation.formats.made_annotations import made
from tests.corpora import made_merr

from affectlens.annotation.annotation import Annotation, Peak
from affectlens.annotation.format import About
from affectlens.annotation.formats import merr
from affectlens.corpora.sets import merr as published
from affectlens.emotions.spaces import MER9
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

GONE = Missing("not in this test")
FEW = hypothesis_settings(deadline=None, max_examples=40)
CARRIED = "id", "label", "valence", "units", "face", "tone", "subtitle", "coarse", "fine"

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.just(
    "Lower eyebrows, Chin held high."
)
names = st.text(st.characters(categories=["L", "N", "P", "S", "M"]), min_size=1, max_size=20)
units = st.lists(st.sampled_from(["AU01", "AU04", "AU12"]), unique=True).map(tuple)
peaks = st.builds(
    Peak, person=st.just("P1"), time_s=st.just(0.5), frame=st.integers(0, 10**6),
    method=st.just("sum"), box=st.none(), action_units=st.just({}), active=units,
)  # fmt: skip


@st.composite
def annotations(draw: st.DrawFn) -> Annotation:
    """One with odd texts; units are known where a face was, and so is a peak."""
    optional = texts | st.just(GONE)
    peak = draw(peaks | st.just(GONE))
    one = made(
        draw(names),
        label=draw(st.sampled_from(MER9.labels)),
        valence=draw(st.floats(-1, 1) | st.just(GONE)),
        peak=peak,
        units=draw(units) if isinstance(peak, Peak) else GONE,
        face=draw(optional), tone=draw(optional), subtitle=draw(optional | st.just("")),
        coarse=draw(optional), fine=draw(texts.filter(str.strip)),
    )  # fmt: skip
    return replace(
        one, source=replace(one.source, frames=draw(st.integers(0, 9999) | st.just(GONE)))
    )


def carried(one: Annotation) -> dict[str, object]:
    """What the files tell: what is empty there is Missing, and a peak is its frame and units."""
    told = {name: getattr(one, name) for name in CARRIED} | {"frames": one.source.frames}
    plain = {name: None if isinstance(v, Missing) or v == "" else v for name, v in told.items()}
    blank = isinstance(one.coarse, str) and not one.coarse.strip()
    columns = one.source.columns
    peak = (
        columns.get("peak_index"),
        tuple(filter(None, columns.get("peak_AU_list", "").split("; "))),
    )
    if isinstance(one.peak, Peak):
        peak = str(one.peak.frame), one.peak.active
    return plain | {"peak": peak} | ({"coarse": None} if blank else {})


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@FEW
@given(st.lists(annotations(), min_size=1, max_size=4, unique_by=lambda one: one.id))
def test_what_is_written_is_read_and_written_again_to_the_byte(them: list[Annotation]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        once, twice = Path(folder, "once"), Path(folder, "twice")
        merr.write(them, once, About(root=once))
        back = merr.read(once)
        assert [carried(one) for one in back] == [
            carried(one) for one in sorted(them, key=lambda one: one.id)
        ]
        merr.write(back, twice, About(root=twice))
        assert files(once) == files(twice)


def test_files_and_fields_are_those_of_merr(tmp_path: Path) -> None:
    written = merr.write([made("b"), made("a", fine=GONE)], tmp_path, About(root=tmp_path))
    assert [path.name for path in written] == [
        "MERR_coarse_grained.txt", "MERR_coarse_grained.json", "MERR_fine_grained.txt",
        "MERR_fine_grained.json", "transcription_en_all.csv",
    ]  # fmt: skip
    shared = {
        "AU_list": ["AU04", "AU17"],
        "visual_prior_list": ["Lower eyebrows", "Chin held high"],
        "audio_prior_list": "a calm, low voice",
        "peak_index": "17",
        "peak_AU_list": ["AU04"],
        "pseu_emotion": "doubt",
    }
    coarse, fine = (json.loads(written[place].read_text("utf-8")) for place in (1, 3))
    assert coarse == {name: {**shared, "caption": "This person is in a room."} for name in "ab"}
    assert fine == {"b": {**shared, "smp_reason_caption": "He doubts it.", "text": "Is that you?"}}
    assert list(coarse) == ["a", "b"]
    assert written[0].read_text() == "a 30 doubt -1.5\nb 30 doubt -1.5\n"
    assert written[2].read_text() == "b 30 doubt -1.5\n"
    assert written[4].read_text("utf-8") == "name,sentence\na,Is that you?\nb,Is that you?\n"


def test_every_clip_has_a_row_of_subtitles_since_readers_fail_without(tmp_path: Path) -> None:
    merr.write([made(subtitle=GONE)], tmp_path, About(root=tmp_path))
    assert (tmp_path / "transcription_en_all.csv").read_text() == "name,sentence\nclip,\n"
    (back,) = merr.read(tmp_path)
    assert isinstance(back.subtitle, Missing)


def test_placeholders_stand_for_what_is_missing(tmp_path: Path) -> None:
    one = made(valence=GONE, peak=GONE, units=GONE, face=GONE, tone=GONE)
    one = replace(one, source=replace(one.source, frames=GONE))
    merr.write([one], tmp_path, About(root=tmp_path))
    assert (tmp_path / "MERR_fine_grained.txt").read_text() == "clip -1 doubt -10\n"
    entry = json.loads((tmp_path / "MERR_fine_grained.json").read_text())["clip"]
    assert [entry[key] for key in ("peak_index", "peak_AU_list", "AU_list")] == ["", [], []]
    assert (entry["visual_prior_list"], entry["audio_prior_list"]) == ([], "")


def test_our_reader_of_the_published_corpus_reads_it(tmp_path: Path) -> None:
    merr.write([made("b"), made("a", label="neutral")], tmp_path, About(root=tmp_path))
    for split, description in (("fine", "He doubts it."), ("coarse", "This person is in a room.")):
        corpus = published.build(tmp_path, published.Config(split=split))
        assert [(one.id, one.label) for one in corpus.samples] == [("a", "neutral"), ("b", "doubt")]
        one = corpus.samples[1]
        assert (one.description, one.subtitle, one.valence) == (description, "Is that you?", -1.5)
        assert (one.columns["peak_index"], one.columns["frames"]) == ("17", "30")


@pytest.mark.parametrize("label", ["disgust", "surprised"])
def test_a_label_of_another_space_is_named(tmp_path: Path, label: str) -> None:
    with pytest.raises(ConfigError, match=rf"{label} \(2 clips\).*mer9"):
        merr.write(
            [made("a"), *(made(x, label=label) for x in "bc")], tmp_path, About(root=tmp_path)
        )
    with pytest.raises(ConfigError, match=r"none \(1 clips\)"):
        merr.write([made(label=GONE)], tmp_path, About(root=tmp_path))
    assert not list(tmp_path.iterdir())


def test_what_has_no_place_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    cases = {
        "blanks": [made("two words")],
        "twice": [made(), made()],
        "without description": [made(), made("bare", fine=GONE, coarse=" ")],
    }
    for match, them in cases.items():
        with pytest.raises(ConfigError, match=match):
            merr.write(them, tmp_path, About(root=tmp_path))
    assert not list(tmp_path.iterdir())
    assert merr.write([], tmp_path, About(root=tmp_path)) == []


def test_the_published_form_is_read(tmp_path: Path) -> None:
    made_merr.make(tmp_path)
    found = {one.id: one for one in merr.read(tmp_path)}
    both = found["sample_00000047"]
    assert (both.label, both.fine, both.subtitle) == ("surprise", "He sneers.", "是你啊")
    assert both.valence == pytest.approx(-0.61232674 / 5, abs=0)
    assert (both.source.frames, both.media.video) == (22, "video/sample_00000047.mp4")
    assert (both.tone, both.units) == ("a calm, low voice", ("AU01", "AU04", "AU12"))
    assert isinstance(both.peak, Missing)
    assert dict(both.source.columns) == {
        "peak_index": "17", "peak_AU_list": "AU04",
        "pseu_emotion": "contempt",  # not that of the .txt, which counts
    }  # fmt: skip
    older = found["sample_00000048"]
    assert (older.fine, older.subtitle) == ("She frowns.", "Really?")
    assert isinstance(older.valence, Missing)
    assert isinstance(found["sample_00000049"].fine, Missing)
    assert found["sample_00000050"].label == "contempt", "it is not in the .txt"
    assert found["sample_00000001"].coarse == "A man looks down."


def test_what_has_no_field_here_is_kept_in_the_columns_of_the_source(tmp_path: Path) -> None:
    entry = {
        "smp_reason_caption": "New.",
        "reason_caption": "Old.",
        "peak_index": 7,
        "whisper": [1],
    }
    (tmp_path / "MERR_fine_grained.json").write_text(json.dumps({"a": entry, "b": {"text": "Hm"}}))
    (tmp_path / "MERR_fine_grained.txt").write_text("a 9 sad -0.6123267412185669\nb 9 sad 0.50\n")
    a, b = merr.read(tmp_path)
    assert a.fine == "New."
    assert {"reason_caption": "Old.", "peak_index": "7", "whisper": "[1]"}.items() <= dict(
        a.source.columns
    ).items()
    assert dict(b.source.columns) == {"valence": "0.50"}
    assert isinstance(b.peak, Missing)
    assert str(b.peak) == "the import does not tell it"


@pytest.mark.parametrize(
    "number", ["-0.61232674", "-0.6123267412185669", "3.50", "0.0", "1e-3", "-10"]
)
def test_a_valence_is_written_as_it_was_read(tmp_path: Path, number: str) -> None:
    (tmp_path / "MERR_fine_grained.txt").write_text(f"a 9 sad {number}\n")
    (one,) = merr.read(tmp_path)
    (other,) = merr.read(tmp_path)
    merr.write([replace(one, fine="He is sad.")], tmp_path, About(root=tmp_path))
    assert (tmp_path / "MERR_fine_grained.txt").read_text() == f"a 9 sad {number}\n"
    changed = replace(other, fine="He is sad.", valence=0.1)
    merr.write([changed], tmp_path, About(root=tmp_path))
    assert (tmp_path / "MERR_fine_grained.txt").read_text() == "a 9 sad 0.5\n"


@pytest.mark.parametrize(
    ("face", "listed"),
    [
        ("Eyes widened, Wide-mouthed.", ["Eyes widened", "Wide-mouthed"]),
        ("Eyes widened, Eyes closed.", ["Eyes widened", "Eyes closed"]),
        ("He smiles, a little.", ["He smiles", "a little."]),
    ],
)
def test_phrases_are_those_of_the_table_without_the_mark_of_their_sentence(
    tmp_path: Path, face: str, listed: list[str]
) -> None:
    merr.write([made(face=face)], tmp_path, About(root=tmp_path))
    entry = json.loads((tmp_path / "MERR_fine_grained.json").read_text())["clip"]
    assert entry["visual_prior_list"] == listed
    assert [one.face for one in merr.read(tmp_path)] == [face]


def test_older_names_of_the_files_are_known(tmp_path: Path) -> None:
    merr.write([made("a"), made("b")], tmp_path, About(root=tmp_path))
    older = {
        "MERR_fine_grained.txt": "target_label_list_0512_smp.txt",
        "MERR_fine_grained.json": "0512_target_smp_end.json",
        "MERR_coarse_grained.json": "AU_filter_merge.json",
    }
    new = merr.read(tmp_path)
    for name, old in older.items():
        (tmp_path / name).rename(tmp_path / old)
    (tmp_path / "MERR_coarse_grained.txt").unlink()
    assert merr.read(tmp_path) == new
    assert len(merr.read(tmp_path / "0512_target_smp_end.json")) == 2


def test_one_of_the_files_names_its_kind(tmp_path: Path) -> None:
    made_merr.make(tmp_path)
    coarse = merr.read(tmp_path / "MERR_coarse_grained.json")
    assert [one.id for one in coarse] == ["sample_00000001"]


def test_damage_is_told_by_file_and_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no MERR"):
        merr.read(tmp_path)
    cases = {
        '{"a": {"peak_index": 1.5}}': "row 1, column 'peak_index': wanted a text",
        '{"a": {"AU_list": "AU01"}}': "row 1, column 'AU_list': wanted a list",
        '{"a": {"pseu_emotion": "glad"}}': "'glad' is no label",
        '{"a": {"other": "x"}}': "no field of MERR",
        "[": "not JSON",
    }
    for content, match in cases.items():
        (tmp_path / "MERR_fine_grained.json").write_text(content)
        with pytest.raises(InputError, match=match):
            merr.read(tmp_path)
    (tmp_path / "MERR_fine_grained.json").unlink()
    lines = {"a 1": "row 1: wanted", "a x sad": "number of frames", "a 1 sad b": "as valence",
             "a 1 sad\na 2 sad": "row 2: 'a' stands twice"}  # fmt: skip
    for content, match in lines.items():
        (tmp_path / "MERR_fine_grained.txt").write_text(content)
        with pytest.raises(InputError, match=match):
            merr.read(tmp_path)
