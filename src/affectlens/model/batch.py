"""`Batch`: samples as tensors, in plain dicts that Trainer and accelerate move between devices."""

# B samples, T tokens, N samples that have a stream

from typing import NotRequired, TypedDict

from torch import Tensor

from affectlens.model.padded import Padded

IGNORED = -100  # label of a token that is not learned


class StreamInput(TypedDict):
    """One stream of the samples that have it."""

    rows_N: Tensor  # long, which samples of the batch they are, ascending
    sources: list[Padded]  # one for each source of the stream, N samples each


class Batch(TypedDict):
    """What `AffectProcessor` gives and `AffectLM` takes: `model(**batch)`.

    Right-padded for training, left-padded for generation; where `slots` is not 0, `input_ids` has
    the pad id and the embedding is overwritten by the next token of that stream.
    """

    input_ids: Tensor  # long (B, T)
    attention_mask: Tensor  # long (B, T), 1 where a token is real
    slots: Tensor  # long (B, T): 0 is text, 1 + i is the i-th stream of the system
    streams: dict[str, StreamInput]  # only streams that some sample has
    labels: NotRequired[Tensor]  # long (B, T), IGNORED but on answers and their end
