"""FSDP2, as accelerate's settings ask for it: the same on GPUs and on the CPU."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from accelerate import Accelerator, DistributedType
from accelerate.utils import FullyShardedDataParallelPlugin
from torch import nn
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy
from torch.distributed.fsdp.wrap import transformer_auto_wrap_policy

from affectlens.foundation.errors import ConfigError

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def wanted() -> bool:
    """Whether `accelerate launch` asks for it.

    Raises:
        ConfigError: it asks for the older FSDP.
    """
    asked = os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true"
    if asked and os.environ.get("FSDP_VERSION", "1") != "2":
        raise ConfigError(
            "This training shards by FSDP2, and `accelerate launch` asks for the older FSDP: set "
            "`fsdp_version: 2`, as recipes/launch/fsdp2.yaml does."
        )
    return asked


def settle(accelerator: Accelerator) -> None:
    """Shard where `accelerate launch` says so; on the CPU accelerate would leave it out.

    Where nothing is said of units, each layer of the language model is one.
    """
    state: Any = accelerator.state
    if state.distributed_type == DistributedType.MULTI_CPU and wanted():
        state.fsdp_plugin = FullyShardedDataParallelPlugin()
        state.distributed_type = DistributedType.FSDP
    if state.distributed_type != DistributedType.FSDP:
        return
    plugin = state.fsdp_plugin
    if plugin.auto_wrap_policy is None:
        plugin.auto_wrap_policy = transformer_auto_wrap_policy
    if dtype := _DTYPES.get(state.mixed_precision):  # gradients are summed in float32, as by DDP
        plugin.mixed_precision_policy = MixedPrecisionPolicy(dtype, torch.float32)


@contextmanager
def whole(model: nn.Module) -> Iterator[None]:
    """Use parts of a sharded model by themselves: what lies in no layer is there meanwhile."""
    if not isinstance(model, FSDPModule):
        yield
        return
    model.unshard()
    try:
        yield
    finally:
        model.reshard()
