"""The loss of what is held back."""

import pytest
import torch
from tests.training import tiny_lessons

from affectlens.training.collate import Collator
from affectlens.training.draw import Lesson
from affectlens.training.held_loss import mean_loss
from affectlens.training.loss import loss_of


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_it_is_the_mean_over_whole_samples_however_they_are_batched(batch_size: int) -> None:
    model, lessons = tiny_lessons.model(), tiny_lessons.lessons(12, 12)
    collator = Collator(tiny_lessons.PROCESSOR, "packed", "sample")
    whole = [lessons[i] for i in range(12)]
    with torch.no_grad():
        each = [
            float(loss_of(model, collator([one]), 1.0)) for one in whole if isinstance(one, Lesson)
        ]
    assert len(each) < len(whole), "some are broken and count for nothing"
    found = mean_loss(model, tiny_lessons.PROCESSOR, lessons, batch_size)
    assert found == pytest.approx(sum(each) / len(each), abs=1e-5)


def test_nothing_has_no_loss() -> None:
    model = tiny_lessons.model()
    assert mean_loss(model, tiny_lessons.PROCESSOR, [], 4) is None
    broken = [one for one in tiny_lessons.drawn(10) if not isinstance(one, Lesson)]
    assert mean_loss(model, tiny_lessons.PROCESSOR, broken, 4) is None
