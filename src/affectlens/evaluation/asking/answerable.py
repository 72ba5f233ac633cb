"""Which labels of a question the rules can answer, and their probabilities among these alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from affectlens.emotions.dimensions import VALENCE_AROUSAL
from affectlens.emotions.labels import LabelSpace, plain
from affectlens.emotions.spaces import DFEW7, EKMAN6, MER6, MER9
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.reasoning.confidence import Doubt, decide, doubt
from affectlens.reasoning.settings import ReasoningSettings

_ALL = LabelSpace(",".join(VALENCE_AROUSAL), tuple(VALENCE_AROUSAL))  # that anything speaks for
_SPACES = (EKMAN6, MER6, DFEW7, MER9, _ALL)  # from the smallest up
_WHY: Mapping[Doubt, str] = {
    "none": "nothing speaks for one label more than for another",
    "weak": "no label is likely enough",
    "close": "two labels are too close",
}


@dataclass(frozen=True, slots=True)
class Answerable:
    """A question's labels in the words of the rules."""

    asked: LabelSpace
    read_in: LabelSpace  # the rules' own space
    own: Mapping[str, str]  # the question's label to the rules'
    never: tuple[str, ...]  # labels of the question that the rules never give

    @staticmethod
    def of(asked: LabelSpace) -> "Answerable":
        """The smallest of the rules' spaces that has all that they can answer.

        Of labels that mean the same to the rules, such as neutral and calm, the one that is spelled
        as theirs can be given, else the first.

        Raises:
            ConfigError: they can answer fewer than two labels.
        """
        claimed: dict[str, str] = {}  # the rules' label to the question's
        for label in asked.labels:
            word = plain(label)
            if word in _ALL.labels and (word not in claimed or label == word):
                claimed[word] = label
        if len(claimed) < 2:
            raise ConfigError(
                f"The rules cannot choose among {', '.join(asked.labels)}: they know "
                f"{', '.join(_ALL.labels)}. Ask another model, or choose another label space."
            )
        read_in = next(one for one in _SPACES if set(claimed) <= set(one.labels))
        own = {label: plain(label) for label in asked.labels if claimed.get(plain(label)) == label}
        never = tuple(label for label in asked.labels if label not in own)
        return Answerable(asked, read_in, own, never)

    @property
    def exactly(self) -> bool:
        """Whether every label that the rules weigh is one of the question's."""
        return len(self.own) == len(self.read_in.labels)

    def restricted(self, read: Mapping[str, float]) -> dict[str, float] | Missing:
        """Probabilities of the labels that can be answered, in the question's words; sum 1."""
        kept = {label: read[word] for label, word in self.own.items()}
        whole = sum(kept.values())
        if whole <= 0:
            return Missing("none of the labels that were asked for is likely at all")
        return {label: p / whole for label, p in kept.items()} | dict.fromkeys(self.never, 0.0)


def chosen(likely: Mapping[str, float], settings: ReasoningSettings) -> str | Missing:
    """The label of probabilities, or why there is none: the rule by which an analysis abstains."""
    label = decide(likely, threshold=settings.threshold, margin=settings.margin)
    return abstained(likely, settings) if label is None else label


def abstained(likely: Mapping[str, float], settings: ReasoningSettings) -> Missing:
    """Why no label is given."""
    why = doubt(likely, settings.threshold, settings.margin)
    return Missing(f"abstained: {_WHY[why or 'close']}")  # None: on the edge, by rounding
