"""Ask a model: examples in, answers out, in batches; or one answer as it is written."""

# B samples, T prompt tokens, D model width

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from accelerate.utils import send_to_device
from torch import Tensor
from transformers import (
    Cache,
    LogitsProcessor,
    LogitsProcessorList,
    StaticCache,
    StoppingCriteriaList,
)

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.model.answer import Answer, LabelScores
from affectlens.model.batch import Batch
from affectlens.model.constrain import LabelConstraint, grammar
from affectlens.model.example import Example, listed
from affectlens.model.pools import answer
from affectlens.model.sampling import Sampler, Sampling
from affectlens.model.scoring import empty_cache, label_scores, score_labels
from affectlens.model.streaming import Cancel, Tokens, pieces

if TYPE_CHECKING:
    from affectlens.model.network import AffectLM
    from affectlens.model.processor import AffectProcessor

STAGE = "answers"
_ROOM = 256  # fixed caches grow by so many tokens, so that few sizes need compiling
_NOT_ASKED = Missing("No labels were asked for.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """How to ask.

    With `labels` each label is scored as the whole answer; `say` limits the text to one of them
    ("label"), or to a list of them without repeats ("labels").
    """

    max_tokens: int = 500  # generated at most, the end included; 0: labels are scored, no text
    labels: LabelSpace | None = None
    say: Literal["anything", "label", "labels"] = "anything"
    sampling: Sampling | None = None  # None: always the likeliest token
    batch_size: int = 8
    temperature: float = 1.0  # divides the labels' log likelihoods, to calibrate them
    # A cache of fixed size, with which transformers compiles the steps on a GPU: the first answer
    # takes a minute longer, the others are written several times faster.
    compiled: bool = False

    def __post_init__(self) -> None:
        if self.max_tokens < 0 or self.batch_size < 1:
            raise ConfigError(
                f"max_tokens is 0 or more and batch_size 1 or more; got {self.max_tokens} and "
                f"{self.batch_size}."
            )
        if self.labels is None and (self.say != "anything" or self.max_tokens == 0):
            raise ConfigError(
                "Answers of labels, and label scores without text, need `labels`, a label space."
            )


PLAINLY = Asking()


def ask(
    model: "AffectLM",
    processor: "AffectProcessor",
    examples: Sequence[Example],
    how: Asking = PLAINLY,
    *,
    progress: Progress = silent,
) -> list[Answer]:
    """The answers to the last turn of each example, in their order.

    Batches are made of prompts of like length. An answer does not depend on what stands beside it
    but for the last bits of arithmetic, and where the batch's longest prompt leaves less room in
    the context than `max_tokens`.

    Raises:
        ConfigError: a label is longer than the system's answers are.
        InputError: an example is wrong or too long, with the longest label where labels are asked.
        AffectlensError: the model's scores of labels are not finite.
    """
    listed(examples)
    model.eval()
    terms = _Terms.of(model, processor, how)
    answers: dict[int, Answer] = {}
    for indices in _batches(processor, examples, how.batch_size):
        chosen = [examples[i] for i in indices]
        batch = processor(chosen, training=False)
        _check_room(batch, chosen, terms)
        answers |= zip(indices, _answer(model, processor, batch, how, terms), strict=True)
        progress(STAGE, len(answers) / len(examples))
    return [answers[i] for i in range(len(examples))]


def stream(
    model: "AffectLM", processor: "AffectProcessor", example: Example, how: Asking = PLAINLY
) -> Iterator[str]:
    """The answer to one example in pieces as they are generated; their sum is the answer's text.

    Leaving the loop ends the generation. Labels are not scored.
    """
    model.eval()
    terms = _Terms.of(model, processor, how)
    batch = processor([example], training=False)

    def run(tokens: Tokens, cancel: Cancel) -> None:
        prompt = _Prompt.of(model, batch)
        criteria = StoppingCriteriaList([cancel])
        _generate(model, prompt, how, terms, streamer=tokens, stopping_criteria=criteria)

    yield from _without_edges(pieces(run, lambda ids: _text(processor, ids, terms)))


def _without_edges(texts: Iterator[str]) -> Iterator[str]:
    """The same text in pieces, without the blanks before its first and behind its last word."""
    begun, held = False, ""
    for text in texts:
        text = held + text if begun else text.lstrip()
        shown = text.rstrip()
        held = text[len(shown) :]
        begun = begun or bool(shown)
        if shown:
            yield shown


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a processor makes of a way to ask: ids of labels and of the end."""

    end: int
    ends: tuple[int, ...]
    pad: int
    labels: tuple[tuple[int, ...], ...]  # the end included
    rules: LabelConstraint | None
    context: int | None  # tokens that the language model reads at most

    @staticmethod
    def of(model: "AffectLM", processor: "AffectProcessor", how: Asking) -> "_Terms":
        names = () if how.labels is None else how.labels.labels
        eos, end = processor.tokenizer.eos_token_id, (processor.end,)
        rules = None
        if how.labels is not None and how.say != "anything":
            most = 1 if how.say == "label" else len(how.labels.labels)

            def encode(text: str) -> tuple[int, ...]:
                ids = processor.answer_ids(text)
                return ids[:-1] if ids[-1:] == end else ids

            rules = LabelConstraint(grammar(encode, how.labels, end, most=most))
        pad = processor.tokenizer.pad_token_id
        return _Terms(
            end=end[0],
            ends=tuple(dict.fromkeys((*end, eos, *_ends_of(model)))),
            pad=eos if pad is None else pad,
            labels=tuple(processor.answer_ids(_sentence(processor, name)) for name in names),
            rules=rules,
            context=processor.context,
        )


def _sentence(processor: "AffectProcessor", label: str) -> str:
    """A label as the system's answers put it, such as "The most likely label is happy."."""
    return answer(processor.system.prompts, "emotion", {"text": label})


def _ends_of(model: "AffectLM") -> list[int]:
    """Where the language model ends by itself; chat models have several such tokens."""
    ends = model.generation_config.eos_token_id
    if ends is None:
        return []
    return list(ends) if isinstance(ends, list) else [ends]


def _batches(
    processor: "AffectProcessor", examples: Sequence[Example], size: int
) -> list[list[int]]:
    """Indices, longest prompts first: what does not fit into memory shows at once."""
    order = list(range(len(examples)))
    if len(examples) > size:
        lengths = [len(processor.row(one).ids) for one in examples]
        order.sort(key=lambda i: -lengths[i])
    return [order[start : start + size] for start in range(0, len(order), size)]


def _check_room(batch: Batch, examples: Sequence[Example], terms: _Terms) -> None:
    """Stop where the language model cannot read a prompt with the longest label behind it."""
    longest = max(map(len, terms.labels), default=0)
    lengths = batch["attention_mask"].sum(1).tolist()
    for example, length in zip(examples, lengths, strict=True):
        if terms.context is not None and length + longest > terms.context:
            raise InputError(
                f"{example.name} takes {length} tokens and the longest label {longest}, and the "
                f"language model reads {terms.context}. Shorten its text, its turns or the label."
            )


@dataclass(frozen=True, slots=True)
class _Prompt:
    """Prompts with their streams, ready for the language model."""

    embeds_BTD: Tensor
    mask_BT: Tensor

    @staticmethod
    @torch.inference_mode()
    def of(model: "AffectLM", batch: Batch) -> "_Prompt":
        moved = send_to_device(batch, model.device)
        return _Prompt(model.embed(moved), moved["attention_mask"])


@torch.inference_mode()
def _answer(
    model: "AffectLM", processor: "AffectProcessor", batch: Batch, how: Asking, terms: _Terms
) -> list[Answer]:
    prompt = _Prompt.of(model, batch)
    samples = len(prompt.mask_BT)
    labels: list[LabelScores | Missing] = [_NOT_ASKED] * samples
    cache = None
    if how.labels is not None:
        scored = score_labels(model.language, prompt.embeds_BTD, prompt.mask_BT, terms.labels)
        counts = [len(ids) for ids in terms.labels]
        labels = [
            label_scores(how.labels, row, counts, temperature=how.temperature)
            for row in scored.log_likelihoods_BL.tolist()
        ]
        cache = scored.cache
    rows: list[list[int]] = [[]] * samples
    if how.max_tokens:
        rows = _generate(model, prompt, how, terms, cache=cache).tolist()
    return [_cut(processor, row, terms, one) for row, one in zip(rows, labels, strict=True)]


def _cut(
    processor: "AffectProcessor", ids: Sequence[int], terms: _Terms, labels: LabelScores | Missing
) -> Answer:
    ended = [i for i, token in enumerate(ids) if token in terms.ends]
    kept = ids[: ended[0]] if ended else ids
    tokens = len(kept) + bool(ended)
    return Answer(processor.decode(kept), tokens=tokens, ended=bool(ended), labels=labels)


def _text(processor: "AffectProcessor", ids: Sequence[int], terms: _Terms) -> str:
    kept = [token for token in ids if token not in terms.ends]
    return str(processor.tokenizer.decode(kept, skip_special_tokens=True))


@torch.inference_mode()
def _generate(
    model: "AffectLM",
    prompt: _Prompt,
    how: Asking,
    terms: _Terms,
    *,
    cache: Cache | None = None,
    **streaming: Any,
) -> Tensor:
    """New ids; goes on from the cache of the prompts where there is one."""
    rules: list[LogitsProcessor] = [] if terms.rules is None else [terms.rules]
    if how.sampling is not None:
        rules.append(Sampler(how.sampling, len(prompt.mask_BT), prompt.mask_BT.device))
    length = prompt.mask_BT.shape[1]
    left = how.max_tokens if terms.context is None else terms.context - length
    most = min(how.max_tokens, left)  # beyond its context a model writes nonsense
    if how.compiled:
        room = -(-(length + most) // _ROOM) * _ROOM
        cache = StaticCache(config=model.language.config, max_cache_len=room)
    elif cache is None:
        cache = empty_cache(model.language)
    else:
        cache.crop(-1)  # generation starts by running at least one token
    ids: Tensor = model.generate(
        inputs_embeds=prompt.embeds_BTD,
        attention_mask=prompt.mask_BT,
        past_key_values=cache,
        max_new_tokens=most,
        eos_token_id=list(terms.ends),
        pad_token_id=terms.pad,
        logits_processor=LogitsProcessorList(rules),
        **streaming,
    )
    return ids
