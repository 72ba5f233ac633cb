"""Development gives the numbers of use, and training notices nothing of it."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, recall_score

from affectlens.emotions.spaces import MER9
from affectlens.encoders.features import Features
from affectlens.foundation.device import Place
from affectlens.foundation.missing import Missing
from affectlens.foundation.seeding import seed_everything
from affectlens.model import tiny
from affectlens.model.answer import LabelScores
from affectlens.model.asking import Asking, ask
from affectlens.model.checkpoint import Loaded, create
from affectlens.model.example import Example, Turn
from affectlens.model.systems import emotion_llama
from affectlens.training.develop import Clip, Developer, Held

NUMBERS = ("war", "uar", "weighted_f1", "war_majority", "uar_majority", "weighted_f1_majority")


def made() -> Loaded:
    torch.set_num_threads(1)
    config = emotion_llama.Config()
    system = tiny.shrink(emotion_llama.build(config))
    loaded = create(system, place=Place(device="cpu", precision="float32"), seed=3)
    with torch.no_grad():  # strong enough weights that answers differ
        for name, weight in loaded.model.named_parameters():
            if weight.ndim == 2:
                weight.normal_(std=0.3, generator=torch.Generator().manual_seed(len(name)))
    return loaded


def held(count: int = 11) -> list[Clip]:
    """Clips whose words and features differ, with labels that are drawn."""
    chance = random.Random(5)  # noqa: S311 - a test, no secret
    return [Held(_example(i), chance.choice(MER9.labels[:4])) for i in range(count)]


def _example(i: int) -> Example:
    values_TD = np.random.default_rng(i).normal(size=(1 + i % 3, 32)).astype(np.float32)
    return Example(
        turns=(Turn(question="Which emotion is it?", task="emotion"),),
        features={"audio": (Features(values_TD, np.zeros(len(values_TD))),)},
        subtitle=" ".join("no" for _ in range(1 + i)),
        name=f"clip {i}",
    )


def drawn() -> tuple[float, float, float]:
    return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002, S311


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return made()


def answered(loaded: Loaded, clips: Sequence[Clip]) -> list[LabelScores]:
    examples = [clip[0] for clip in clips if isinstance(clip, Held)]
    found = ask(*loaded, examples, Asking(max_tokens=0, labels=MER9))
    return [one.labels for one in found if isinstance(one.labels, LabelScores)]


def test_scores_are_those_of_the_answers_of_use(loaded: Loaded) -> None:
    clips = held()
    numbers = Developer(loaded.processor, clips, MER9, batch_size=3)(loaded.model)
    true = [clip[1] for clip in clips if isinstance(clip, Held)]
    probabilities = [one.probabilities for one in answered(loaded, clips)]
    said = [max(one, key=one.__getitem__) for one in probabilities]
    most = max(sorted(set(true), key=MER9.labels.index), key=true.count)
    assert len(set(said)) > 1
    for suffix, told in (("", said), ("_majority", [most] * len(true))):
        right = np.mean([a == b for a, b in zip(true, told, strict=True)])
        some = sorted(set(true))
        recall = recall_score(true, told, labels=some, average="macro", zero_division=0)
        f1 = f1_score(true, told, average="weighted", zero_division=0)
        assert numbers[f"war{suffix}"] == pytest.approx(right)
        assert numbers[f"uar{suffix}"] == pytest.approx(recall)
        assert numbers[f"weighted_f1{suffix}"] == pytest.approx(f1)
    assert (numbers["clips"], numbers["broken"]) == (11, 0)


def test_the_loss_is_that_of_learning_the_true_labels(loaded: Loaded) -> None:
    """With one prompt for both, as it is where the system says so."""
    config = emotion_llama.Config(compat="paper")
    paper = tiny.shrink(emotion_llama.build(config))
    model, processor = create(paper, place=Place(device="cpu", precision="float32"), seed=3)
    clips = held(4)
    numbers = Developer(processor, clips, MER9)(model)
    losses = []
    for clip in clips:
        assert isinstance(clip, Held)
        example, label = clip
        turn = Turn(question="Which emotion is it?", task="emotion", answer=label)
        whole = Example(
            turns=(turn,), features=example.features, subtitle=example.subtitle, name="whole"
        )
        losses.append(model(**processor([whole], training=True)).loss.item())
    assert numbers["label_loss"] == pytest.approx(np.mean(losses), abs=1e-5)


def test_batches_change_no_number(loaded: Loaded) -> None:
    alone, together = (
        Developer(loaded.processor, held(), MER9, batch_size=size)(loaded.model) for size in (1, 8)
    )
    assert alone == pytest.approx(together, abs=1e-5)
    assert {name: alone[name] for name in NUMBERS} == {name: together[name] for name in NUMBERS}


def test_training_notices_nothing(loaded: Loaded) -> None:
    model = loaded.model.train()
    still = next(module for module in model.modules() if not list(module.children()))
    still.eval()  # as frozen parts may be, while others train
    modes = [module.training for module in model.modules()]
    seed_everything(7)
    wanted = drawn()
    seed_everything(7)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    learning = [parameter.requires_grad for parameter in model.parameters()]

    class Drawing(list[Clip]):
        """Clips that draw when they are looked at, as features made anew do."""

        def __getitem__(self, index: int) -> Clip:  # type: ignore[override]
            drawn()
            return super().__getitem__(index)

    Developer(loaded.processor, Drawing(held()), MER9)(model)
    assert drawn() == wanted
    assert [module.training for module in model.modules()] == modes
    assert [parameter.requires_grad for parameter in model.parameters()] == learning
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert torch.is_grad_enabled()
    model.eval()


def test_broken_clips_are_counted_and_named_and_change_no_other(loaded: Loaded) -> None:
    clips = held()
    wide = Features(np.ones((1, 31), np.float32), np.zeros(1))
    wrong = Example(turns=(Turn(question="?"),), features={"audio": (wide,)}, name="wide")
    broken: list[Clip] = [
        Missing("The file is damaged."),
        Held(wrong, "sad"),
        Held(_example(3), "bored"),
    ]
    developer = Developer(loaded.processor, [broken[0], *clips, *broken[1:]], MER9)
    numbers = developer(loaded.model)
    plain = Developer(loaded.processor, clips, MER9)(loaded.model)
    assert {**numbers, "broken": 0} == {**plain}
    assert numbers["broken"] == 3
    told = developer.details()["broken_clips"]
    assert isinstance(told, dict)
    assert told["clip 0"] == "The file is damaged."
    assert "31" in told["wide"]
    assert "'bored'" in told["clip 3"]


@pytest.mark.parametrize("clips", [[], [Missing("damaged")]])
def test_without_clips_it_says_so_once(loaded: Loaded, clips: list[Clip]) -> None:
    said: list[str] = []
    developer = Developer(loaded.processor, clips, MER9, tell=said.append)
    assert developer(loaded.model) == {}
    assert developer(loaded.model) == {}
    assert len(said) == 1
    assert "last checkpoint" in said[0]
    assert developer.details() == {}


def test_the_confusion_of_the_last_time_is_kept_for_the_journal(loaded: Loaded) -> None:
    developer = Developer(loaded.processor, held(), MER9)
    developer(loaded.model)
    confusion = developer.details()["confusion"]
    assert isinstance(confusion, dict)
    assert confusion["labels"] == list(MER9.labels)
    assert sum(map(sum, confusion["counts"])) == 11


_SHARED = """
import json, sys
from torch import distributed
sys.path.insert(0, sys.argv[1])
from tests.training.test_develop import held, made
from affectlens.emotions.spaces import MER9
from affectlens.foundation.missing import Missing
from affectlens.training.develop import Developer
rank = int(sys.argv[2])
distributed.init_process_group("gloo", init_method="file://" + sys.argv[3], rank=rank, world_size=2)
clips = [*held(), Missing("damaged")]
loaded = made()
print(json.dumps(Developer(loaded.processor, clips, MER9, batch_size=2)(loaded.model)))
distributed.destroy_process_group()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="gloo meets over a file on POSIX")
def test_two_processes_share_the_work_and_get_the_same_numbers(
    loaded: Loaded, tmp_path: Path
) -> None:
    root, meeting = Path(__file__).parents[2], tmp_path / "meeting"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", _SHARED, str(root), str(rank), str(meeting)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    told = [one.communicate(timeout=120)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert told[0] == told[1]
    alone = Developer(loaded.processor, [*held(), Missing("damaged")], MER9)(loaded.model)
    assert json.loads(told[0]) == pytest.approx(alone, abs=1e-5)
