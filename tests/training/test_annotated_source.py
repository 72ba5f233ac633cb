"""A corpus that a recipe has annotated first: chosen, described by rule, with people's labels."""

import pickle
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from tests.annotation.sets import tone

from affectlens.corpora.corpus import ALONE, Corpus, Sample
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part
from affectlens.training.material import open_source
from affectlens.training.recipe import Data
from affectlens.training.sources.annotated import Config, chosen, make, read, recipe_for

LEDGER = Path("work") / "ledger.jsonl"
CORPUS = Corpus(name="manifest", samples=(), space=DFEW7)


def samples(**counts: int) -> tuple[Sample, ...]:
    """So many samples of each label, with media that nobody opens."""
    return tuple(
        Sample(id=f"{label}{n}", media=Path(f"{label}{n}.wav"), label=label)
        for label, count in counts.items()
        for n in range(count)
    )


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five tones with labels, one without, and words alone; a cache without models."""
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AFFECTLENS_OFFLINE", "1")
    labels = ["happy", "sad", "sad", "angry", "fear", ""]
    rows = ["id,path,label,subtitle,split"]
    for number, label in enumerate(labels):
        file = tone(tmp_path / f"c{number}.wav", number)
        split = "dev" if number == 1 else ""
        rows.append(f"c{number},{file.name},{label},I am so {label or 'quiet'} today.,{split}")
    rows.append("w,,happy,Words alone.,")
    path = tmp_path / "m.csv"
    path.write_text("\n".join(rows))
    return path


def data(path: Path, **options: str) -> Data:
    return Data(path=str(path), format="annotated", options={"corpus": "manifest", **options})


def test_clips_are_chosen_evenly_over_labels_and_stay_in_their_order() -> None:
    corpus = replace(CORPUS, samples=samples(happy=50, sad=3, fear=20))
    some = chosen(corpus, 15)
    assert Counter(one.label for one in some) == {"happy": 6, "sad": 3, "fear": 6}
    places = [corpus.samples.index(one) for one in some]
    assert places == sorted(places)
    assert chosen(corpus, 0) == corpus.samples
    assert chosen(corpus, 1000) == corpus.samples


def test_the_same_clips_are_chosen_whatever_their_order_and_fewer_are_of_those() -> None:
    corpus = replace(CORPUS, samples=samples(happy=50, sad=30, fear=20))
    turned = replace(corpus, samples=corpus.samples[::-1])
    some = {one.id for one in chosen(corpus, 15)}
    assert {one.id for one in chosen(turned, 15)} == some
    assert {one.id for one in chosen(corpus, 10)} < some
    assert some != {one.id for one in corpus.samples[:15]}


def test_only_what_has_media_or_is_words_and_has_a_label_is_annotated() -> None:
    labelled = (*samples(happy=2), Sample(id="words", label="sad", media=ALONE, subtitle="Oh."))
    others = (
        Sample(id="lost", label="sad", media=Missing("there is no file"), subtitle="Oh."),
        Sample(id="mute", label="sad", media=ALONE),
        Sample(id="torn", media=Path("torn.wav"), label=Missing("two labels have 5 votes each")),
    )
    assert chosen(replace(CORPUS, samples=(*labelled, *others)), 0) == labelled
    free = replace(CORPUS, samples=(*labelled, *others), space=None)
    assert [one.id for one in chosen(free, 0)] == ["happy0", "happy1", "words", "torn"]


def test_people_s_labels_stay_and_face_crops_are_seen_as_such() -> None:
    plain = recipe_for(CORPUS, "MIT")
    assert plain.label == "given"
    assert plain.analysis.model == "rules"
    assert plain.analysis.reasoning.label_space == "dfew7"
    assert plain.analysis.perception.faces.detector == "blazeface"
    assert (plain.output.media, plain.output.formats, plain.output.licence) == ("refer", (), "MIT")
    crops = recipe_for(replace(CORPUS, name="ferplus"), "")
    assert crops.analysis.perception.faces.detector == "whole"
    assert recipe_for(replace(CORPUS, space=None), "").label == "auto"


def test_a_recipe_s_options_reach_the_corpus(manifest: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"data\.x\.options.*'corpus.spce'.*Did you mean 'corpus.space'"
    ):
        open_source("x", data(manifest, **{"corpus.spce": "dfew7"}))
    with pytest.raises(ConfigError, match=r"There is no 'ravdes'.*Did you mean 'ravdess'"):
        open_source("x", data(manifest, corpus="ravdes"))
    with pytest.raises(ConfigError, match="most and workers are 0 or more"):
        open_source("x", data(manifest, most="-1"))


def test_a_corpus_is_annotated_once_and_read_with_labels_splits_and_words(manifest: Path) -> None:
    stages: list[str] = []
    asked = Config(corpus=Part("manifest", {"space": "dfew7"}), workers=1)
    make(manifest, asked, progress=lambda stage, share: stages.append(stage))
    assert "annotating" in stages
    found = read(manifest, asked)
    assert [item.id for item in found] == [*(f"c{n}" for n in range(5)), "w"]
    *films, words = found
    assert (words.annotation.label, words.annotation.subtitle) == ("happy", "Words alone.")
    assert words.annotation.person == "T1"
    assert [clue.kind for clue in words.annotation.clues] == ["quote"]
    for item in films:
        one = item.annotation
        assert one.label == one.given
        assert one.subtitle == f"I am so {one.label} today."
        assert isinstance(one.split, Missing) is (one.id != "c1")
        assert isinstance(item.media, Path)
        assert item.media.samefile(manifest.parent / f"{one.id}.wav")
    put = {i.id: i.annotation.split for i in read(manifest, replace(asked, split="held"))}
    assert put == dict.fromkeys(("c0", "c1", "c2", "c3", "c4", "w"), "held") | {"c1": "dev"}
    assert pickle.loads(pickle.dumps(found))[0].id == "c0"  # noqa: S301 - our own
    (folder,) = (manifest.parent / "home" / "annotated").glob("*[!s]/")
    before = {p: p.stat().st_mtime_ns for p in (folder / "annotations.jsonl", folder / LEDGER)}
    again: list[str] = []
    make(manifest, asked, progress=lambda stage, share: again.append(stage))
    assert "annotating" not in again
    assert {p: p.stat().st_mtime_ns for p in before} == before
    rows = (folder / LEDGER).read_text().splitlines(keepends=True)
    (folder / LEDGER).write_text("".join(rows[:3]))  # as a run that was killed leaves it
    make(manifest, asked, progress=lambda stage, share: again.append(stage))
    assert again.count("annotating") == 3
    assert [item.annotation for item in read(manifest, asked)] == [i.annotation for i in found]


def test_a_corpus_of_which_nothing_can_be_described_is_refused_with_where_to_look(
    manifest: Path,
) -> None:
    for file in manifest.parent.glob("*.wav"):
        file.write_bytes(b"no sound at all")
    manifest.write_text("\n".join(manifest.read_text().splitlines()[:-1]))  # without the words
    with pytest.raises(InputError, match=r"None of the 5 clips.*rejected\.jsonl"):
        open_source("x", data(manifest, workers="1"))
