"""`StageTrainer`: learns lessons in the order of their plan, answers only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor, nn
from torch.utils.data import Sampler

from affectlens.training import zero
from affectlens.training.collate import order
from affectlens.training.draw import Lesson
from affectlens.training.loss import count, loss_of
from affectlens.training.saving import Saving
from affectlens.training.skipping import Skipping
from affectlens.training.staged import Staged


class StageTrainer(Saving, Staged):
    """`train_dataset` are `Lessons`, `data_collator` is a `Collator`.

    Step k learns the positions [k · batch, (k + 1) · batch) of the plan, and the same from them,
    however they are split into micro-batches and shared by processes.
    """

    loss_is_scaled_for_ga = True  # each micro-batch is a part of its step's loss

    def __init__(self, *args: Any, skipping: Skipping, bucketed: bool, **settings: Any) -> None:
        """`bucketed`: samples of like length stand together in a step."""
        super().__init__(*args, **settings)
        self._skipping = skipping
        self._bucketed = bucketed
        self._told = {"samples": 0, "tokens": 0, "broken": 0}  # since the last line of the logs

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Mapping[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | None = None,
    ) -> Tensor:
        """A micro-batch's part of its step's loss, as if there were one process."""
        assert num_items_in_batch is not None
        assert not return_outputs
        nothing = zero.one_order(model) if self.is_deepspeed_enabled else 0.0
        loss: Tensor = loss_of(model, inputs, num_items_in_batch) * self.args.world_size + nothing
        return loss

    def counts(self) -> dict[str, Any]:
        """Of samples, since the line before and in all."""
        return {"told": self._told, "all": self._skipping.counts()}

    def recall(self, counts: dict[str, Any]) -> None:
        """Add what was counted before."""
        self._told = {name: n + counts["told"][name] for name, n in self._told.items()}
        self._skipping.recall(counts["all"])

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Samples, tokens and broken samples since the line before, of all processes."""
        if "loss" in logs:
            logs |= self._told
            self._told = dict.fromkeys(self._told, 0)
        super().log(logs, start_time)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return _InOrder(self._positions, self.args.max_steps, lambda: self.state.global_step)

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> Any:
        """What a step's loss is divided by, over its micro-batches and processes."""
        if not batch_samples:
            return None
        skipped = [one for batch in batch_samples for one in batch.pop("skipped")]
        counts = [count(batch, self.terms.stage.loss) for batch in batch_samples]
        normalizer = torch.stack(counts).sum().to(device)
        tokens = sum(length for batch in batch_samples for length in batch["lengths"])
        if self.args.world_size > 1:
            mine = torch.stack([normalizer, *normalizer.new_tensor([tokens, len(skipped)])])
            normalizer, tokens, broken = self.accelerator.reduce(mine, "sum").unbind()
            tokens = int(tokens)
            skipped = gather_object(skipped) if broken else []
            skipped.sort(key=lambda one: one.position)
        batch = self.terms.stage.batch
        now = {"samples": batch - len(skipped), "tokens": tokens, "broken": len(skipped)}
        self._told = {name: self._told[name] + number for name, number in now.items()}
        self._skipping(batch, skipped)
        return normalizer

    def _suspects(self, wrong: Sequence[int]) -> list[str]:
        size, count = self.args.per_device_train_batch_size, self.args.gradient_accumulation_steps
        positions = self._positions(self.state.global_step)
        ranks = self.args.world_size
        mine = [(i * ranks + self.args.process_index) * size for i in wrong or range(count)]
        return [
            _name(self.train_dataset[position])
            for start in mine
            for position in positions[start : start + size]
        ]

    def _positions(self, step: int) -> list[int]:
        """A step's positions, in the order in which micro-batches take them."""
        stage = self.terms.stage
        first = step * stage.batch
        if not self._bucketed:
            return list(range(first, first + stage.batch))
        lengths = [self.train_dataset.length(first + i) for i in range(stage.batch)]
        return [first + i for i in order(lengths, stage.micro_batch, first)]


class _InOrder(Sampler[int]):
    """Positions of all steps; those that were learned before are only counted."""

    def __init__(
        self, positions: Callable[[int], list[int]], steps: int, done: Callable[[], int]
    ) -> None:
        self._positions = positions
        self._steps = steps
        self._done = done
        self._batch = len(positions(0))

    def __len__(self) -> int:
        return self._steps * self._batch

    def __iter__(self) -> Iterator[int]:
        done = self._done()
        yield from range(done * self._batch)
        for step in range(done, self._steps):
            yield from self._positions(step)


def _name(place: Any) -> str:
    name: str = place.example.name if isinstance(place, Lesson) else place.name
    return name
