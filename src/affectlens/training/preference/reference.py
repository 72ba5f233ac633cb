"""`Reference`: a model as it was at its stage's start, kept as copies of what learns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor


class Reference:
    """Whatever learns is copied: LoRA, connectors, or a whole language model where that does.

    To be made of the model that the stage starts from, before a checkpoint is loaded into it.
    """

    def __init__(self, model: nn.Module) -> None:
        self._start = {name: one.detach().clone() for name, one in _learning(model).items()}

    @property
    def numbers(self) -> int:
        """How many are kept."""
        return sum(value.numel() for value in self._start.values())

    @contextmanager
    def back(self, model: nn.Module) -> Iterator[None]:
        """The model is as it was, and nothing of it learns meanwhile."""
        parameters = _learning(model)
        self._start = {name: _like(one, self._start[name]) for name, one in parameters.items()}
        now = {name: one.detach().clone() for name, one in parameters.items()}
        with torch.no_grad():
            _put(parameters, self._start)
            try:
                yield
            finally:
                _put(parameters, now)


def _learning(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: one for name, one in model.named_parameters() if one.requires_grad}


def _like(parameter: nn.Parameter, value: Tensor) -> Tensor:
    """The value where the parameter is by now: on its device, shared by processes as it is."""
    value = value.to(parameter.device)
    if isinstance(parameter, DTensor) and not isinstance(value, DTensor):
        return distribute_tensor(value, parameter.device_mesh, parameter.placements)
    return value


def _put(parameters: Mapping[str, nn.Parameter], values: Mapping[str, Tensor]) -> None:
    for name, parameter in parameters.items():
        parameter.copy_(values[name])
