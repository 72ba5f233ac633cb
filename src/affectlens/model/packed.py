"""Samples end to end in one row: no padding, and none of them sees another."""

# H heads, T tokens of the row, D width of a head

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

from affectlens.foundation.errors import ConfigError

if TYPE_CHECKING:
    from affectlens.model.network import AffectLM

PACKED = "packed_sdpa"
_FULL = {"full_attention"}
_SLIDING = _FULL | {"sliding_attention"}
_CUT = _SLIDING | {"chunked_attention"}  # layers for which transformers' masks keep samples apart


def prepare(model: "AffectLM") -> None:
    """Let SDPA attend to the samples of packed rows one by one; all else stays as it is.

    Without this, and with other attention than "sdpa", packed rows give the same numbers; SDPA is
    then given a mask as large as the row squared, which takes about twice the time.

    Raises:
        ConfigError: its language model would let samples see each other.
    """
    language = model.language
    masked = language._supports_attention_backend  # noqa: SLF001 - by transformers' own masks
    if not masked or _kinds(language) - _CUT:
        raise ConfigError(
            f"{type(language).__name__} cannot keep samples apart that stand end to end in one "
            "row: use engine.batching = 'bucketed'."
        )
    if attention(language) == "sdpa":
        model.set_attn_implementation(PACKED)


def arguments(language: PreTrainedModel, lengths: Sequence[int], row: Tensor) -> dict[str, Any]:
    """What a language model is told of a packed row (1, T, …), beside embeddings and positions."""
    told: dict[str, Any] = {
        "attention_mask": None,  # made by transformers, which sees where positions start anew
        "use_cache": False,  # with one, it would not look
    }
    chosen = attention(language)
    if chosen.startswith("flash_attention"):
        ends = torch.tensor([0, *lengths], device=row.device).cumsum(0).to(torch.int32)
        told |= dict.fromkeys(("cu_seq_lens_q", "cu_seq_lens_k"), ends)
        told |= dict.fromkeys(("max_length_q", "max_length_k"), max(lengths))
    elif chosen == PACKED and _one_by_one(language, max(lengths)):
        told["packed_lengths"] = tuple(lengths)
        # A mask that is made already is handed on; who would use this one fails, not errs.
        told["attention_mask"] = row.new_empty(1, 1, 0, 0)
    return told


def positions(lengths: Sequence[int]) -> Tensor:
    """Positions (1, T) that start anew with each sample."""
    return torch.cat([torch.arange(length) for length in lengths])[None]


def attend(
    module: nn.Module,
    query_1HTD: Tensor,
    key_1HTD: Tensor,
    value_1HTD: Tensor,
    attention_mask: Tensor | None,
    packed_lengths: tuple[int, ...] | None = None,
    **settings: Any,
) -> tuple[Tensor, None]:
    """SDPA as transformers has it, by samples where their lengths are told; gives (1, T, H, D)."""
    if packed_lengths is None:
        plain: tuple[Tensor, None] = sdpa_attention_forward(
            module, query_1HTD, key_1HTD, value_1HTD, attention_mask, **settings
        )
        return plain
    whole = (query_1HTD, key_1HTD, value_1HTD)
    parts = [torch.split_with_sizes(one, packed_lengths, dim=2) for one in whole]
    samples = zip(*parts, strict=True)
    with _kernel(query_1HTD):
        seen = [sdpa_attention_forward(module, *one, None, **settings)[0] for one in samples]
    return torch.cat(seen, dim=1), None


def _kernel(query_1HTD: Tensor) -> AbstractContextManager[None]:
    """Of samples that are learned on a CPU, the plain one: its way back is several times faster."""
    learns = query_1HTD.requires_grad and query_1HTD.device.type == "cpu"
    return sdpa_kernel(SDPBackend.MATH) if learns else nullcontext()


def _one_by_one(language: PreTrainedModel, longest: int) -> bool:
    """Whether within a sample its layers mask nothing but what comes later."""
    window = getattr(language.config, "sliding_window", None)
    if window is not None and longest > window:  # layers may slide that are called nothing
        return False
    same = _kinds(language) <= (_FULL if window is None else _SLIDING)
    return same and not torch.compiler.is_compiling()  # each row's lengths would be compiled anew


def attention(language: PreTrainedModel) -> str:
    """By what name transformers knows the attention of a language model."""
    return str(language.config._attn_implementation)  # noqa: SLF001 - it has no other name


def _kinds(language: PreTrainedModel) -> set[str]:
    return set(getattr(language.config, "layer_types", None) or _FULL)


AttentionInterface.register(PACKED, attend)
AttentionMaskInterface.register(PACKED, sdpa_mask)
