"""`affectlens train` as people run it: tiny recipes learn, go on after a stop, tell mistakes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.house.tree import ROOT

from affectlens.cli import app
from affectlens.corpora import toy
from affectlens.foundation import config
from affectlens.foundation.device import Place
from affectlens.model import checkpoint
from affectlens.training import tensorboard
from affectlens.training.recipe import Recipe
from affectlens.training.run import Done, run

CLIPS = 120
COMMAND = [sys.executable, "-m", "affectlens", "train"]
# Enough passes over few clips; the recipes have fewer over more.
LONGER = "stages.instruction.epochs=18"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with toy clips; features of all runs are kept beside them."""
    folder = tmp_path_factory.mktemp("train")
    toy.make(folder / "toy", clips=CLIPS)
    return folder


def sets(place: Path, *more: str) -> list[str]:
    return [
        f"data.toy.path={place / 'toy' / 'manifest.csv'}",
        f"encoding.folder={place / 'features'}",
        "encoding.workers=2",
        *more,
    ]


def trained(place: Path, recipe: str, out: Path, *more: str) -> Done:
    file = ROOT / "recipes" / f"{recipe}.toml"
    return run(config.read(Recipe, file=file, env={}, sets=sets(place, *more)), out)


def journal(out: Path, kind: str) -> list[dict[str, Any]]:
    lines = (out / "journal.jsonl").read_text("utf-8").splitlines()
    return [record for record in map(json.loads, lines) if record["kind"] == kind]


def shell(place: Path, recipe: Path, out: Path, *more: str) -> list[str]:
    given = [part for one in sets(place, *more) for part in ("--set", one)]
    return [*COMMAND, str(recipe), "-o", str(out), "--offline", *given]


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("recipe", ["tiny_words", "tiny_affectgpt", "tiny_emotion_llama"])
def test_tiny_recipes_learn_in_both_stages(place: Path, tmp_path: Path, recipe: str) -> None:
    done = trained(place, recipe, tmp_path / "run", LONGER)
    assert list(done.stages) == ["alignment", "instruction"]
    for stage in done.stages:
        losses = [one["loss"] for one in journal(tmp_path / "run", "step") if one["stage"] == stage]
        assert losses[-1] < 0.6 * losses[0], stage
    best = done.stages["instruction"].best
    assert best is not None
    floor = journal(tmp_path / "run", "development")[-1]["uar_majority"]
    assert best["value"] > floor + 0.15, "clearly more than always naming the commonest label"
    loaded = checkpoint.load(str(tmp_path / "run" / "model"), place=Place(device="cpu"))
    assert loaded.processor.system.name in recipe


@pytest.mark.slow
def test_a_stopped_run_ends_as_one_that_was_never_stopped(place: Path, tmp_path: Path) -> None:
    """Dropout on; the stop comes in the middle of an epoch of the first stage."""
    recipe = ROOT / "recipes" / "tiny_words.toml"
    less = ("stages.instruction.epochs=1", "keep.log_every=1", "keep.tensorboard=false")
    whole = subprocess.run(
        shell(place, recipe, tmp_path / "whole", *less), capture_output=True, text=True, check=False
    )
    assert whole.returncode == 0, whole.stderr
    command = shell(place, recipe, tmp_path / "stopped", *less)
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as one:
        until(lambda: len(journal_lines(tmp_path / "stopped")) > 4, one)
        one.send_signal(signal.SIGTERM)
        _, told = one.communicate(timeout=120)
    assert one.returncode == 143, told
    assert "Stopping after step" in told
    assert "The same command goes on from there" in told
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    for name in ("step", "development"):
        assert numbers(tmp_path / "stopped", name) == numbers(tmp_path / "whole", name)
    same = [
        (tmp_path / which / "model" / "model.safetensors").read_bytes()
        for which in ("whole", "stopped")
    ]
    assert same[0] == same[1]


def journal_lines(out: Path) -> list[str]:
    path = out / "journal.jsonl"
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def until(ready: Any, process: subprocess.Popen[str]) -> None:
    while not ready():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.02)


def numbers(out: Path, kind: str) -> list[tuple[Any, ...]]:
    names = ("stage", "step", "loss", "rates", "samples", "tokens", "uar", "label_loss")
    return [tuple(str(one.get(name)) for name in names) for one in journal(out, kind)]


def told(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = app.run(["train", *arguments])
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ("stages.instruction.epoch=3", 2, "Did you mean 'stages.instruction.epochs'"),
        ("data.toy.path=nowhere.csv", 4, "there is no file or folder 'nowhere.csv'"),
        ("data.toy.format=manifes", 2, "Did you mean 'manifest'"),
        ("space=happy,sad", 2, "'angry' ("),
        ("stages.instruction.tasks.emotio=1", 2, "has no task 'emotio'"),
        ("system=emotion_lama", 2, "Did you mean 'emotion_llama'"),
        ("start.model=nothing", 4, "no model 'nothing' to start from"),
        ("develop.split=evening", 2, "evening"),
        ("stages.alignment.batch=3", 2, "batch is a multiple of micro_batch"),
        ("stages.alignment.groups.language.match=languages.*", 2, "matches no parameter"),
    ],
)
def test_mistakes_are_told_before_the_first_step(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, given: str, code: int,
    words: str,
) -> None:  # fmt: skip
    recipe = str(ROOT / "recipes" / "tiny_words.toml")
    chosen = [part for one in sets(place, given) for part in ("--set", one)]
    extra = ["--set", "develop.data=toy"] if "develop" in given else []
    found, said = told([recipe, "-o", str(tmp_path / "run"), "--check", *chosen, *extra], capsys)
    assert (found, words in said) == (code, True), said
    assert not (tmp_path / "run").exists(), "--check writes nothing"


def test_another_recipe_or_other_data_do_not_go_on_in_a_folder(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "in"
    shutil.copytree(place / "toy", mine / "toy", copy_function=os.link)
    short = ("stages.alignment.epochs=1", "stages.instruction.epochs=1")
    trained(mine, "tiny_words", tmp_path / "run", *short)
    base = [str(ROOT / "recipes" / "tiny_words.toml"), "-o", str(tmp_path / "run")]
    chosen = [part for one in sets(mine, *short) for part in ("--set", one)]
    code, said = told([*base, *chosen, "--set", "seed=7"], capsys)
    assert code == 2
    assert "seed was 42, is 7" in said
    manifest = mine / "toy" / "manifest.csv"
    rows = manifest.read_text("utf-8").splitlines()
    manifest.unlink()
    manifest.write_text("\n".join(rows[:-3]) + "\n", "utf-8")
    code, said = told([*base, *chosen], capsys)
    assert code == 2
    assert "are not those that" in said


def test_without_tensorboard_one_sentence_says_how_to_get_it(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorboard, "is_there", lambda: False)
    short = ("stages.alignment.epochs=1", "stages.instruction.epochs=1")
    file, said = ROOT / "recipes" / "tiny_words.toml", list[str]()
    recipe = config.read(Recipe, file=file, env={}, sets=sets(place, *short))
    run(recipe, tmp_path / "run", tell=said.append)
    assert sum("pip install 'affectlens[train]'" in sentence for sentence in said) == 1
    assert not (tmp_path / "run" / "tensorboard").exists()


def test_a_checkpoint_of_another_system_is_refused(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ("stages.alignment.epochs=1", "stages.instruction.epochs=1")
    trained(place, "tiny_words", tmp_path / "run", *short)
    recipe = str(ROOT / "recipes" / "tiny_affectgpt.toml")
    wrong = f"start.model={tmp_path / 'run' / 'model'}"
    chosen = [part for one in sets(place, wrong) for part in ("--set", one)]
    code, said = told([recipe, "-o", str(tmp_path / "other"), "--check", *chosen], capsys)
    assert code == 2
    assert "is a words, the recipe is of affectgpt" in said
