"""Preferred answers become likelier, as the features tell, however a stage is cut up."""

import dataclasses
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.model.affect_models import CPU
from tests.training.preference import toy
from torch import Tensor
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model import checkpoint
from affectlens.model.batch import IGNORED
from affectlens.model.checkpoint import Loaded
from affectlens.training.collate import Skipped
from affectlens.training.draw import Broken
from affectlens.training.fitting import Fitted, Watch
from affectlens.training.preference import dpo
from affectlens.training.preference.pairs import PairCollator, PairOfLessons, Pairs
from affectlens.training.recipe import Preference

HOW = Preference(beta=0.5)
ROOT = Path(__file__).parents[3]


class Lines(TrainerCallback):
    """What was logged; stops after a step if it is told to."""

    def __init__(self, stop: int = 0) -> None:
        self.lines: list[dict[str, float]] = []
        self._stop = stop

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        self.lines.append(dict(logs or {}))

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.global_step == self._stop:
            control.should_training_stop = True


def learned(
    folder: Path, *, steps: int = 10, watch: Watch | None = None, every: int = 0, **more: Any
) -> tuple[Loaded, Fitted]:
    loaded = toy.undecided()
    one = toy.stage("dpo", steps, HOW, **more)
    pairs = Pairs(toy.lessons(one, loaded), toy.SOURCES, loaded.processor)
    recipe = toy.recipe(one, every)
    return loaded, dpo.fit("only", recipe, loaded, pairs, folder, watch)


def weights(loaded: Loaded) -> Tensor:
    return torch.cat([p.detach().flatten() for p in loaded.model.parameters() if p.requires_grad])


def test_answers_are_preferred_by_what_is_seen_where_the_question_is_always_the_same(
    tmp_path: Path,
) -> None:
    before = toy.margins(toy.undecided())
    assert before.abs().max() < 0.5  # either answer is as likely, whatever is shown
    lines = Lines()
    loaded, fitted = learned(tmp_path, watch=Watch(callbacks=[lines]))
    assert (toy.margins(loaded) > before + 0.5).all()
    assert fitted.steps == 10
    assert fitted.loss < 0.68
    first, last = lines.lines[0], lines.lines[2]
    assert first["loss"] == pytest.approx(0.6931, abs=1e-4)  # nothing moved since the start
    assert first["margin"] == 0.0
    assert last["preferred"] > 0.9
    assert last["margin"] > 0.1
    assert not loaded.model.training


def test_the_same_is_learned_whatever_the_micro_batches(tmp_path: Path) -> None:
    found = [
        weights(learned(tmp_path / str(size), steps=2, micro_batch=size)[0]).clone()
        for size in (1, 2, 4)
    ]
    assert torch.allclose(found[0], found[1], atol=1e-5)
    assert torch.allclose(found[0], found[2], atol=1e-5)


def test_a_stage_that_was_stopped_ends_bit_for_bit_as_one_that_was_not(tmp_path: Path) -> None:
    whole = weights(learned(tmp_path / "whole", steps=4)[0]).clone()
    watch = Watch(callbacks=[Lines(stop=2)])
    _, stopped = learned(tmp_path / "cut", steps=4, every=2, watch=watch)
    assert stopped.steps == 2
    again, fitted = learned(tmp_path / "cut", steps=4, every=2)
    assert fitted.steps == 4
    assert torch.equal(weights(again), whole)


def test_dropout_is_no_difference_from_the_start_and_is_there_again_afterwards(
    tmp_path: Path,
) -> None:
    assert toy.TOY.lora is not None
    rough = dataclasses.replace(toy.TOY.lora, dropout=0.5)
    loaded = checkpoint.create(dataclasses.replace(toy.TOY, lora=rough), place=CPU)
    for name, parameter in loaded.model.named_parameters():
        if ".lora_B." in name:  # zeros would hide what is dropped before them
            parameter.data.fill_(0.1)
    one, lines = toy.stage("dpo", 1, HOW), Lines()
    pairs = Pairs(toy.lessons(one, loaded), toy.SOURCES, loaded.processor)
    dpo.fit("only", toy.recipe(one), loaded, pairs, tmp_path, Watch(callbacks=[lines]))
    assert lines.lines[0]["margin"] == 0.0
    shares = {m.p for m in loaded.model.modules() if isinstance(m, torch.nn.Dropout)}
    assert shares == {0.5}


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dpo", "grpo"])
def test_two_processes_learn_what_one_does(tmp_path: Path, method: str) -> None:
    many = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    found = []
    for name, launcher in (("one", []), ("two", many)):
        script = str(Path(__file__).with_name("shared_run.py"))
        command = [sys.executable, *launcher, script, method, str(tmp_path / name)]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=300)
        found.append(load_file(tmp_path / name / "weights.safetensors")["weights"])
    one, two = found
    assert torch.allclose(one, two, atol=1e-5)


def test_a_broken_pair_leaves_its_batch_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Skipped] = []
    monkeypatch.setattr(toy, "BROKEN", {3})
    lines = Lines()
    watch = Watch(callbacks=[lines], on_broken=told.extend)
    learned(tmp_path, steps=2, micro_batch=1, watch=watch)
    assert lines.lines[0]["loss"] == pytest.approx(math.log(2))  # the mean over the whole ones
    assert lines.lines[0]["broken"] == 1
    assert [(one.name, one.reason) for one in told] == [("mine: clip3", "it was broken for a test")]
    monkeypatch.setattr(toy, "BROKEN", set(range(toy.CLIPS)))
    with pytest.raises(InputError, match="broken"):
        learned(tmp_path / "all", steps=6)


def test_a_clip_without_a_pair_is_broken() -> None:
    loaded = toy.undecided()
    one = toy.stage("dpo", 2, HOW)
    bare = {"mine": [toy.item(i) for i in range(toy.CLIPS)]}
    pairs = Pairs(toy.lessons(one, loaded), bare, loaded.processor)
    good = pairs[0]
    bare["mine"] = [toy.without_pair(i) for i in range(toy.CLIPS)]
    bad = pairs[0]
    assert isinstance(bad, Broken)
    assert bad.reason == "there is no pair of answers"
    batch = PairCollator(loaded.processor)([good, bad, pairs[1]])
    assert batch["counts"]["sample"] == 1
    assert len(batch["input_ids"]) == 2
    assert len(batch["skipped"]) == 2


def test_both_answers_are_shown_the_same() -> None:
    loaded = toy.undecided()
    pairs = Pairs(toy.lessons(toy.stage("dpo", 2, HOW), loaded), toy.SOURCES, loaded.processor)
    places = [pairs[0], pairs[1]]
    batch = PairCollator(loaded.processor)(places)
    values = batch["streams"]["patches"]["sources"][0]["values_NTD"]
    assert torch.equal(values[:2], values[2:])
    assert torch.equal(batch["slots"][:2], batch["slots"][2:])
    said = [tuple(row[row != IGNORED].tolist()) for row in batch["labels"]]
    clips = [place.chosen.draw.index for place in places if isinstance(place, PairOfLessons)]
    right = [toy.LABELS[clip % 2] for clip in clips]
    wrong = [toy.LABELS[1 - clip % 2] for clip in clips]
    assert said == [loaded.processor.answer_ids(text) for text in (*right, *wrong)]


def test_dpo_without_a_start_to_stay_near_to_is_refused(tmp_path: Path) -> None:
    loaded = toy.undecided()
    one = toy.stage("dpo", 2, Preference(beta=0.0))
    pairs = Pairs(toy.lessons(one, loaded), toy.SOURCES, loaded.processor)
    with pytest.raises(ConfigError, match=r"preference\.beta is above 0"):
        dpo.fit("only", toy.recipe(one), loaded, pairs, tmp_path)
