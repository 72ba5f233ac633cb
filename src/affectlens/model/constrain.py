"""Label-constrained decoding: generated tokens can spell nothing but labels, and they end."""

# B samples, T generated tokens, V vocabulary

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import LogitsProcessor

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import ConfigError

Ids = tuple[int, ...]
# Which labels stand there already, what is left of the one being spelled, and whether it is the end
_State = tuple[frozenset[int], Ids, bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Grammar:
    """Answers of one label up to `most`, none twice: first, followed by others, then the end."""

    first: tuple[Ids, ...]  # each label as an answer begins with it
    later: tuple[Ids, ...]  # each label behind another, the separator included
    end: Ids
    most: int = 1

    def allowed(self, generated: Sequence[int]) -> frozenset[int]:
        """Tokens that may come next; only the end's last one behind a whole answer."""
        states: set[_State] = {
            (frozenset((i,)), label, False) for i, label in enumerate(self.first)
        }
        for token in generated:
            states = {
                state
                for used, rest, ends in states
                if rest and rest[0] == token
                for state in self._after(used, rest[1:], ends=ends)
            }
        return frozenset(rest[0] for _, rest, _ in states if rest) or frozenset(self.end[-1:])

    def _after(self, used: frozenset[int], rest: Ids, *, ends: bool) -> set[_State]:
        if rest or ends:
            return {(used, rest, ends)}
        states: set[_State] = {(used, self.end, True)}
        if len(used) < self.most:
            unused = set(range(len(self.later))) - used
            states |= {(used | {i}, self.later[i], False) for i in unused}
        return states


def grammar(
    encode: Callable[[str], Sequence[int]],
    space: LabelSpace,
    end: Sequence[int],
    *,
    most: int = 1,
    separator: str = ", ",
) -> Grammar:
    """The grammar of a label space; `encode` gives the ids of an answer's text, without the end.

    Raises:
        ConfigError: no label is allowed, there is no end, or the tokenizer melts a label into the
            separator behind it.
    """
    if most < 1 or not end:
        raise ConfigError(f"Answers have one label or more and an end; got {most}, end {end}.")
    first = tuple(tuple(encode(label)) for label in space.labels)
    later: tuple[Ids, ...] = ()
    if most > 1:
        later = tuple(_behind(encode, space.labels, i, separator) for i in range(len(first)))
    return Grammar(first=first, later=later, end=tuple(end), most=most)


def _behind(
    encode: Callable[[str], Sequence[int]], labels: Sequence[str], index: int, separator: str
) -> Ids:
    """Ids of separator and label as they stand behind another label."""
    other = labels[index - 1]
    before = tuple(encode(other))
    whole = tuple(encode(f"{other}{separator}{labels[index]}"))
    if whole[: len(before)] != before:
        raise ConfigError(
            f"This tokenizer does not keep {other!r} apart from {separator!r} behind it, so lists "
            "of labels cannot be constrained. Constrain to one label, or choose another separator."
        )
    return whole[len(before) :]


class LabelConstraint(LogitsProcessor):
    """Leaves only what the grammar allows, for greedy search, sampling and beams alike."""

    def __init__(self, grammar: Grammar, prompt: int = 0) -> None:
        """`prompt` ids stand before the answer: 0 where the prompt is given as embeddings."""
        self.grammar = grammar
        self.prompt = prompt

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Scores (B, V) with minus infinity where the ids (B, T) cannot go on."""
        closed_BV = torch.ones_like(scores, dtype=torch.bool)
        for row, ids in enumerate(input_ids[:, self.prompt :].tolist()):
            closed_BV[row, list(self.grammar.allowed(ids))] = False
        return scores.masked_fill(closed_BV, -torch.inf)
