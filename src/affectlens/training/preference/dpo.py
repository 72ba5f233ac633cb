"""Direct preference optimization: of two answers the preferred one becomes likelier.

Rafailov et al. 2023, arXiv 2305.18290. The numbers are those of TRL's DPOTrainer (a test compares
them), in the trainer of every other stage: TRL's own keeps a second model as the start, or a PEFT
adapter, which would leave out the connectors, and its micro-batches weigh alike whatever is in
them.
"""

# B answers, P pairs

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.checkpoint import Loaded
from affectlens.training.fitting import Fitted, Watch, begun
from affectlens.training.preference import objectives
from affectlens.training.preference.likelihood import likelihood
from affectlens.training.preference.pairs import PairCollator, Pairs
from affectlens.training.preference.trainer import PreferenceTrainer
from affectlens.training.recipe import Recipe


def fit(
    name: str,
    recipe: Recipe,
    loaded: Loaded,
    pairs: Pairs,
    folder: Path,
    watch: Watch | None = None,
) -> Fitted:
    """As `fitting.fit`; the model that is given is the one at the stage's start, in resuming too.

    Raises:
        ConfigError: beta is 0, with which nothing is learned; and as of `fitting.fit`.
    """
    if not recipe.stages[name].preference.beta:
        raise ConfigError(f"stages.{name}.preference.beta is above 0 for DPO, got 0.")
    with begun(name, recipe, loaded, pairs, folder, watch) as train:
        return train(DpoTrainer, data_collator=PairCollator(loaded.processor))


class DpoTrainer(PreferenceTrainer):
    """Learns the batches of a `PairCollator`."""

    told = ("preferred", "margin")

    def losses(self, model: nn.Module, batch: Mapping[str, Any]) -> Tensor:
        """Of each pair."""
        with self.reference.back(self._model()):
            start_B = likelihood(model, batch).summed()
        moved_B = likelihood(model, batch).summed() - start_B
        gained_P, lost_P = moved_B.chunk(2)
        margins = (gained_P - lost_P).detach()[batch["weights"] > 0].tolist()
        beta = self.preference.beta
        self.note(preferred=[float(m > 0) for m in margins], margin=[beta * m for m in margins])
        return objectives.dpo(gained_P, lost_P, beta)
