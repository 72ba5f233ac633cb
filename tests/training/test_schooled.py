"""What a school taught is what a run's streams are shown through, in every model that it writes."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.training.schools.made_school import own, pupils
from tests.training.toys import system

from affectlens.encoders import encode
from affectlens.encoders.encoder import Source
from affectlens.encoders.view import View
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part, use
from affectlens.model import checkpoint, enclosed
from affectlens.model.declaration import Stream, System
from affectlens.training import beginning, gathered
from affectlens.training.folder import RunFolder
from affectlens.training.item import Item
from affectlens.training.publishing import publish
from affectlens.training.recipe import Recipe, Start
from affectlens.training.schooled import schooled

CPU = Place(device="cpu")
Sources = Mapping[str, Sequence[Item]]


def watching(weights: str = "tiny", name: str = "face_cnn") -> System:
    """A system that sees faces through the small encoder."""
    settings = {"weights": weights, "width": 16} if name == "face_cnn" else {}
    seen = Source(use(name, **settings), View(of="middle_frame"), "tokens")
    return system((Stream(name="seen", sources=(seen,), connector=Part("pooled_linear")),))


def weights_of(found: System) -> str:
    return enclosed.weights_of(found.streams[0].sources[0])


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return pupils(tmp_path_factory.mktemp("faces"), 12, 3)


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return own(tmp_path, epochs=1, batch=4).recipe


@pytest.fixture
def taught(recipe: Recipe, sources: Sources, tmp_path: Path) -> tuple[System, RunFolder]:
    """A run's system after school."""
    folder = RunFolder(tmp_path / "run")
    return schooled(recipe, watching(), sources, folder), folder


def published(taught: tuple[System, RunFolder], recipe: Recipe) -> Path:
    """The model of a run whose only stage wrote its best checkpoint."""
    found, folder = taught
    folder.claim(recipe)
    model, processor = checkpoint.create(found, place=CPU)
    best = folder.stage("one") / "best"
    best.mkdir(parents=True)
    gathered.write_model(model, processor, gathered.tensors(model), best)
    publish(folder, "one")
    return publish(folder)


def test_streams_take_what_was_taught(taught: tuple[System, RunFolder]) -> None:
    found, folder = taught
    assert Path(weights_of(found)) == folder.path / "encoders" / "face"
    source = found.streams[0].sources[0]
    assert encode.fingerprint(source, CPU) != encode.fingerprint(
        watching().streams[0].sources[0], CPU
    )


def test_a_checkpoint_of_the_run_loads(taught: tuple[System, RunFolder], recipe: Recipe) -> None:
    published(taught, recipe)
    loaded = checkpoint.load(str(taught[1].stage("one") / "best"), place=CPU)
    assert weights_of(loaded.processor.system) == weights_of(taught[0])


def test_the_model_of_a_run_can_be_moved_without_it(
    taught: tuple[System, RunFolder], recipe: Recipe, tmp_path: Path
) -> None:
    published(taught, recipe).rename(tmp_path / "shipped")
    shutil.rmtree(taught[1].path)
    loaded = checkpoint.load(str(tmp_path / "shipped"), place=CPU)
    source = loaded.processor.system.streams[0].sources[0]
    assert Path(enclosed.weights_of(source)) == tmp_path / "shipped" / "encoders" / "face"
    assert encode.fingerprint(source, CPU)
    texts = [path.read_text("utf-8") for path in (tmp_path / "shipped").glob("*.json")]
    assert not [text for text in texts if str(tmp_path) in text]


def test_the_models_of_stages_and_run_are_the_same(
    taught: tuple[System, RunFolder], recipe: Recipe
) -> None:
    model = published(taught, recipe)
    stage = taught[1].stage_model("one")
    ours, theirs = (
        {path.relative_to(place): path.read_bytes() for path in place.rglob("*") if path.is_file()}
        for place in (model, stage)
    )
    assert ours == theirs
    told = json.loads((model / "manifest.json").read_text("utf-8"))
    assert "encoders/face/model.safetensors" in told["files"]


def test_a_look_at_a_recipe_teaches_nothing(
    recipe: Recipe, sources: Sources, tmp_path: Path
) -> None:
    found = schooled(recipe, watching("./encoders/face"), sources, None)
    assert weights_of(found) == "tiny"
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_starts_from_a_model_has_its_encoders(
    taught: tuple[System, RunFolder], recipe: Recipe
) -> None:
    model = published(taught, recipe)
    onward = replace(recipe, schools={}, start=Start(model=str(model)))
    found = schooled(onward, watching("./encoders/face"), {}, None)
    assert Path(weights_of(found)) == model / "encoders" / "face"


def test_a_school_teaches_anew_what_a_run_starts_from(
    taught: tuple[System, RunFolder],
    recipe: Recipe,
    sources: Sources,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    onward = replace(recipe, start=Start(model=str(published(taught, recipe))))
    declared = watching("./encoders/face")
    monkeypatch.setattr(beginning, "system_of", lambda _: declared)
    beginning.begin(onward, schooled(onward, declared, sources, None))  # a look refuses nothing
    again = schooled(onward, declared, sources, RunFolder(tmp_path / "again"))
    loaded, _ = beginning.begin(onward, again)
    assert Path(weights_of(loaded.processor.system)) == tmp_path / "again" / "encoders" / "face"
    assert loaded.model.config.declaration == loaded.processor.system


def test_an_encoder_that_nobody_taught_is_told(recipe: Recipe) -> None:
    alone = replace(recipe, schools={})
    with pytest.raises(ConfigError, match=r"schools\.face"):
        schooled(alone, watching("./encoders/face"), {}, None)


@pytest.mark.parametrize(("encoder", "why"), [("tiny", "no stream"), ("face_cnn", "be taught")])
def test_a_school_whose_encoder_is_not_there_is_told(
    recipe: Recipe, encoder: str, why: str
) -> None:
    other = "tiny" if encoder == "face_cnn" else "face_cnn"
    school = replace(recipe.schools["face"], encoder=other if why == "be taught" else encoder)
    seen = watching(name="tiny") if why == "be taught" else watching()
    with pytest.raises(ConfigError, match=why):
        schooled(replace(recipe, schools={"face": school}), seen, {}, None)
