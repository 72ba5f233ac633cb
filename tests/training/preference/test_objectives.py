"""The losses are those of the papers, and to the digit those that TRL computes."""

# P pairs, Q questions, G answers to each, B all answers, T tokens, A those of answers

import logging
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.model.affect_models import CPU, SYSTEM

from affectlens.model import checkpoint
from affectlens.model.checkpoint import Loaded
from affectlens.training.preference import objectives
from affectlens.training.preference.likelihood import likelihood

PROMPTS = ((30, 31, 32), (40, 41))
CHOSEN = ((65, 66, 2), (67, 2))
REJECTED = ((68, 2), (69, 70, 71, 2))


def test_a_pair_that_nothing_moved_costs_log_two_and_one_that_was_learned_costs_less() -> None:
    still, learned, worse = objectives.dpo(
        torch.tensor([3.0, 2.0, -2.0]), torch.tensor([3.0, -2.0, 2.0]), beta=0.5
    ).tolist()
    assert still == pytest.approx(math.log(2))
    assert learned == pytest.approx(math.log1p(math.exp(-2)))
    assert worse == pytest.approx(math.log1p(math.exp(2)))


def test_advantages_are_within_a_question_and_none_where_all_answers_are_alike() -> None:
    found_QG = objectives.advantages(torch.tensor([[0.0, 1.0, 0.0, 1.0], [0.5, 0.5, 0.5, 0.5]]))
    assert found_QG[0].tolist() == pytest.approx([-0.8659, 0.8659, -0.8659, 0.8659], abs=1e-4)
    assert found_QG[1].tolist() == [0.0] * 4


def test_divergence_is_never_negative_and_zero_where_nothing_moved() -> None:
    random = torch.Generator().manual_seed(0)
    logs_BA = -torch.rand(4, 7, generator=random)
    assert torch.equal(objectives.divergence(logs_BA, logs_BA), torch.zeros(4, 7))
    other_BA = -torch.rand(4, 7, generator=random)
    assert (objectives.divergence(logs_BA, other_BA) > 0).all()


def test_better_answers_become_likelier_and_only_learned_tokens_count() -> None:
    logs_BA = torch.full((2, 3), -1.0, requires_grad=True)
    learned_BA = torch.tensor([[True, True, False], [True, True, True]])
    loss_B = objectives.grpo(logs_BA, learned_BA, torch.tensor([1.0, -2.0]), None, 0.0)
    loss_B.sum().backward()  # type: ignore[no-untyped-call]
    wanted_BA = torch.tensor([[-1 / 2, -1 / 2, 0.0], [2 / 3, 2 / 3, 2 / 3]])
    assert logs_BA.grad is not None
    assert torch.allclose(logs_BA.grad, wanted_BA)


@pytest.fixture(scope="module")
def now() -> Loaded:
    torch.set_num_threads(1)
    return checkpoint.create(SYSTEM, place=CPU)


@pytest.fixture(scope="module")
def start() -> Loaded:
    """The same, a little elsewhere."""
    loaded = checkpoint.create(SYSTEM, place=CPU)
    random = torch.Generator().manual_seed(1)
    for parameter in loaded.model.language.parameters():
        parameter.data += 0.02 * torch.randn(parameter.shape, generator=random)
    return loaded


def batch(answers: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    """Prompts padded on the left and answers on the right, as TRL's are in GRPO."""
    before, after = max(map(len, PROMPTS)), max(map(len, answers))
    rows: dict[str, list[list[int]]] = {"input_ids": [], "attention_mask": [], "labels": []}
    for prompt, answer in zip(PROMPTS * (len(answers) // len(PROMPTS)), answers, strict=True):
        left, right = before - len(prompt), after - len(answer)
        rows["input_ids"].append([0] * left + [*prompt, *answer] + [0] * right)
        rows["attention_mask"].append([0] * left + [1] * len((*prompt, *answer)) + [0] * right)
        rows["labels"].append([-100] * before + [*answer] + [-100] * right)
    return {name: torch.tensor(value) for name, value in rows.items()}


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """Settings with which TRL calls nobody and writes nothing."""
    pytest.importorskip("trl")
    monkeypatch.setenv("CI", "1")  # else it tells its makers what is trained
    logging.getLogger("trl").setLevel(logging.ERROR)
    return {"output_dir": str(tmp_path), "use_cpu": True, "bf16": False, "report_to": []}


@pytest.mark.filterwarnings("ignore")
def test_dpo_agrees_with_trl(now: Loaded, start: Loaded, quiet: dict[str, Any]) -> None:
    import trl
    from datasets import Dataset

    texts = {"prompt": ["a"], "chosen": [" b"], "rejected": [" c"]}
    trainer = trl.DPOTrainer(
        model=now.model.language,
        ref_model=start.model.language,
        args=trl.DPOConfig(beta=0.3, **quiet),
        train_dataset=Dataset.from_dict(texts),
        processing_class=now.processor.tokenizer,
    )
    mine = batch((*CHOSEN, *REJECTED))
    theirs = {name: mine[name] for name in ("input_ids", "attention_mask")}
    theirs["completion_mask"] = (mine["labels"] != -100).long()
    trainer.model.eval()
    loss = trainer._compute_loss(trainer.model, theirs, return_outputs=False)

    logs_B = likelihood(now.model, mine).summed()
    gained_P, lost_P = (logs_B - likelihood(start.model, mine).summed()).chunk(2)
    assert trainer._metrics["eval"]["logps/chosen"] == pytest.approx([logs_B[:2].mean().item()])
    assert objectives.dpo(gained_P, lost_P, 0.3).mean().item() == pytest.approx(loss.item())
    assert abs(loss.item() - math.log(2)) > 1e-3  # the two models do differ


@pytest.mark.filterwarnings("ignore")
def test_grpo_agrees_with_trl(now: Loaded, start: Loaded, quiet: dict[str, Any]) -> None:
    import trl
    from datasets import Dataset

    settings = {"num_generations": 2, "per_device_train_batch_size": 2, "temperature": 0.7}
    trainer = trl.GRPOTrainer(
        model=now.model.language,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=trl.GRPOConfig(loss_type="grpo", **settings, **quiet),
        train_dataset=Dataset.from_dict({"prompt": ["a"]}),
        processing_class=now.processor.tokenizer,
    )
    trainer.beta = 0.2  # not told before, as it would load the model at the start from a folder
    mine = batch((*CHOSEN, *REJECTED))
    began = likelihood(start.model, mine, temperature=0.7)
    advantages_QG = objectives.advantages(torch.tensor([[0.0, 1.0], [0.8, 0.3]]))
    before = max(map(len, PROMPTS))
    theirs = {
        "prompt_ids": mine["input_ids"][:, :before],
        "prompt_mask": mine["attention_mask"][:, :before],
        "completion_ids": mine["input_ids"][:, before:],
        "completion_mask": mine["attention_mask"][:, before:],
        "advantages": advantages_QG.flatten(),
        "ref_per_token_logps": began.logs_BA,
    }
    trainer.model.eval()
    loss = trainer._compute_loss(trainer.model, theirs)

    logs_BA, learned_BA = likelihood(now.model, mine, temperature=0.7)
    found_B = objectives.grpo(logs_BA, learned_BA, advantages_QG.flatten(), began.logs_BA, 0.2)
    assert found_B.mean().item() == pytest.approx(loss.item())
    kl = trainer._metrics["eval"]["kl"]
    mine_BA = objectives.divergence(logs_BA, began.logs_BA)
    assert (mine_BA * learned_BA).sum().item() / learned_BA.sum() == pytest.approx(kl[0])
    assert kl[0] > 1e-4
