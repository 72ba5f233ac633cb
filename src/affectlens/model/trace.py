"""Every intermediate of a model whose numbers follow from a formula, to compare with others.

The fill: element k (row-major, from 0) of the tensor called `name` comes from u in [0, 1), the
upper 53 of the 64 bits that SplitMix64 makes of k + 2³²·crc32(name), times 2⁻⁵³; all is integer
arithmetic, so any language gives the same. With v = 2u − 1 the element is
- 1 + v/10 where the name ends in "weight" and the tensor has one axis (a norm),
- v/10 in other tensors of one axis (a bias),
- v·√(3/n) else, n being the product of all axes but the first; also in features.
"""

# B samples, T tokens, L width of the language model, V vocabulary
# N samples that have a stream, S its tokens, R its rows, D their width

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from affectlens.encoders.features import Features
from affectlens.model import streams
from affectlens.model.config import AffectLMConfig
from affectlens.model.declaration import System
from affectlens.model.example import Example, Turn
from affectlens.model.language import language_config
from affectlens.model.network import AffectLM


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What a batch becomes on its way; padding is in it."""

    sources: Mapping[str, Tensor]  # "patches.0" → features as the connector gets them, (N, R, D)
    tokens: Mapping[str, Tensor]  # stream → its tokens, (N, S, L)
    embeddings_BTL: Tensor  # streams spliced in
    hidden_states: tuple[Tensor, ...]  # (B, T, L) before each layer, the last behind the norm
    logits_BTV: Tensor


def specified(system: System, language: str = "tiny:llama") -> AffectLM:
    """The system over a tiny language model, its features as wide as published, filled."""
    config = AffectLMConfig(system=system, text_config=language_config(language))
    model = AffectLM(config)
    fill(model)
    model.eval()
    return model


def fill(model: nn.Module) -> None:
    """Overwrite every parameter by the formula."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(filled(name, parameter.shape)))


def filled(name: str, shape: Sequence[int]) -> NDArray[np.float32]:
    """A tensor by the formula."""
    centred = 2 * _uniform(math.prod(shape), zlib.crc32(name.encode())) - 1
    if len(shape) > 1:
        values = centred * math.sqrt(3 / math.prod(shape[1:]))
    else:
        values = centred / 10 + name.endswith("weight")
    return values.reshape(shape).astype(np.float32)


def example(
    system: System, turns: Sequence[Turn], rows: Mapping[str, int], **texts: Any
) -> Example:
    """An example whose features, `rows[stream]` of them, are filled as "features.<stream>.<i>"."""
    widths = streams.widths(system)
    features = {
        name: tuple(
            Features(
                filled(f"features.{name}.{i}", (count, width)), np.arange(count, dtype=np.float64)
            )
            for i, width in enumerate(widths[name])
        )
        for name, count in rows.items()
    }
    return Example(turns=tuple(turns), features=features, **texts)


@torch.no_grad()
def trace(model: AffectLM, batch: Mapping[str, Any]) -> Trace:
    """Run a batch and keep everything; training and generation layout are the processor's."""
    given = batch["streams"]
    embeddings_BTL = model.embed(batch)
    out = model(
        inputs_embeds=embeddings_BTL,
        attention_mask=batch["attention_mask"],
        output_hidden_states=True,
    )
    return Trace(
        sources={
            f"{name}.{i}": source["values_NTD"]
            for name, one in given.items()
            for i, source in enumerate(one["sources"])
        },
        tokens=model.encode_streams(given),
        embeddings_BTL=embeddings_BTL,
        hidden_states=out.hidden_states,
        logits_BTV=out.logits,
    )


def save(found: Trace, batch: Mapping[str, Any], model: AffectLM, path: Path) -> None:
    """Write trace, ids and all weights of the model into one safetensors file.

    Names: `sources.<stream>.<i>`, `tokens.<stream>`, `embeddings`, `hidden_states.<layer>`,
    `logits`, `input_ids`, `attention_mask`, `slots`, `weights.<parameter>`.
    """
    tensors = {f"sources.{name}": value for name, value in found.sources.items()}
    tensors |= {f"tokens.{name}": value for name, value in found.tokens.items()}
    tensors |= {f"hidden_states.{i}": value for i, value in enumerate(found.hidden_states)}
    tensors |= {"embeddings": found.embeddings_BTL, "logits": found.logits_BTV}
    tensors |= {name: batch[name] for name in ("input_ids", "attention_mask", "slots")}
    tensors |= {f"weights.{name}": value.detach() for name, value in model.named_parameters()}
    save_file({name: value.contiguous().clone() for name, value in tensors.items()}, path)


def _uniform(count: int, key: int) -> NDArray[np.float64]:
    """SplitMix64 (Steele, Lea, Flood 2014) of a counter."""
    with np.errstate(over="ignore"):
        x = np.arange(count, dtype=np.uint64) + (np.uint64(key) << np.uint64(32))
        x = (x + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)).astype(np.float64) * 2.0**-53
