"""How likely a model finds the answers of a batch, token by token."""

# B samples, T tokens, A tokens from the first answer on, V vocabulary

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from affectlens.model.batch import IGNORED

_READ = ("input_ids", "attention_mask", "slots", "streams")


class Likelihood(NamedTuple):
    """Natural logarithms; 0 where `learned` is False, which is everywhere but in answers."""

    logs_BA: Tensor
    learned_BA: Tensor

    def summed(self) -> Tensor:
        """Of each whole answer, shape (B,)."""
        return self.logs_BA.sum(1)


def likelihood(
    model: nn.Module, batch: Mapping[str, Any], *, temperature: float = 1.0
) -> Likelihood:
    """Of the labels of a padded batch; logits are made from the first answer on, no sooner."""
    labels_BT = batch["labels"]
    inputs = {name: batch[name] for name in _READ if name in batch}
    first = int((labels_BT != IGNORED).any(0).int().argmax())
    targets_BA = labels_BT[:, first:]
    out = model(**inputs, use_cache=False, logits_to_keep=targets_BA.shape[1] + 1)
    logits_BAV = out.logits[:, :-1].float() / temperature
    learned_BA = targets_BA != IGNORED
    chosen_BA = logits_BAV.gather(-1, targets_BA.clamp(min=0)[..., None])[..., 0]
    logs_BA = chosen_BA - logits_BAV.logsumexp(-1)
    return Likelihood(torch.where(learned_BA, logs_BA, 0.0), learned_BA)
