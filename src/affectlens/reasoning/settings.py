"""What can be set about reasoning."""

from dataclasses import dataclass
from typing import get_args

from affectlens.clues.phrasebook import phrasebook
from affectlens.emotions.spaces import space
from affectlens.foundation.errors import ConfigError
from affectlens.perception.peaks import Method


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasoningSettings:
    """The label space, how finely time is cut, and when no label is given."""

    label_space: str = "dfew7"
    window_s: float = 2.5
    threshold: float = 0.35  # a label less probable than this is not given
    margin: float = 0.05  # nor one that leads the next by less than this
    peak: Method = "sum"  # how a face's peak frame is picked
    language: str = "en"  # of the explanation

    def __post_init__(self) -> None:
        space(self.label_space)
        phrasebook(self.language)
        if self.window_s <= 0:
            raise ConfigError(f"reasoning.window_s is above 0, got {self.window_s}.")
        if self.peak not in get_args(Method):
            known = ", ".join(get_args(Method))
            raise ConfigError(f"reasoning.peak is one of {known}, got {self.peak!r}.")
        for name in ("threshold", "margin"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"reasoning.{name} is 0 to 1, got {getattr(self, name)}.")
