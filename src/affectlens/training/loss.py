"""The loss of answers: the same however samples are batched, split up or shared by processes."""

# B rows of the batch, K columns with logits, V vocabulary, M learned tokens

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from affectlens.training.collate import LossKind

_PACKED = ("input_ids", "position_ids", "slots", "streams", "lengths")
_PADDED = ("input_ids", "attention_mask", "slots", "streams")


def loss_of(model: nn.Module, batch: Mapping[str, Any], normalizer: Tensor | float) -> Tensor:
    """A batch's part of the loss of a step: parts add up, over micro-batches and processes.

    `normalizer` is the sum of `count` over all batches of the step. With the loss "sample" the
    whole is the mean over samples of the mean over each one's learned tokens, with "token" the mean
    over all learned tokens. Logits are only made where such a token is predicted; the rest is done
    in float32. Who averages gradients over processes multiplies by their number.
    """
    learned = batch["learned"]
    names = _PACKED if "position_ids" in batch else _PADDED
    inputs = {name: batch[name] for name in names}
    out = model(**inputs, logits_to_keep=learned["columns_K"], use_cache=False)
    logits_MV = out.logits[learned["rows_M"], learned["places_M"]].float()
    loss_M = nn.functional.cross_entropy(logits_MV, learned["targets_M"], reduction="none")
    whole = torch.as_tensor(normalizer, device=loss_M.device).clamp(min=1)
    loss: Tensor = (loss_M * learned["weights_M"]).sum() / whole
    return loss


def count(batch: Mapping[str, Any], loss: LossKind) -> Tensor:
    """What a batch adds to the normalizer of its step: its samples, or its learned tokens."""
    counted: Tensor = batch["counts"][loss]
    return counted
