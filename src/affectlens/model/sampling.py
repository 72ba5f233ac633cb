"""`Sampling`: chance in generation, from a seed that is said, the same alone and in a batch."""

# B samples, T tokens, V vocabulary

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import LogitsProcessor, TemperatureLogitsWarper, TopPLogitsWarper

from affectlens.foundation.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampling:
    """Draws from the likeliest tokens that hold `top_p` of the probability at a temperature.

    An answer is a function of its sample and the seed: equal samples of one list get equal answers,
    as does the same sample alone. For several draws of one sample ask with several seeds.
    """

    seed: int
    temperature: float = 1.0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if self.temperature <= 0 or not 0 < self.top_p <= 1:
            raise ConfigError(
                "Sampling wants a temperature above 0 and top_p above 0 up to 1; got "
                f"{self.temperature} and {self.top_p}. For greedy answers leave sampling out."
            )


class Sampler(LogitsProcessor):
    """Adds Gumbel noise, so that the greedy choice behind it is a draw (Gumbel-max).

    Each row has a generator of its own with the same seed: no other source of chance is touched,
    threads do not disturb each other, and an answer depends on its sample and the seed only.
    """

    def __init__(self, sampling: Sampling, rows: int, device: torch.device) -> None:
        self._generators = [torch.Generator(device).manual_seed(sampling.seed) for _ in range(rows)]
        self._warpers = [TemperatureLogitsWarper(sampling.temperature)]
        if sampling.top_p < 1:
            self._warpers.append(TopPLogitsWarper(sampling.top_p))

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Scores (B, V) whose largest is the token drawn."""
        for warper in self._warpers:
            scores = warper(input_ids, scores)
        waits_BV = torch.stack(
            [
                torch.empty_like(row).exponential_(generator=g)
                for row, g in zip(scores, self._generators, strict=True)
            ]
        )
        return scores - waits_BV.log()
