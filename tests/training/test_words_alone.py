"""Clips of words alone are learned from where words are read; nothing is encoded for them."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.training import toys
from tests.training.made_data import folder, one

from affectlens.annotation.annotation import Annotation, Media
from affectlens.corpora import toy
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part
from affectlens.model import checkpoint
from affectlens.model.declaration import System
from affectlens.training import beginning
from affectlens.training.augment import Augment
from affectlens.training.draw import Lesson
from affectlens.training.engine import Engine, Keep
from affectlens.training.featured import featured, make
from affectlens.training.item import Sources
from affectlens.training.lessons import Lessons
from affectlens.training.prepared import prepare, sources_of
from affectlens.training.recipe import Data, Develop, Dropout, Recipe, Stage
from affectlens.training.run import run
from affectlens.training.teaching import Teacher, held_draws

MOODS = ("happy", "sad", "angry")


def said(name: str, subtitle: str | Missing, **fields: Any) -> Annotation:
    """Of which nothing tells of a file."""
    return replace(one(name, subtitle=subtitle, **fields), media=Media())


def texts(root: Path, clips: Sequence[Annotation] | None = None) -> Data:
    made = clips or [
        said(f"t{n}", f"It is {n}.", label=MOODS[n % 3], split="dev" if n > 5 else "train")
        for n in range(9)
    ]
    return Data(path=str(folder(root / "texts", made, media=False)))


def recipe(data: Data, **settings: Any) -> Recipe:
    return Recipe(
        system=Part("emotion_llama"),
        size="tiny",
        data={"texts": data},
        stages={"only": Stage(epochs=2, batch=3)},
        engine=Engine(device="cpu", precision="float32", threads=1),
        keep=Keep(tensorboard=False),
        **settings,
    )


def teacher(made: Recipe, system: System, folder: Path) -> Teacher:
    kept = featured(made, system, folder)
    return Teacher(recipe=made, stage=made.stages["only"], system=system, featured=kept)


def test_a_system_with_streams_is_trained_on_words_alone(tmp_path: Path) -> None:
    done = run(recipe(texts(tmp_path)), tmp_path / "run")
    assert done.stages["only"].steps == 4
    assert (tmp_path / "run" / "model").is_dir()
    assert not [*(tmp_path / "run" / "features").rglob("*.safetensors")], "nothing is encoded"


def test_words_of_a_lost_file_are_no_words_alone(tmp_path: Path) -> None:
    clips = [
        said("a", "Well.", label="happy"),
        one("b", label="sad", subtitle="Oh."),  # it names a file, which is not there
        said("c", Missing("nothing is said"), label="sad"),
        said("d", " - ", label="sad"),
    ]
    made = recipe(texts(tmp_path, clips))
    sources = sources_of(made)
    own = teacher(made, beginning.system_of(made), tmp_path)
    absent = [own.has_media("texts", item) for item in sources["texts"]]
    assert absent[0] is None
    assert "media/b.wav" in str(absent[1])
    assert "nothing tells of a file" in str(absent[2])
    deaf = replace(toys.seeing(), name="deaf")
    assert teacher(made, deaf, tmp_path).has_media("texts", sources["texts"][0]) is not None


def test_words_that_are_learned_and_developed_on_stop_the_run(tmp_path: Path) -> None:
    clips = [
        said("a", "Well, well.", label="happy"),
        said("b", "Oh.", label="sad"),
        said("c", "well,  WELL.", label="happy", split="dev"),
    ]
    made = recipe(texts(tmp_path, clips))
    own = teacher(made, beginning.system_of(made), tmp_path)
    with pytest.raises(ConfigError, match="'a' of texts is 'c' of texts"):
        prepare(sources_of(made), own, None)
    dropping = replace(made, leaks="drop")
    ready = prepare(sources_of(dropping), replace(own, recipe=dropping), None)["only"]
    assert ready.survey.counts["texts"]["leaks"] == 1


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """Filmed clips with copies, and pairs of them."""
    root = tmp_path_factory.mktemp("filmed")
    toy.make(root / "data", 6, 7, ("happy", "sad"))
    films = Data(
        path=str(root / "data" / "manifest.csv"),
        format="manifest",
        split="",
        augment=Augment(copies=2),
    )
    pairs = {"count": "4", "voice": "films", "face": "films"}
    return replace(
        toys.recipe(),
        data={"films": films, "pairs": Data(format="matched", options=pairs)},
        stages={"only": Stage(epochs=3, batch=2)},
        develop=Develop(split="nobody's"),
    )


def learned(made: Recipe, kept: Path) -> tuple[Lessons, Teacher, Sources]:
    """What a process that begins anew would learn."""
    system = toys.system()
    sources = sources_of(made)
    own = teacher(made, system, kept)
    ready = prepare(sources, own, None)["only"]
    make(sources, {n: range(len(one)) for n, one in sources.items()}, own.featured)
    loaded = checkpoint.create(system, place=Place(device="cpu"), seed=1)
    return Lessons(ready.plan, sources, own, loaded.processor, Dropout(stream=0.3)), own, sources


def shown(lesson: Any) -> dict[str, object]:
    assert isinstance(lesson, Lesson), lesson
    return {
        name: one if isinstance(one, Missing) else one[0].values_TD.tobytes()
        for name, one in lesson.example.features.items()
    }


def test_a_run_that_goes_on_is_shown_the_same_copies(filmed: Recipe, tmp_path: Path) -> None:
    first, _, sources = learned(filmed, tmp_path)
    second, *_ = learned(filmed, tmp_path)
    places = range(len(first))
    whole = [shown(first[place]) for place in places]
    resumed = [shown(second[place]) for place in reversed(places)][::-1]
    assert whole == resumed
    heard = {one["heard"] for one in whole if isinstance(one["heard"], bytes)}
    assert len(heard) > len(sources["films"]), "more than the clips as they are"


def test_what_is_developed_on_is_shown_as_it_is(filmed: Recipe, tmp_path: Path) -> None:
    _, own, sources = learned(filmed, tmp_path)
    draws = held_draws(own, sources, [("films", n) for n in range(4)])
    assert not any(draw.copied for draw in draws)
    for draw in draws:
        item = sources["films"][draw.index]
        example = own(item, replace(draw, seed=draw.seed + 1), random.Random(1))  # noqa: S311
        assert not isinstance(example, Missing)
        heard = example.features["heard"]
        plain = own.featured.features_of("films", item)["heard"]
        assert not isinstance(heard, Missing)
        assert not isinstance(plain, Missing)
        assert np.array_equal(heard[0].values_TD, plain[0].values_TD)
