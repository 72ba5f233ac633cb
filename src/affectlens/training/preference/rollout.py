"""Several answers to each question, drawn with seeds, as a batch that can be learned from."""

# B questions, G answers to each, T tokens of prompts, A of answers, N samples that have a stream

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList

from affectlens.model.batch import IGNORED, Batch, StreamInput
from affectlens.model.padded import Padded
from affectlens.model.sampling import Sampler, Sampling

if TYPE_CHECKING:
    from affectlens.model.network import AffectLM
    from affectlens.model.processor import AffectProcessor


class Rollout(NamedTuple):
    """Answers and how they were reached."""

    batch: Batch  # prompts with their answers, of which alone there are labels
    texts: list[str]  # G to each question, one question after the other
    ended: list[bool]  # whether it came to an end within the tokens that it was given


class _Apart(LogitsProcessor):
    """Each row draws with a seed of its own."""

    def __init__(self, seeds: Sequence[int], temperature: float, device: torch.device) -> None:
        self._rows = [
            Sampler(Sampling(seed=seed, temperature=temperature), 1, device) for seed in seeds
        ]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Scores whose largest is the token drawn."""
        rows = zip(self._rows, input_ids[:, None], scores[:, None], strict=True)
        return torch.cat([one(ids, row) for one, ids, row in rows])


def roll_out(
    model: "AffectLM",
    processor: "AffectProcessor",
    prompts: Batch,
    seeds: Sequence[Sequence[int]],
    *,
    tokens: int,
    temperature: float,
) -> Rollout:
    """One answer for each seed of each prompt; prompts are padded on the left.

    Raises:
        InputError: slots and features of a prompt do not fit together.
    """
    batch = repeated(prompts, len(seeds[0]))
    if processor.context is not None:
        tokens = min(tokens, processor.context - batch["input_ids"].shape[1])
    flat = [seed for row in seeds for seed in row]
    ends = torch.tensor(_ends(model, processor), device=model.device)
    was = model.training
    model.eval()
    ids_BA = model.generate(
        **batch,
        max_new_tokens=tokens,
        eos_token_id=ends.tolist(),
        pad_token_id=processor.tokenizer.pad_token_id,
        logits_processor=LogitsProcessorList([_Apart(flat, temperature, model.device)]),
    )
    model.train(was)
    ended_BA = torch.isin(ids_BA, ends)
    real_BA = ended_BA.cumsum(1) - ended_BA.long() == 0  # up to the first end, itself included
    return Rollout(
        batch=_with_answers(batch, ids_BA, real_BA),
        texts=[processor.decode(row[real]) for row, real in zip(ids_BA, real_BA, strict=True)],
        ended=ended_BA.any(1).tolist(),
    )


def repeated(batch: Batch, times: int) -> Batch:
    """Each sample so many times, one behind the other."""
    return Batch(
        input_ids=batch["input_ids"].repeat_interleave(times, 0),
        attention_mask=batch["attention_mask"].repeat_interleave(times, 0),
        slots=batch["slots"].repeat_interleave(times, 0),
        streams={name: _repeated(one, times) for name, one in batch["streams"].items()},
    )


def _repeated(stream: StreamInput, times: int) -> StreamInput:
    rows_N = stream["rows_N"]
    copies = torch.arange(times, device=rows_N.device)
    sources = [
        Padded(
            values_NTD=one["values_NTD"].repeat_interleave(times, 0),
            times_NT=one["times_NT"].repeat_interleave(times, 0),
            lengths_N=one["lengths_N"].repeat_interleave(times, 0),
        )
        for one in stream["sources"]
    ]
    return StreamInput(rows_N=(rows_N[:, None] * times + copies).reshape(-1), sources=sources)


def _with_answers(batch: Batch, ids_BA: Tensor, real_BA: Tensor) -> Batch:
    """Prompts and answers end to end; what was written behind an answer's end is padding."""

    def joined(left: Tensor, right: Tensor) -> Tensor:
        return torch.cat([left, right.to(left)], 1)

    return Batch(
        input_ids=joined(batch["input_ids"], ids_BA),
        attention_mask=joined(batch["attention_mask"], real_BA),
        slots=joined(batch["slots"], torch.zeros_like(ids_BA)),
        streams=batch["streams"],
        labels=joined(
            torch.full_like(batch["input_ids"], IGNORED), ids_BA.masked_fill(~real_BA, IGNORED)
        ),
    )


def _ends(model: "AffectLM", processor: "AffectProcessor") -> list[int]:
    """Where answers end: as training teaches it, and as the language model does by itself."""
    own: Any = model.generation_config.eos_token_id
    theirs = own if isinstance(own, list) else [own]
    ends = (processor.end, processor.tokenizer.eos_token_id, *theirs)
    return list(dict.fromkeys(end for end in ends if end is not None))
