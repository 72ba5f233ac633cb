"""A lesson gives the best epoch's weights, stops at what is no number, and outlives damage."""

# B faces, D inputs

from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from affectlens.foundation.errors import AffectlensError
from affectlens.training.schools.learning import SCORE, How, Lesson, Row, learn

HOW = How(batch=4, peak=0.1, decay=0.0, seed=1, device=torch.device("cpu"), precision=torch.float32)


def lesson(scores: list[float], factor: float = 1.0) -> tuple[Lesson, list[Tensor]]:
    """To give the mean of four numbers; each epoch has a score that is known before."""
    rows_BD = torch.randn(16, 4, generator=Generator().manual_seed(0))
    seen: list[Tensor] = []

    def show(numbers: Tensor, chance: Generator) -> tuple[Tensor, Tensor]:
        del chance
        return rows_BD[numbers], rows_BD[numbers].mean(1) * factor

    def loss(net: nn.Module, given_BD: Tensor, wanted_B: Tensor) -> Tensor:
        wrong: Tensor = net(given_BD)[:, 0] - wanted_B
        return wrong.square().mean()

    def judge(net: nn.Module) -> Row:
        assert isinstance(net, nn.Linear)
        seen.append(net.weight.clone())
        return {SCORE: scores[len(seen) - 1]}

    often = torch.ones(len(rows_BD))
    made = Lesson(name="mean", epochs=len(scores), show=show, loss=loss, often=often, judge=judge)
    return made, seen


def net() -> nn.Linear:
    torch.manual_seed(3)
    return nn.Linear(4, 1)


def test_the_weights_of_the_best_epoch_are_taken_and_of_equals_the_later(tmp_path: Path) -> None:
    taught, (made, seen) = net(), lesson([0.2, 0.7, 0.7, 0.1])
    heard: list[int] = []
    course = learn(taught, made, HOW, tmp_path, lambda rows: heard.append(len(rows)))
    assert torch.equal(taught.weight, seen[2])
    assert not torch.equal(taught.weight, seen[1])
    assert heard == [1, 2, 3, 4]
    assert course[-1]["loss"] < course[0]["loss"]


def test_a_loss_that_is_no_number_stops_it(tmp_path: Path) -> None:
    with pytest.raises(AffectlensError, match="no finite number"):
        learn(net(), lesson([1.0], factor=float("nan"))[0], HOW, tmp_path, lambda rows: None)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_state_begins_the_lesson_once_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole, again = net(), net()
    learn(whole, lesson([0.1, 0.2])[0], HOW, tmp_path, lambda rows: None)
    (tmp_path / "mean" / "state.json").write_text("{", encoding="utf-8")
    learn(again, lesson([0.1, 0.2])[0], HOW, tmp_path, lambda rows: None)
    assert torch.equal(whole.weight, again.weight)
    assert "begins once more" in caplog.text
