"""`Staged`: what every trainer of a stage does alike, whatever its loss."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from accelerate import DistributedType
from accelerate.utils import gather_object
from torch import Tensor
from torch.distributed.tensor import DTensor
from transformers import (
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from affectlens.foundation.errors import AffectlensError, ConfigError
from affectlens.training import groups, rates, sharding
from affectlens.training.recipe import Stage
from affectlens.training.shares import greatest

if TYPE_CHECKING:
    from affectlens.model.network import AffectLM

_SHOWN = 5

Developing = Callable[["AffectLM"], Mapping[str, float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a trainer of a stage is told beside its `TrainingArguments`."""

    stage: Stage
    steps: int
    develop: Developing | None = None  # numbers of the held-back part; the same in all processes
    develop_every: int = 1  # steps; and after the last one


class Staged(Trainer):
    """Groups, rates and development of the recipe, and no step that is not finite.

    A trainer is `class …(Saving, Staged, a Trainer of transformers or TRL)`.
    """

    optimizer: Any
    lr_scheduler: Any
    control: Any

    def __init__(self, *args: Any, terms: Terms, **settings: Any) -> None:
        self.terms = terms
        self.schedule = rates.schedule_of(terms.stage, terms.steps)
        self._losses: list[Tensor] = []  # of the micro-batches since the last step
        super().__init__(*args, **settings)
        vars(self.model.config).pop("use_cache", None)  # Trainer's; it would be saved
        if terms.develop is not None:
            self.add_callback(_DevelopNow(terms.develop_every))

    def create_accelerator_and_postprocess(self) -> None:
        """Accelerate's, as its own settings say; on the CPU too."""
        super().create_accelerator_and_postprocess()
        sharding.settle(self.accelerator)
        self.is_fsdp_enabled = self.accelerator.distributed_type == DistributedType.FSDP

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW on the recipe's groups."""
        if self.optimizer is None:
            stage: Stage = self.terms.stage
            one = stage.optimizer
            mine = groups.learners(self.model if model is None else model, stage.groups, one)
            self.optimizer = torch.optim.AdamW(
                mine, betas=(one.beta1, one.beta2), eps=one.epsilon, fused=True
            )
        made: torch.optim.Optimizer = self.optimizer
        return made

    def create_scheduler(
        self, num_training_steps: int, optimizer: Any = None
    ) -> torch.optim.lr_scheduler.LRScheduler:
        """The recipe's schedule."""
        if self.lr_scheduler is None:
            self.lr_scheduler = rates.scheduler(optimizer or self.optimizer, self.schedule)
            self._created_lr_scheduler = True
        made: torch.optim.lr_scheduler.LRScheduler = self.lr_scheduler
        return made

    def floating_point_ops(self, inputs: Mapping[str, Any]) -> int:
        """Not counted: transformers goes over all parameters for it, at each micro-batch."""
        return 0

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Epochs are the recipe's; the whole stage is one of transformers'."""
        self.state.epoch = self.state.global_step / self.terms.steps * self.terms.stage.epochs
        super().log(logs)

    def _get_learning_rate(self) -> float:
        rate: float = self.schedule(self.state.global_step)
        return rate

    def training_step(self, *args: Any, **settings: Any) -> Tensor:
        """Learn a micro-batch; its loss is looked at before the step is taken."""
        loss: Tensor = super().training_step(*args, **settings)
        self._losses.append(loss)
        return loss

    def _get_grad_norm(self, model: Any, grad_norm: Tensor | float | None = None) -> Any:
        """The norm of a step's gradients, before the step is taken.

        Raises:
            AffectlensError: it or a loss is no finite number.
        """
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)
        norm = norm.full_tensor() if isinstance(norm, DTensor) else norm
        losses, self._losses = self._losses, []
        scaled = norm is None or self.accelerator.scaler is not None  # it leaves out such steps
        numbers = torch.stack([*losses, *([] if scaled else [torch.as_tensor(norm).to(losses[0])])])
        wrong = (~numbers.isfinite()).nonzero().flatten().tolist()  # waits for the device, once
        if greatest(bool(wrong), self.args.device):
            self._refuse([i for i in wrong if i < len(losses)])
        return norm

    def _refuse(self, wrong: Sequence[int]) -> None:
        """Stop at a step whose micro-batches of some numbers have no finite loss, or gradients."""
        names = self._suspects(wrong)
        if self.args.world_size > 1:
            names = gather_object(names)
        shown = ", ".join(names[:_SHOWN]) + (
            f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        )
        raise AffectlensError(
            f"Loss or gradients of step {self.state.global_step + 1} of {self.terms.steps} are no "
            f"finite numbers{', in ' * bool(names)}{shown}. Nothing of this step was learned or "
            "saved. Lower schedule.peak, set optimizer.clip, or compute in float32 or bfloat16 "
            "(engine.precision)."
        )

    def _suspects(self, wrong: Sequence[int]) -> list[str]:
        """This process's samples in some micro-batches of the step, where their names are known."""
        return []

    def _evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Numbers of the held-back part; what was compiled for training is not used for it."""
        assert self.terms.develop is not None
        self.model.eval()
        with torch.compiler.set_stance("force_eager"), sharding.whole(self.model):
            found = self.terms.develop(self.model)
        metrics = {f"eval_{name}": value for name, value in found.items()}
        if metrics:
            self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        """Whether no numbers so far are better; without any they are not the best."""
        if not metrics:
            return False
        wanted = self.args.metric_for_best_model
        if not math.isfinite(metrics.get(f"eval_{wanted}", math.nan)):
            known = ", ".join(name.removeprefix("eval_") for name in metrics)
            raise ConfigError(
                f"develop.metric is {wanted}, of which development gave no number; it gave {known}."
            )
        best: bool = super()._determine_best_metric(metrics, trial)
        # Of equals the later one, which has learned more.
        return best or metrics[f"eval_{wanted}"] == self.state.best_metric


class _DevelopNow(TrainerCallback):
    """Asks for development every so many steps, and after the last one."""

    def __init__(self, every: int) -> None:
        self._every = every

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Look at the step."""
        if state.global_step % self._every == 0 or state.global_step == state.max_steps:
            control.should_evaluate = True
