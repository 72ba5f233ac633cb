"""DeepSpeed's ZeRO: its config, as far as it is not the recipe's to say, and an order it needs."""

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError, UnavailableError

# Sections that would take the place of the recipe's optimizer, groups and schedule.
_OURS = ("optimizer", "scheduler")
_AS_THE_RECIPE_SAYS = {
    "train_batch_size": "auto",
    "train_micro_batch_size_per_gpu": "auto",
    "gradient_accumulation_steps": "auto",
    "gradient_clipping": "auto",
    "bf16": {"enabled": "auto"},
    "fp16": {"enabled": "auto"},
}
_SHARDS_WEIGHTS = 3


def settings(path: str) -> dict[str, Any] | None:
    """A DeepSpeed config, read; none where there is no path.

    Raises:
        UnavailableError: DeepSpeed is not installed.
        ConfigError: the file is no such config, or says what is the recipe's to say; or no launcher
            started this process.
    """
    if not path:
        return None
    if importlib.util.find_spec("deepspeed") is None:
        raise UnavailableError(
            "engine.deepspeed needs the package deepspeed, which is not installed: "
            "`pip install deepspeed`, or leave the setting out."
        )
    if "RANK" not in os.environ:
        raise ConfigError(
            "engine.deepspeed wants processes that a launcher started, be it one: "
            "`torchrun --nproc_per_node=1 -m affectlens train …`."
        )
    found = _read(path)
    if theirs := [name for name in _OURS if name in found]:
        raise ConfigError(
            f"{path} has {' and '.join(theirs)}, which are the recipe's to say: leave them out."
        )
    if found.get("zero_optimization", {}).get("stage", 0) >= _SHARDS_WEIGHTS:
        raise ConfigError(
            f"{path} has ZeRO stage 3, which wants the same parts of a model in each batch, and "
            "samples here lack streams. Take stage 2, or FSDP2 (recipes/launch/fsdp2.yaml), which "
            "shards weights as well."
        )
    return {**_AS_THE_RECIPE_SAYS, **found}


def one_order(model: nn.Module) -> Tensor:
    """A zero to add to a loss, made before it, so that gradients come in one order everywhere.

    ZeRO sums what processes have in the order in which their backward passes come to it, which for
    connectors hangs on the streams of a batch. By this they come last, one after the other.
    """
    mine = [
        p.flatten()[:1] * 0
        for name, p in model.named_parameters()
        if p.requires_grad and "connectors." in name
    ]
    return torch.cat(mine).sum() if mine else torch.zeros(())


def _read(path: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"engine.deepspeed: {path} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise ConfigError(f"engine.deepspeed: {path} holds no table of settings.")
    return found
