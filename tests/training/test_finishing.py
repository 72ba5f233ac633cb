"""A run ends with a model that is calibrated and says what it was made of, once."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from affectlens.foundation.device import Place
from affectlens.foundation.errors import InputError
from affectlens.foundation.part import Part
from affectlens.model import calibration, checkpoint
from affectlens.model.checkpoint import TRAINED
from affectlens.training import provenance
from affectlens.training.card import write_card
from affectlens.training.engine import Engine, Keep
from affectlens.training.provenance import plainly
from affectlens.training.recipe import Data, Recipe, Stage
from affectlens.training.run import run

LICENCE = "CC BY-NC-SA 4.0"
WORDS = {"happy": "what a day", "sad": "he is gone", "angry": "stop that now", "neutral": "yes"}


def table(folder: Path, held: int) -> Path:
    """Clips of words alone, whose words tell the label."""
    rows = ["path,label,subtitle,split,sex"]
    for number in range(24 + held):
        label = list(WORDS)[number % 4]
        split = "train" if number < 24 else "dev"
        sex = ("female", "male")[number // 4 % 2]
        rows.append(f"{number}.wav,{label},{WORDS[label]} {number},{split},{sex}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "words.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def recipe(path: Path) -> Recipe:
    return Recipe(
        name="small",
        licence=LICENCE,
        system=Part("words"),
        size="tiny",
        space="mer6",
        data={"mine": Data(path=str(path), format="manifest")},
        stages={"first": Stage(batch=8, micro_batch=8), "last": Stage(batch=8, micro_batch=8)},
        keep=Keep(tensorboard=False, precision="float16"),
        engine=Engine(device="cpu", precision="float32", threads=1),
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Path]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("finished")
    one = recipe(table(folder / "data", held=32))
    run(one, folder / "run")
    return one, folder / "run"


def told(path: Path) -> dict[str, Any]:
    return provenance.read(path / "model")


def test_the_model_is_calibrated_and_smaller(done: tuple[Recipe, Path]) -> None:
    one, path = done
    found = calibration.read(path / "model")
    assert found is not None
    assert set(found.fits) == {"", "subtitle"}
    assert found.fits["subtitle"].clips == 32
    assert found.space == one.space
    assert found.threshold is not None
    with safe_open(path / "model" / TRAINED, "pt") as file:
        assert file.metadata()["licence"] == LICENCE
        dtypes = {str(file.get_tensor(key).dtype) for key in file.keys()}  # noqa: SIM118
    assert dtypes == {"torch.float16"}
    checkpoint.load(str(path / "model"), place=Place(device="cpu"))


def test_models_of_stages_stay_as_they_were_trained(done: tuple[Recipe, Path]) -> None:
    _, path = done
    stage = path / "stages" / "last" / "model"
    assert not (stage / calibration.FILE).exists()
    with safe_open(stage / TRAINED, "pt") as file:
        assert {str(file.get_tensor(key).dtype) for key in file.keys()} == {"torch.float32"}  # noqa: SIM118


def test_what_it_was_made_of(done: tuple[Recipe, Path]) -> None:
    one, path = done
    found = told(path)
    clips = {"happy": 8, "sad": 8, "angry": 8, "neutral": 8}
    assert found["data"]["mine"]["clips"]["dev"] == clips
    assert found["data"]["mine"]["path"] == "words.csv"
    assert set(found["stages"]) == {"first", "last"}
    assert found["stages"]["last"]["samples"] == 24
    assert found["stages"]["last"]["best"]["development"]["clips"] == 32
    assert found["recipe_sha256"] == one.sha256
    assert found["seed"] == one.seed
    assert found["code"]["affectlens"]
    assert re.fullmatch("[0-9a-f]{64}", found["code"]["files_sha256"])
    assert found["development"]["sex"]["female"]["clips"] == 16
    assert found["development"]["all"]["clips"] == 32
    assert "not_calibrated" not in found


def test_no_file_of_the_model_has_a_path_of_this_machine(done: tuple[Recipe, Path]) -> None:
    _, path = done
    for file in (path / "model").iterdir():
        assert str(path.parent).encode() not in file.read_bytes(), file.name


def test_a_run_that_is_done_is_not_finished_again(done: tuple[Recipe, Path]) -> None:
    one, path = done
    before = {file: file.stat().st_mtime_ns for file in (path / "model").iterdir()}
    run(one, path)
    assert {file: file.stat().st_mtime_ns for file in (path / "model").iterdir()} == before


def test_killed_before_its_end_it_is_finished_by_the_same_command(
    done: tuple[Recipe, Path], tmp_path: Path
) -> None:
    """All but the date and the hours is the same."""
    one, path = done
    again = shutil.copytree(path, tmp_path / "run")
    (again / "model").rename(again / ".model.part")
    run(one, again)
    assert calibration.read(again / "model") == calibration.read(path / "model")
    assert without_time(told(again)) == without_time(told(path))
    assert not (again / ".model.part").exists()


def without_time(found: dict[str, Any]) -> dict[str, Any]:
    stages = {
        name: {key: value for key, value in one.items() if key != "hours"}
        for name, one in found["stages"].items()
    }
    return {key: value for key, value in found.items() if key != "date"} | {"stages": stages}


def test_another_precision_is_another_model_of_the_same_weights(
    done: tuple[Recipe, Path], tmp_path: Path
) -> None:
    one, path = done
    again = shutil.copytree(path, tmp_path / "run")
    wide = replace(one, keep=replace(one.keep, precision="float32"), licence="MIT")
    assert run(wide, again).stages == {}
    with safe_open(again / "model" / TRAINED, "pt") as file:
        assert file.metadata()["licence"] == "MIT"
        assert {str(file.get_tensor(key).dtype) for key in file.keys()} == {"torch.float32"}  # noqa: SIM118


def test_with_few_clips_it_says_that_it_is_not_calibrated(tmp_path: Path) -> None:
    one = recipe(table(tmp_path / "data", held=6))
    stages = {"last": one.stages["last"]}
    check_uncalibrated(replace(one, stages=stages), tmp_path / "run", "6 clips with a label")


def test_who_wants_no_calibration_gets_none(done: tuple[Recipe, Path], tmp_path: Path) -> None:
    one, path = done
    keep = replace(one.keep, calibrate=False)
    again = shutil.copytree(path, tmp_path / "run")
    check_uncalibrated(replace(one, keep=keep), again, "keep.calibrate is off")


def check_uncalibrated(one: Recipe, path: Path, why: str) -> None:
    heard: list[str] = []
    run(one, path, tell=heard.append)
    assert any(sentence.startswith(f"The model is not calibrated: {why}") for sentence in heard)
    assert calibration.read(path / "model") is None
    assert told(path)["not_calibrated"].startswith(why)
    assert f"It is not calibrated: {why}" in (path / "model" / "README.md").read_text("utf-8")


def test_paths_are_told_by_their_last_names() -> None:
    plain = {"a": ["/mnt/of/me/data", "../shared/ravdess", "C:/data/x", "~/y"], "b": "owner/name"}
    assert plainly(plain) == {"a": ["data", "ravdess", "x", "y"], "b": "owner/name"}
    assert plainly(["./encoders/face", "runs/one", 3, None]) == [
        "./encoders/face", "runs/one", 3, None,
    ]  # fmt: skip


def test_the_card_tells_licence_data_limits_and_numbers(done: tuple[Recipe, Path]) -> None:
    card = (done[1] / "model" / "README.md").read_text("utf-8")
    assert 'license: "cc-by-nc-sa-4.0"' in card
    for words in (
        "under CC BY-NC-SA 4.0; their files say so",
        "Article 5(1)(f)",
        "policing",
        "An expression is not a feeling",
        "| sex: female | 16 |",
        "| subtitle | 32 |",
        "dev 32, train 24",
        "No results on clips that decided nothing",
    ):
        assert words in card


RESULT = {
    "metric": "uar",
    "value": 0.7512,
    "low": 0.7,
    "high": 0.801,
    "n": 120,
    "what": "RAVDESS, actors 19–20, voice alone",
    "command": "affectlens evaluate run",
}


def test_results_that_lie_beside_it_are_told(done: tuple[Recipe, Path], tmp_path: Path) -> None:
    model = shutil.copytree(done[1] / "model", tmp_path / "model")
    before = (model / "README.md").read_bytes()
    assert write_card(model).read_bytes() == before
    (model / "results.json").write_text(json.dumps([RESULT]), "utf-8")
    card = write_card(model).read_text("utf-8")
    row = "| RAVDESS, actors 19–20, voice alone | uar | 0.751 | 0.700 to 0.801 | 120 |"
    assert row in card
    assert "No results on clips" not in card


@pytest.mark.parametrize("text", ["{", "{}", '[{"metric": "uar"}]', '[{"value": "high"}]'])
def test_results_that_are_none_are_told(
    done: tuple[Recipe, Path], tmp_path: Path, text: str
) -> None:
    model = shutil.copytree(done[1] / "model", tmp_path / "model")
    (model / "results.json").write_text(text, "utf-8")
    with pytest.raises(InputError, match="results"):
        write_card(model)


def test_a_folder_that_no_run_made_has_no_card(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        write_card(tmp_path)
