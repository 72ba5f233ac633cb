"""`PreferenceTrainer`: a stage's trainer whose loss compares answers with those of its start."""

# S samples of a micro-batch: pairs or questions

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.network import AffectLM
from affectlens.training.preference.reference import Reference
from affectlens.training.trainer import StageTrainer


class PreferenceTrainer(StageTrainer):
    """Groups, schedule, checkpoints and resuming are those of every stage."""

    told: tuple[str, ...]  # numbers for the logs, each a mean over samples

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, bucketed=False, **settings)
        if self.is_deepspeed_enabled:
            raise ConfigError(
                "DPO and GRPO put the model back to its stage's start at each step, which "
                "DeepSpeed does not allow: leave out engine.deepspeed."
            )
        self.preference = self.terms.stage.preference
        self.reference = Reference(self.model)
        self._sums = dict.fromkeys(self.told, 0.0)
        self._counts = dict.fromkeys(self.told, 0)

    def train(self, *args: Any, **settings: Any) -> Any:
        """Without dropout: chance must not look like a difference from the stage's start."""
        with _still(self.model):
            return super().train(*args, **settings)

    @abstractmethod
    def losses(self, model: nn.Module, batch: Mapping[str, Any]) -> Tensor:
        """Of each sample, shape (S,)."""

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Mapping[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | None = None,
    ) -> Tensor:
        """A micro-batch's part of its step's loss, the mean over the step's samples."""
        assert num_items_in_batch is not None
        assert not return_outputs
        whole = num_items_in_batch.clamp(min=1)
        loss_S = self.losses(model, inputs) * inputs["weights"]
        loss: Tensor = loss_S.sum() / whole * self.args.world_size
        return loss

    def note(self, **numbers: Sequence[float]) -> None:
        """Numbers of samples for the next line of the logs."""
        for name, values in numbers.items():
            self._sums[name] += sum(values)
            self._counts[name] += len(values)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Means since the line before, of all processes."""
        if "loss" in logs:
            logs |= self._means()
        super().log(logs, start_time)

    def _means(self) -> dict[str, float]:
        mine = torch.tensor([[self._sums[name], self._counts[name]] for name in self.told])
        all_ = self.accelerator.reduce(mine.to(self.args.device), "sum").tolist()
        self._sums, self._counts = dict.fromkeys(self.told, 0.0), dict.fromkeys(self.told, 0)
        return {
            name: total / count
            for name, (total, count) in zip(self.told, all_, strict=True)
            if count
        }

    def _model(self) -> AffectLM:
        model: AffectLM = self.accelerator.unwrap_model(self.model, keep_torch_compile=False)
        return model


@contextmanager
def _still(model: nn.Module) -> Iterator[None]:
    """Without dropout."""
    shares = {one: one.p for one in model.modules() if isinstance(one, nn.Dropout)}
    try:
        for one in shares:
            one.p = 0.0
        yield
    finally:
        for one, share in shares.items():
            one.p = share
