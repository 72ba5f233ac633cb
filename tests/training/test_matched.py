"""Clips put together of others: labels and splits never mix, nothing is encoded twice."""

import pickle
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.corpora.placing import put
from tests.reasoning.scenes import smile
from tests.training import toys
from tests.training.made_data import folder, looked_at, one, recipe
from tests.training.toys import PICTURE, SOUND

from affectlens.clues.gather import gather
from affectlens.corpora import toy
from affectlens.emotions.spaces import space
from affectlens.encoders.features import Features
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.training.augment import Augment
from affectlens.training.featured import Featured, Found, featured, make
from affectlens.training.item import Sources, contents_of
from affectlens.training.leaks import checked
from affectlens.training.prepared import sources_of
from affectlens.training.recipe import Data, Develop, Recipe
from affectlens.training.tasks import label_of

MOODS = ("happy", "sad", "angry")
ALL: Mapping[str, str] = {"voice": "voices", "face": "faces", "words": "texts"}


def parts(root: Path) -> dict[str, Data]:
    """Voices and faces of three moods, texts of two that call them otherwise; some are held."""
    held = {True: {"split": "dev"}, False: {}}
    clips: dict[str, list[Any]] = {"voices": [], "faces": [], "texts": []}
    for number in range(12):
        mood, split = MOODS[number % 3], held[number % 4 == 3]
        clips["voices"].append(one(f"v{number}", label=mood, subtitle="Dogs sit.", **split))
        clips["faces"].append(one(f"f{number}", label=mood, **split))
        joy = {"happy": "joy", "sad": "sorrow"}.get(mood, "curious")
        said = one(f"t{number}", label=joy, subtitle=f"It is {number}.", **split)
        clips["texts"].append(replace(said, media=type(said.media)()))
    data = {
        n: Data(path=str(folder(root / n, own, media=n != "texts"))) for n, own in clips.items()
    }
    labels = {"joy": "happy", "sorrow": "sad", "curious": ""}
    return {**data, "texts": replace(data["texts"], labels=labels)}


def made(root: Path, options: Mapping[str, str] = ALL, **settings: Any) -> Recipe:
    matched = {"triples": Data(format="matched", options={"count": "40", **options})}
    return recipe({**parts(root), **matched}, {"emotion": 1}, **settings)


def test_labels_and_splits_never_mix_and_labels_come_evenly(tmp_path: Path) -> None:
    made_of = made(tmp_path)
    sources = sources_of(made_of)
    assert [*sources] == ["voices", "faces", "texts", "triples"]
    assert len(sources["triples"]) == 40
    labels: Counter[object] = Counter()
    used: dict[str, set[str]] = {"voice": set(), "face": set(), "words": set()}
    for own in sources["triples"]:
        found = {
            label_of(part.item, space(made_of.space), made_of.data[part.data].labels)
            for part in own.parts.values()
        }
        assert found == {own.annotation.label}
        assert [*own.parts] == ["voice", "face", "words"]
        for role, part in own.parts.items():
            assert part.item.annotation.split != "dev"
            assert sources[part.data][part.number] == part.item
            assert ALL[role] == part.data
            used[role].add(part.item.id)
        assert own.annotation.subtitle == own.parts["words"].item.annotation.subtitle
        assert own.annotation.split == "train"
        labels[own.annotation.label] += 1
    assert labels == {"happy": 20, "sad": 20}, "a label that one part lacks is left out"
    assert used["voice"] == {"v0", "v1", "v4", "v6", "v9", "v10"}
    assert len({own.id for own in sources["triples"]}) == 40


def test_a_recipe_puts_the_same_together_again_and_another_seed_other_ones(tmp_path: Path) -> None:
    def told(seed: int) -> list[str]:
        return [own.place for own in sources_of(made(tmp_path, seed=seed))["triples"]]

    assert told(1) == told(1)
    assert told(1) != told(2)
    travelled = pickle.loads(pickle.dumps(sources_of(made(tmp_path, seed=1))))  # noqa: S301
    assert [own.place for own in travelled["triples"]] == told(1)


def test_what_is_held_back_is_put_together_of_what_is_held_back(tmp_path: Path) -> None:
    made_of = made(tmp_path, {**ALL, "split": "dev"}, develop=Develop(data=("triples",)))
    found = sources_of(made_of)["triples"]
    assert {part.item.annotation.split for own in found for part in own.parts.values()} == {"dev"}
    assert {own.annotation.split for own in found} == {"dev"}
    shared = Develop(share=0.5)  # of clips that are in no split
    trained = sources_of(made(tmp_path, develop=shared))["triples"]
    held = sources_of(made(tmp_path, {**ALL, "split": "dev"}, develop=shared))["triples"]
    ids = [
        {part.item.id for own in some for part in own.parts.values()} for some in (trained, held)
    ]
    assert not ids[0] & ids[1]


def test_options_that_fit_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="two or three of voice, face and words"):
        sources_of(made(tmp_path, {"voice": "voices"}))
    with pytest.raises(ConfigError, match=r"options\.face names 'faxes'.*voices, faces, texts"):
        sources_of(made(tmp_path, {"voice": "voices", "face": "faxes"}))
    with pytest.raises(ConfigError, match=r"no label of .* voices has none"):
        sources_of(made(tmp_path, {**ALL, "split": "test"}))
    with pytest.raises(ConfigError, match=r"data\.triples\.options: .*'eyes'"):
        sources_of(made(tmp_path, {**ALL, "eyes": "faces"}))
    own = made(tmp_path)
    own = replace(
        own, data={**own.data, "triples": replace(own.data["triples"], augment=Augment(copies=2))}
    )
    with pytest.raises(ConfigError, match=r"the changed copies of its parts"):
        sources_of(own)


def test_leaks_are_those_of_the_parts(tmp_path: Path) -> None:
    """A voice that is learned in triples, and held back as itself under another name."""
    data = parts(tmp_path)
    x = folder(tmp_path / "x", [one("x", label="happy", split="dev")])
    put(x / "media" / "x.wav", "the bytes of v0")
    matched = Data(format="matched", options={"count": "40", "voice": "voices", "face": "faces"})
    whole = recipe(
        {**data, "held": Data(path=str(x)), "triples": matched},
        {"emotion": 1},
        learned=("triples",),
        develop=Develop(data=("held",)),
    )
    sources = sources_of(whole)
    found = looked_at(whole, sources, media=False)
    assert found.counts["triples"]["learned"] == 40
    with pytest.raises(ConfigError, match=r"'triples-\d+' of triples is 'x' of held"):
        checked(found, sources, whole)
    left = checked(found, sources, replace(whole, leaks="drop")).pools[0]
    assert 0 < len(left.indices) < 40
    for index in left.indices:
        assert sources["triples"][int(index)].parts["voice"].item.id != "v0"


def test_words_that_are_learned_and_held_back_are_a_leak(tmp_path: Path) -> None:
    data = parts(tmp_path)
    said = one("y", label="joy", subtitle=" it is  0. ", split="dev")
    held = folder(tmp_path / "y", [replace(said, media=type(said.media)())], media=False)
    matched = Data(format="matched", options={"count": "40", "words": "texts", "face": "faces"})
    held_data = Data(path=str(held), labels={"joy": "happy"})
    whole = recipe(
        {**data, "held": held_data, "triples": matched},
        {"emotion": 1},
        learned=("triples",),
        develop=Develop(data=("held",)),
    )
    sources = sources_of(whole)
    with pytest.raises(ConfigError, match=r"of triples is 'y' of held"):
        checked(looked_at(whole, sources, media=False), sources, whole)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("filmed")
    toy.make(root / "data", 4, 7, ("happy", "sad"))
    return root / "data" / "manifest.csv"


def pairs_of(filmed: Path, copies: int = 1) -> tuple[Recipe, Sources]:
    own = Data(path=str(filmed), format="manifest", split="", augment=Augment(copies=copies))
    train = {"count": "4", "voice": "one", "face": "two"}
    base = toys.recipe()
    whole = replace(
        base,
        data={
            "one": own,
            "two": replace(own, augment=Augment()),
            "pairs": Data(format="matched", options=train),
        },
    )
    return whole, sources_of(whole)


def values(found: Found, name: str) -> bytes:
    one = found[name]
    assert not isinstance(one, Missing), one
    assert isinstance(one[0], Features)
    return one[0].values_TD.tobytes()


def test_streams_are_those_of_the_parts_and_nothing_is_encoded_twice(
    filmed: Path, tmp_path: Path
) -> None:
    whole, sources = pairs_of(filmed)
    kept = featured(whole, toys.system(), tmp_path)
    told = make(sources, {"pairs": range(4)}, kept)
    pair = sources["pairs"][1]
    voice, face = pair.parts["voice"], pair.parts["face"]
    assert told.done == len(
        {(p.data, p.number) for i in range(4) for p in sources["pairs"][i].parts.values()}
    )
    found = kept.features_of("pairs", pair)
    folders = {path.parent.parent.name.split("-")[0] for path in tmp_path.rglob("*.safetensors")}
    assert folders == {"one", "two"}
    assert len([*tmp_path.rglob("*.safetensors")]) == told.done, "one stream of each part"
    again = make(sources, {"one": [voice.number], "two": [face.number], "pairs": range(4)}, kept)
    assert again.done == 2, "only the streams that no pair is shown"
    assert values(found, "heard") == values(kept.features_of("one", voice.item), "heard")
    assert values(found, "seen") == values(kept.features_of("two", face.item), "seen")


def test_copies_are_those_of_the_part_that_has_them(filmed: Path, tmp_path: Path) -> None:
    whole, sources = pairs_of(filmed, copies=2)
    kept = featured(whole, toys.system(), tmp_path)
    make(sources, {"pairs": [0]}, kept)
    found = [kept.features_of("pairs", sources["pairs"][0], seed) for seed in range(30)]
    assert len({values(own, "heard") for own in found}) == 3
    assert len({values(own, "seen") for own in found}) == 1
    make(sources, {"pairs": [1]}, kept, held={("pairs", 1)})
    assert values(kept.features_of("pairs", sources["pairs"][1]), "heard")


def test_a_part_that_is_not_there_is_missing_with_its_reason(filmed: Path, tmp_path: Path) -> None:
    whole, _ = pairs_of(filmed)
    said = replace(whole.data["pairs"], options={"count": "2", "voice": "one", "words": "two"})
    whole = replace(whole, data={**whole.data, "pairs": said})
    sources = sources_of(whole)
    kept: Featured = featured(whole, toys.system(), tmp_path)
    make(sources, {"pairs": [0]}, kept)
    found = kept.features_of("pairs", sources["pairs"][0])
    assert found["seen"] == Missing("no face is among its parts")
    assert values(found, "heard")


def test_a_clip_consists_of_its_parts_or_of_itself(filmed: Path) -> None:
    _, sources = pairs_of(filmed)
    pair = sources["pairs"][0]
    assert [name for name, _ in contents_of("pairs", pair)] == ["one", "two"]
    alone = sources["one"][0]
    assert contents_of("one", alone) == [("one", alone)]
    assert PICTURE.view != SOUND.view


def test_what_was_measured_of_the_parts_is_measured_of_one_person(tmp_path: Path) -> None:
    """A voice brings what was heard, a face what was seen; what else they had is not theirs."""
    clues = gather(smile())
    own = parts(tmp_path)
    for name, person in (("voices", "P1"), ("faces", "P1")):
        told = [one(f"{name}{n}", label="happy", clues=clues, person=person) for n in range(3)]
        own[name] = Data(path=str(folder(tmp_path / "told" / name, told)))
    data = {**own, "triples": Data(format="matched", options={"count": "3", **ALL})}
    found = sources_of(recipe(data, {"emotion": 1}))["triples"][0].annotation
    wanted = [
        c.kind for m in ("voice", "face") for c in clues if (c.modality, c.person) == (m, "P1")
    ]
    assert [clue.kind for clue in found.clues] == wanted
    assert wanted
    assert {clue.person for clue in found.clues} == {found.person}
    assert len({clue.id for clue in found.clues}) == len(wanted)
    plain = sources_of(made(tmp_path / "plain"))["triples"][0].annotation
    assert isinstance(plain.person, Missing), "nothing was measured, so nothing can be explained"
    still = sources_of(recipe({**data, "voices": own["faces"]}, {"emotion": 1}))["triples"]
    assert {c.modality for c in still[0].annotation.clues} <= {"voice", "face"}


def test_clips_lack_parts_as_often_as_was_said_and_what_was_measured_of_them(
    tmp_path: Path,
) -> None:
    clues = gather(smile())
    own = parts(tmp_path)
    told = [one(f"f{n}", label="happy", clues=clues, person="P1") for n in range(3)]
    own["faces"] = Data(path=str(folder(tmp_path / "told", told)))
    options = {"count": "400", "lacking": "0.5", **ALL}
    found = sources_of(
        recipe({**own, "triples": Data(format="matched", options=options)}, {"emotion": 1})
    )["triples"]
    counts = Counter(tuple(item.parts) for item in found)
    assert len(counts) == 7, "each of the parts alone, two of them, and all"
    assert 160 < counts[("voice", "face", "words")] < 240
    for item in found:
        assert bool(item.annotation.clues) == ("face" in item.parts)
        assert isinstance(item.annotation.subtitle, str) == ("words" in item.parts)
    with pytest.raises(ConfigError, match="lacking is 0 to 1"):
        sources_of(made(tmp_path, {**ALL, "lacking": "2"}))
