"""The description does not go round in circles, and is no copy of what it was made of.

Quotations and the subtitle, whole, are left out first. Looked at are

- loops: words that follow themselves again and again, as models that find no end write them;
- a sentence of four words and more that stands twice;
- how many of all runs of three words (or of five characters of a script without blanks) are
  distinct: in people's texts nine of ten, in a text that says everything twice half of them;
- how many words stand in runs of four that the subtitle has as well: parroting (Emotion-LLaMA's
  issue 144; specs/peers.md §3, row 20);
- a run of eight words of the prompt's instructions; what the prompt tells of the clip may be used.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from string import Formatter

from affectlens.annotation.annotation import Check
from affectlens.annotation.check import untried
from affectlens.annotation.describer import Task
from affectlens.annotation.draft import Draft
from affectlens.annotation.prompts import Prompt, prompts
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.wording import length, own, tokens
from affectlens.foundation.missing import Missing
from affectlens.reasoning.grounding import sentences

_NAME = "repetition"
_DISTINCT = 0.7  # least share of distinct runs of three words
_PARROTED = 0.5  # share of words from which a text is a copy
_RUN = 4  # words that stand together in a copy, and words of a sentence that may not stand twice
_INSTRUCTION = 8  # words of the prompt that may not stand together: so many do not by chance
_ASKED: tuple[Task, ...] = ("fine", "rewrite")
_LOOPS = {1: 4, 2: 4} | dict.fromkeys(range(3, 13), 3)  # words of a loop: rounds that make it one

# Letters that follow themselves without a blank: "chezchezchez…".
_STUTTER = re.compile(r"(\w{1,24}?)\1{7,}")

_Fault = tuple[float, str]  # a score, and what is wrong
_Runs = frozenset[tuple[str, ...]]


def check(draft: Draft, recipe: Recipe) -> Check:
    """Look for loops, repeated sentences, and copies."""
    if isinstance(draft.fine, Missing):
        return untried(_NAME, draft.fine)
    text = own(draft.fine, draft.subtitle)
    words = tokens(text)
    distinct = _distinct(words)
    faults = [*_loops(words, text), *_repeats(text), *_copies(words, draft, recipe)]
    if distinct < _DISTINCT:
        faults.append((distinct, f"only {distinct:.0%} of its runs of words are distinct"))
    score = min([distinct, *(found for found, _ in faults)])
    told = "; ".join(fault for _, fault in faults) or "the description does not repeat itself"
    detail = f"{told[0].upper()}{told[1:]}."
    return Check(name=_NAME, passed=not faults, score=score, detail=detail)


def _distinct(words: Sequence[str]) -> float:
    """Share of distinct runs of three words, or of five characters."""
    characters = 2 * (len(words) - length(words))
    size = 5 if characters > len(words) / 2 else 3
    runs = [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
    return len(set(runs)) / len(runs) if runs else 1.0


def _loops(words: Sequence[str], text: str) -> Iterator[_Fault]:
    """The first words or letters that follow themselves too often."""
    if stutter := _STUTTER.search(text):
        yield 0.0, f"it goes round in circles: “{stutter[1]}”"
    for size, rounds in _LOOPS.items():
        same = 0
        for at in range(size, len(words)):
            same = same + 1 if words[at] == words[at - size] else 0
            if same == size * (rounds - 1):
                again = " ".join(words[at - size + 1 : at + 1])
                yield 0.0, f"it goes round in circles: “{again}”"
                return


def _repeats(text: str) -> Iterator[_Fault]:
    """The sentence that stands most often, if more than once."""
    found = Counter(" ".join(tokens(one)) for one in sentences(text))
    twice = {one: n for one, n in found.items() if n > 1 and len(one.split()) >= _RUN}
    if twice:
        most = max(twice, key=lambda one: twice[one])
        again = sum(n - 1 for n in twice.values())
        yield 1 - again / found.total(), f"a sentence stands {twice[most]} times: “{most}”"


def _copies(words: Sequence[str], draft: Draft, recipe: Recipe) -> Iterator[_Fault]:
    """Of the subtitle, and of the instructions."""
    if not isinstance(draft.subtitle, Missing):
        share = _shared(words, _runs(tokens(draft.subtitle), _RUN))
        if share >= _PARROTED:
            yield 1 - share, f"{share:.0%} of its words are those of the subtitle"
    asked = prompts(recipe.prompts).tasks
    own_runs = _runs(words, _INSTRUCTION)
    for piece in (p for task in _ASKED for p in _instructions(asked[task])):
        if found := own_runs & _runs(tokens(piece), _INSTRUCTION):
            yield 0.0, f"it repeats the prompt: “{' '.join(min(found))}”"
            return


def _instructions(prompt: Prompt) -> Iterator[str]:
    """What a prompt says of itself: all but what stands in its fields."""
    yield prompt.system
    for wordings in prompt.user.parts:
        for wording in wordings:
            yield from (literal for literal, *_ in Formatter().parse(wording))


def _shared(words: Sequence[str], runs: _Runs) -> float:
    """Share of words that stand in one of the runs."""
    inside = {
        at + i
        for at in range(len(words) - _RUN + 1)
        if tuple(words[at : at + _RUN]) in runs
        for i in range(_RUN)
    }
    return len(inside) / len(words) if words else 0.0


def _runs(words: Sequence[str], size: int) -> _Runs:
    """Every run of so many words."""
    return frozenset(tuple(words[at : at + size]) for at in range(len(words) - size + 1))
