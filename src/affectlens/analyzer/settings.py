"""`Settings`: everything that can be set about an analysis, as one value."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from affectlens.foundation import config
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.hashing import sha256_of
from affectlens.media.limits import Limits
from affectlens.media.opening import side_cars
from affectlens.perception.settings import PerceptionSettings
from affectlens.reasoning.settings import ReasoningSettings


def digest(settings: "Settings", path: Path, subtitles: Path | None, openface: Path | None) -> str:
    """SHA-256 in hex of all that the analysis of a file depends on beside the file itself.

    That is the settings' own digest, unless subtitles or an OpenFace CSV come with the file.
    """
    made = config.digest(settings)
    given = [subtitles] if subtitles else side_cars(path)
    companions = [one for one in (*given, openface) if one is not None and one.is_file()]
    if not companions:
        return made
    return hashlib.sha256(":".join([made, *map(sha256_of, companions)]).encode()).hexdigest()


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
