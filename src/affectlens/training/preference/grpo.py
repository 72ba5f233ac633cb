"""Group relative policy optimization: of several answers the better ones become likelier.

DeepSeekMath, arXiv 2402.03300; with rewards that can be checked, as R1-Omni has them. Ours, with
TRL's numbers (a test compares them): TRL's GRPOTrainer makes prompts of text and pictures, and
knows no streams. Answers are drawn with the seeds of the plan, so that a resumed run draws the
same ones.
"""

# B answers, G answers to each question, Q questions, A tokens of answers

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.model.batch import Batch
from affectlens.model.checkpoint import Loaded
from affectlens.training.draw import Draw
from affectlens.training.fitting import Fitted, Watch, begun
from affectlens.training.plan import seeded
from affectlens.training.preference import objectives
from affectlens.training.preference.likelihood import Likelihood, likelihood
from affectlens.training.preference.questions import QuestionCollator, Questions
from affectlens.training.preference.rollout import Rollout, roll_out
from affectlens.training.preference.trainer import PreferenceTrainer
from affectlens.training.recipe import Recipe
from affectlens.training.rewards import Rewarded

_PROMPT = ("input_ids", "attention_mask", "slots", "streams")


def fit(
    name: str,
    recipe: Recipe,
    loaded: Loaded,
    questions: Questions,
    folder: Path,
    watch: Watch | None = None,
) -> Fitted:
    """As `fitting.fit`; the model that is given is the one at the stage's start, in resuming too.

    Raises:
        ConfigError: the model is in shards, with which answers cannot be written; and as of
            `fitting.fit`.
    """
    with begun(name, recipe, loaded, questions, folder, watch) as train:
        return train(GrpoTrainer, data_collator=QuestionCollator(loaded.processor))


class GrpoTrainer(PreferenceTrainer):
    """Learns the batches of a `QuestionCollator`; its data are `Questions`."""

    told = (
        *("rewards/total", "rewards/label", "rewards/format", "rewards/grounded"),
        *("kl", "answer_tokens", "ended"),
    )

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        if self.is_fsdp_enabled:
            raise ConfigError(
                "GRPO writes answers while it trains, which a model in shards (FSDP) cannot do "
                "here: train without it, each process with the whole model."
            )

    def losses(self, model: nn.Module, batch: Mapping[str, Any]) -> Tensor:
        """Of each question, the mean over its answers."""
        how, draws = self.preference, batch["draws"]
        found = self._answered(batch)
        better_QG = self._better(found, draws).to(self.args.device)
        start = self._start(found) if how.beta else None
        now = likelihood(model, found.batch, temperature=how.temperature)
        start_BA = None if start is None else start.logs_BA
        if draws:
            self._note(found, now, start_BA)
        loss_B = objectives.grpo(*now, better_QG.flatten(), start_BA, how.beta)
        return loss_B.view(better_QG.shape).mean(1)

    def _answered(self, batch: Mapping[str, Any]) -> Rollout:
        how = self.preference
        numbers = range(how.generations)
        seeds = [[seeded(draw.seed, "answer", i) for i in numbers] for draw in batch["draws"]]
        prompts = Batch(**{name: batch[name] for name in _PROMPT})  # type: ignore[typeddict-item]
        return roll_out(
            self._model(),
            self.keeping.processor,
            prompts,
            seeds or [[0] * how.generations],
            tokens=how.tokens,
            temperature=how.temperature,
        )

    def _start(self, found: Rollout) -> Likelihood:
        with self.reference.back(self._model()):
            return likelihood(self._model(), found.batch, temperature=self.preference.temperature)

    def _better(self, found: Rollout, draws: Sequence[Draw]) -> Tensor:
        """Advantages (Q, G); those of a question that nothing can be measured of are 0."""
        size = self.preference.generations
        groups = [found.texts[i : i + size] for i in range(0, len(found.texts), size)]
        better_QG = torch.zeros(len(groups), size)
        for row, (draw, texts) in enumerate(zip(draws, groups, strict=False)):
            worth = [self.train_dataset.worth(text, draw) for text in texts]
            totals = [one.total for one in worth if not isinstance(one.total, Missing)]
            self._note_rewards(worth)
            if totals:
                better_QG[row] = objectives.advantages(torch.tensor([totals]))[0]
        return better_QG

    def _note_rewards(self, worth: Sequence[Rewarded]) -> None:
        for one in worth:
            for name, part in {"total": one.total, **one.parts}.items():
                if not isinstance(part, Missing):
                    self.note(**{f"rewards/{name}": [part]})

    def _note(self, found: Rollout, now: Likelihood, start_BA: Tensor | None) -> None:
        tokens_B = now.learned_BA.sum(1)
        self.note(answer_tokens=tokens_B.tolist(), ended=[float(one) for one in found.ended])
        if start_BA is not None:
            kl_BA = objectives.divergence(now.logs_BA.detach(), start_BA) * now.learned_BA
            self.note(kl=(kl_BA.sum(1) / tokens_B.clamp(min=1)).tolist())
