"""Answers that earn more become likelier, of those that the model gives itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.preference import toy
from tests.training.preference.test_dpo import Lines, weights

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.model.checkpoint import Loaded
from affectlens.training import figures
from affectlens.training.draw import Broken
from affectlens.training.fitting import Fitted, Watch
from affectlens.training.journal import Journal
from affectlens.training.preference import grpo
from affectlens.training.preference.questions import (
    QuestionCollator,
    Questions,
    answerable,
    turn_of,
)
from affectlens.training.recipe import Preference, Schedule

HOW: Mapping[str, Any] = {"beta": 0.02, "generations": 6, "tokens": 4, "rewards": {"label": 1.0}}


def learned(
    folder: Path,
    *,
    steps: int,
    watch: Watch | None = None,
    how: Mapping[str, Any] = HOW,
    every: int = 0,
    **more: Any,
) -> tuple[Loaded, Fitted]:
    loaded = toy.undecided()
    one = toy.stage("grpo", steps, Preference(**how), **more)
    recipe = toy.recipe(one, every)
    questions = Questions(toy.lessons(one, loaded), toy.SOURCES, recipe, one)
    return loaded, grpo.fit("only", recipe, loaded, questions, folder, watch)


def test_rewards_rise_where_the_features_tell_the_label(tmp_path: Path) -> None:
    lines = Lines()
    fast: dict[str, Any] = {
        "batch": 8,
        "micro_batch": 8,
        "schedule": Schedule(peak=8e-3, last=8e-3, start=8e-3),
    }
    journal = Journal(tmp_path / "journal.jsonl", "only")
    loaded, fitted = learned(tmp_path, steps=16, watch=Watch(callbacks=[lines, journal]), **fast)
    rewards = [line["rewards/total"] for line in lines.lines if "rewards/total" in line]
    written = figures.read(tmp_path / "journal.jsonl")["only"].steps
    assert [one["rewards/total"] for one in written] == rewards
    assert all({"rewards/label", "kl", "answer_tokens", "ended"} <= one.keys() for one in written)
    assert fitted.steps == 16
    assert 0.3 < rewards[0] < 0.6  # of two labels either, at random
    assert rewards[-1] > rewards[0] + 0.25
    assert (toy.margins(loaded) > 0).all()  # the right label is the likelier one of each clip
    first, last = lines.lines[0], lines.lines[-2]
    assert first["kl"] == pytest.approx(0.0, abs=1e-6)
    assert last["kl"] > 0.01
    assert last["answer_tokens"] < 4
    assert last["ended"] > 0.9


def test_the_same_is_learned_whatever_the_micro_batches(tmp_path: Path) -> None:
    found = [weights(learned(tmp_path / str(n), steps=2, micro_batch=n)[0]).clone() for n in (1, 4)]
    assert torch.allclose(found[0], found[1], atol=1e-5)


def test_a_stage_that_was_stopped_ends_bit_for_bit_as_one_that_was_not(tmp_path: Path) -> None:
    whole = weights(learned(tmp_path / "whole", steps=3)[0]).clone()
    _, stopped = learned(tmp_path / "cut", steps=3, every=2, watch=Watch(callbacks=[Lines(stop=2)]))
    assert stopped.steps == 2
    again, fitted = learned(tmp_path / "cut", steps=3, every=2)
    assert fitted.steps == 3
    assert torch.equal(weights(again), whole)


def test_answers_that_are_all_alike_teach_nothing(tmp_path: Path) -> None:
    before = weights(toy.undecided()).clone()
    alike = {**HOW, "beta": 0.0, "rewards": {"format": 1.0}}  # which no answer has
    loaded, _ = learned(tmp_path, steps=2, how=alike)
    assert torch.equal(weights(loaded), before)


def test_staying_near_the_start_is_worth_the_more_the_greater_beta_is(tmp_path: Path) -> None:
    moved = []
    before = weights(toy.undecided()).clone()
    for beta in (0.0, 5.0):
        lines = Lines()
        how, watch = {**HOW, "beta": beta}, Watch(callbacks=[lines])
        loaded, _ = learned(tmp_path / str(beta), steps=5, how=how, watch=watch, micro_batch=4)
        moved.append((weights(loaded) - before).norm().item())
        assert ("kl" in lines.lines[0]) == (beta > 0)
    assert moved[1] < 0.8 * moved[0]


def test_a_batch_of_broken_samples_alone_weighs_nothing() -> None:
    loaded = toy.undecided()
    one = toy.stage("grpo", 2, Preference(**HOW))
    draw = Broken(draw=toy.draw(0), name="mine: clip0", reason="gone")
    batch = QuestionCollator(loaded.processor)([draw])
    assert batch["draws"] == []
    assert batch["weights"].tolist() == [0.0]
    assert batch["counts"][one.loss] == 0


def test_a_question_has_no_answer_in_its_prompt() -> None:
    loaded = toy.undecided()
    one = toy.stage("grpo", 2, Preference(**HOW))
    lessons = toy.lessons(one, loaded)
    batch = QuestionCollator(loaded.processor)([lessons[0]])
    assert "labels" not in batch
    assert loaded.processor.decode(batch["input_ids"][0]).endswith(toy.QUESTION)


SPACE = LabelSpace("ja,no", toy.LABELS)


def test_questions_are_the_tasks_own_and_want_no_description() -> None:
    turns = turn_of(toy.item(0), "think", toy.TOY, SPACE, {}, toy.chance())
    assert not isinstance(turns, Missing)
    assert "<think>" in turns[0].question
    assert "ja, no" in turns[0].question
    assert answerable(toy.item(0), "think", toy.TOY, SPACE, {}, {"label": 1.0}) is None


def test_a_clip_of_which_no_answer_could_be_measured_is_no_question() -> None:
    other = LabelSpace("x,y", ("x", "y"))
    absent = answerable(toy.item(0), "think", toy.TOY, other, {}, {"label": 1.0, "grounded": 1.0})
    assert isinstance(absent, Missing)


@pytest.mark.parametrize("task", ["preference", "conversation", "thonk"])
def test_a_task_without_questions_of_its_own_is_refused(task: str) -> None:
    with pytest.raises(ConfigError, match=task):
        turn_of(toy.item(0), task, toy.TOY, SPACE, {}, toy.chance())
