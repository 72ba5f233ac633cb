"""`Standard`: features brought to mean 0 and deviation 1 by what was seen in training."""

# N samples, R rows, P places, D width

from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor, nn

_MEMORY = 50_000  # rows; what was seen longer ago fades
_NEVER_VARIED = 1e-6
_MOST = 8.0  # deviations; what is farther out than anything in training is held there


class Standard(nn.Module):
    """By the running values in training too, so that a batch of one gives what a large one gives.

    Each of `places` rows has values of its own, or all rows of a sample share those of one place.
    Until something was seen features stay as they are; one that never varied says nothing: 0.
    Processes that train together each see their own samples; what the first one saw is saved.
    """

    mean_PD: Tensor
    deviation_PD: Tensor
    seen: Tensor

    def __init__(self, width: int, places: int = 1) -> None:
        super().__init__()
        self.register_buffer("mean_PD", torch.zeros(places, width))
        self.register_buffer("deviation_PD", torch.ones(places, width))
        self.register_buffer("seen", torch.zeros(()))  # rows of a place, at most _MEMORY

    def forward(self, values_NRD: Tensor, real_NR: Tensor, *, learns: bool) -> Tensor:
        """The same shape and type; rows that are not real become 0, and are not learned from.

        `learns`: in training, take note of what is seen; not so where the connector is frozen.
        """
        exact_NRD = values_NRD.detach().float()
        if learns and self.training and torch.is_grad_enabled():
            self._learn(exact_NRD, real_NR)
        deviation_PD = self.deviation_PD.float()
        scale_PD = torch.where(deviation_PD > _NEVER_VARIED, 1 / deviation_PD, 0)
        standard_NRD = (exact_NRD - self.mean_PD.float()) * scale_PD
        held_NRD = standard_NRD.clamp(-_MOST, _MOST)
        return held_NRD.masked_fill(~real_NR[..., None], 0).to(values_NRD.dtype)

    @torch.no_grad()
    def _learn(self, values_NRD: Tensor, real_NR: Tensor) -> None:
        """Mean and variance of all that was seen and of this together (Chan et al. 1979)."""
        axes = (0,) if len(self.mean_PD) > 1 else (0, 1)
        real_NR1 = real_NR[..., None].float()
        rows = real_NR1.sum(axes, keepdim=True).amax().clamp(min=1)
        mean_PD = ((values_NRD * real_NR1).sum(axes, keepdim=True) / rows)[0]
        apart_NRD = (values_NRD - mean_PD) * real_NR1
        variance_PD = (apart_NRD.square().sum(axes, keepdim=True) / rows)[0]
        rate = rows / (self.seen + rows)
        change_PD = mean_PD - self.mean_PD
        joined_PD = (
            (1 - rate) * self.deviation_PD.square()
            + rate * variance_PD
            + rate * (1 - rate) * change_PD.square()
        )
        self.mean_PD.add_(rate * change_PD)
        self.deviation_PD.copy_(joined_PD.sqrt())
        self.seen.add_(rows).clamp_(max=_MEMORY)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Moved as any module, but in float32 as before: small steps are lost in 16 bits."""
        before: dict[str, Any] = dict(self.named_buffers())
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name, buffer in self.named_buffers():
            if buffer.dtype != before[name].dtype:
                setattr(self, name, before[name].to(buffer.device))
        return self
