"""Tokens of streams put where the prompt has their slots."""

# B samples, T tokens, L width of the language model, N samples that have a stream, S its tokens

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A stream's tokens for the samples that have it."""

    rows_N: Tensor  # which samples, ascending
    counts_N: Tensor  # tokens of each; behind them is padding
    tokens_NSL: Tensor


def splice(
    tokens_BTL: Tensor,
    slots_BT: Tensor,
    given: Mapping[str, Given],
    names: Sequence[str],
    lengths: Sequence[int] | None = None,
) -> Tensor:
    """Tokens (B, T, L) with every slot overwritten; slot 1 + i is for the stream `names[i]`.

    With `lengths`, the one row has samples of that many tokens end to end.

    Raises:
        InputError: a sample has not as many slots for a stream as the stream has tokens.
    """
    for number, name in enumerate(names, start=1):
        here_BT = slots_BT == number
        _check(name, _per_sample(here_BT, lengths), given.get(name))
        if name in given:
            stream = given[name]
            place_S = torch.arange(stream.tokens_NSL.shape[1], device=stream.counts_N.device)
            real_NS = place_S < stream.counts_N[:, None]
            tokens_BTL = tokens_BTL.masked_scatter(here_BT[..., None], stream.tokens_NSL[real_NS])
    return tokens_BTL


def touched(tokens_BTL: Tensor, unused: Iterable[nn.Module]) -> Tensor:
    """The same tokens; what would learn in the unused modules gets gradients of 0 by them.

    Processes that train together, and steps, then have gradients of the same parameters, whichever
    streams their samples have.
    """
    nothing = [p.flatten()[:1] * 0 for one in unused for p in one.parameters() if p.requires_grad]
    return tokens_BTL + torch.cat(nothing).sum().to(tokens_BTL) if nothing else tokens_BTL


def _per_sample(here_BT: Tensor, lengths: Sequence[int] | None) -> Tensor:
    if lengths is None:
        return here_BT.sum(1)
    if sum(lengths) != here_BT.numel():
        raise InputError(
            f"Samples of {list(lengths)} tokens end to end make a row of {sum(lengths)}; got "
            f"{' rows of '.join(map(str, here_BT.shape))}."
        )
    return torch.stack([part.sum() for part in torch.split_with_sizes(here_BT[0], list(lengths))])


def _check(name: str, wanted_B: Tensor, stream: Given | None) -> None:
    given_B = torch.zeros_like(wanted_B)
    if stream is not None:
        given_B[stream.rows_N] = stream.counts_N.to(given_B)
    if (wrong_B := wanted_B != given_B).any():
        row = int(wrong_B.nonzero()[0])
        raise InputError(
            f"Sample {row} of the batch has {int(wanted_B[row])} slots for {name!r} in its prompt, "
            f"its features give {int(given_B[row])} tokens. Make prompt and features by one call "
            "of the processor."
        )
