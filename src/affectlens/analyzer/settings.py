"""`Settings`: everything that can be set about an analysis, as one value."""

from dataclasses import dataclass, field

from affectlens.foundation.errors import ConfigError
from affectlens.media.limits import Limits
from affectlens.perception.settings import PerceptionSettings
from affectlens.reasoning.settings import ReasoningSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The defaults analyze any clip without a network once the models are pulled."""

    model: str = "rules"  # what reads the clues
    perception: PerceptionSettings = field(default_factory=PerceptionSettings)
    reasoning: ReasoningSettings = field(default_factory=ReasoningSettings)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.model != "rules":
            raise ConfigError(f"There is no model {self.model!r}. There is: rules.")
