"""Answers are drawn with seeds, and come back as a batch of which they alone are learned."""

# B answers, A tokens

import dataclasses

import pytest
import torch
from tests.model.affect_models import features
from tests.training.preference import toy

from affectlens.foundation.missing import Missing
from affectlens.model.batch import IGNORED
from affectlens.model.checkpoint import Loaded
from affectlens.model.example import Example, Turn
from affectlens.training.preference.likelihood import likelihood
from affectlens.training.preference.rollout import Rollout, repeated, roll_out

NO_FEATURES = Missing("not shown")
EXAMPLES = (
    Example(turns=(Turn(question="Who?"),), features={"patches": [features(8, 0)]}),
    Example(turns=(Turn(question="And what is it?"),), features={"patches": NO_FEATURES}),
    Example(turns=(Turn(question="Why?"),), features={"context": [features(1, 1)]}),
)
SEEDS = ((1, 2, 3), (4, 5, 6), (1, 2, 7))


@pytest.fixture
def loaded() -> Loaded:
    """It says words of two letters, and mostly ends behind them."""
    return toy.undecided()


def rolled(
    loaded: Loaded, numbers: tuple[int, ...] = (0, 1, 2), temperature: float = 1.0
) -> Rollout:
    prompts = loaded.processor([EXAMPLES[i] for i in numbers], training=False)
    seeds = [SEEDS[i] for i in numbers]
    return roll_out(*loaded, prompts, seeds, tokens=12, temperature=temperature)


def answers(found: Rollout) -> list[tuple[int, ...]]:
    return [tuple(row[row != IGNORED].tolist()) for row in found.batch["labels"]]


def test_an_answer_hangs_on_its_question_and_seed_alone(loaded: Loaded) -> None:
    before = torch.get_rng_state()
    together = answers(rolled(loaded))
    assert together == [one for number in range(3) for one in answers(rolled(loaded, (number,)))]
    assert len(set(together)) > 5  # other seeds, or other questions
    assert torch.equal(torch.get_rng_state(), before)


def test_colder_answers_are_likelier(loaded: Loaded) -> None:
    with torch.no_grad():
        warm, cold = (
            likelihood(loaded.model, dict(rolled(loaded, temperature=t).batch)) for t in (1.0, 0.1)
        )
    assert cold.logs_BA.sum() / cold.learned_BA.sum() > warm.logs_BA.sum() / warm.learned_BA.sum()


def test_answers_are_learned_up_to_their_end_and_nothing_else_is(loaded: Loaded) -> None:
    found = rolled(loaded)
    assert True in found.ended
    assert False in found.ended
    prompts = repeated(loaded.processor(EXAMPLES, training=False), 3)
    width = prompts["input_ids"].shape[1]
    assert torch.equal(found.batch["input_ids"][:, :width], prompts["input_ids"])
    labels, mask = found.batch["labels"], found.batch["attention_mask"]
    assert (labels[:, :width] == IGNORED).all()
    assert not found.batch["slots"][:, width:].any()
    for row, text, ended in zip(labels[:, width:], found.texts, found.ended, strict=True):
        answer = row[row != IGNORED].tolist()
        assert row[: len(answer)].tolist() == answer  # no holes
        assert loaded.processor.decode(answer) == text
        assert ended == (answer[-1] == loaded.processor.end)
        assert loaded.processor.end not in answer[:-1]
    assert torch.equal(mask[:, width:].bool(), labels[:, width:] != IGNORED)


def test_the_model_finds_its_answers_as_likely_as_when_it_wrote_them(loaded: Loaded) -> None:
    found = rolled(loaded, temperature=0.7)
    logs_BA, learned_BA = likelihood(loaded.model, dict(found.batch), temperature=0.7)
    for number, example in enumerate(EXAMPLES):
        for draw in range(3):
            row = 3 * number + draw
            ids = found.batch["labels"][row]
            turn = dataclasses.replace(example.turns[0], answer="")
            alone = loaded.processor([dataclasses.replace(example, turns=(turn,))], training=False)
            alone["input_ids"] = torch.cat([alone["input_ids"][0], ids[ids != IGNORED]])[None]
            more = alone["input_ids"].shape[1] - alone["slots"].shape[1]
            alone["slots"] = torch.nn.functional.pad(alone["slots"], (0, more))
            alone["attention_mask"] = torch.ones_like(alone["input_ids"])
            logits = loaded.model(**alone).logits[0, -more - 1 : -1] / 0.7
            wanted = logits.log_softmax(-1).gather(1, ids[ids != IGNORED][:, None]).sum()
            assert logs_BA[row].sum().item() == pytest.approx(wanted.item(), abs=1e-4)
            assert learned_BA[row].sum() == more


def test_repeating_a_batch_repeats_what_the_model_says(loaded: Loaded) -> None:
    batch = loaded.processor(EXAMPLES, training=False)
    once, thrice = loaded.model(**batch).logits, loaded.model(**repeated(batch, 3)).logits
    assert torch.allclose(once.repeat_interleave(3, 0), thrice, atol=1e-5)


def test_a_model_goes_on_learning_after_it_answered(loaded: Loaded) -> None:
    loaded.model.train()
    rolled(loaded, (0,))
    assert loaded.model.training
    loaded.model.eval()
    rolled(loaded, (0,))
    assert not loaded.model.training


def test_answers_end_where_the_context_does(loaded: Loaded) -> None:
    prompts = loaded.processor([EXAMPLES[0]], training=False)
    width = prompts["input_ids"].shape[1]
    context, loaded.processor.context = loaded.processor.context, width + 2
    found = roll_out(*loaded, prompts, [(1, 2)], tokens=12, temperature=1.0)
    loaded.processor.context = context
    assert found.batch["input_ids"].shape[1] == width + 2
