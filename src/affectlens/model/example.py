"""`Example`: one sample as the processor takes it: what is asked, what was said, what is seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from affectlens.encoders.features import Features
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A question; its answer where it was given."""

    question: str
    task: str | None = None  # "emotion", "reason" …: the tag of prompts that have one
    answer: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One sample; its last turn is to be answered or learned, the streams belong to the first.

    `features` has every stream's, in the order of its sources, or why there are none: the stream
    then has no tokens, and its sentence is left out of the prompt.
    """

    turns: tuple[Turn, ...]
    features: Mapping[str, Sequence[Features] | Missing] = field(default_factory=dict)
    subtitle: str | None = None  # what is said, as it stands in the transcript
    clues: str | None = None  # what was measured, in words, for systems that read it
    name: str = "sample"  # for error messages

    @property
    def present(self) -> frozenset[str]:
        """Names of the streams that it has."""
        return frozenset(name for name, f in self.features.items() if not isinstance(f, Missing))


def listed(examples: Sequence[Example]) -> Sequence[Example]:
    """The same.

    Raises:
        InputError: it is one example instead of several.
    """
    if isinstance(examples, Example):
        raise InputError(f"Examples are given as a list; got one alone, {examples.name}.")
    return examples
