"""`Settings`: everything that can be set about an analysis, as one value."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from affectlens.foundation import config
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.hashing import sha256_of, sha256_of_text
from affectlens.media.limits import Limits
from affectlens.media.opening import side_cars
from affectlens.model.shipped import NANO, place
from affectlens.perception.settings import PerceptionSettings
from affectlens.reasoning.settings import ReasoningSettings

RULES = "rules"
AUTO = "auto"  # nano, or the rules where it cannot run
DEFAULT = RULES
_NAMED = (RULES, NANO, AUTO)


def digest(
    settings: "Settings",
    path: Path,
    subtitles: Path | None,
    openface: Path | None,
    words: str | None = None,
) -> str:
    """SHA-256 in hex of all that the analysis of a file depends on beside the file itself.

    That is the settings' own digest, unless subtitles, words, an OpenFace CSV, features or a model
    come with the file.
    """
    made = config.digest(settings)
    given = [subtitles] if subtitles else side_cars(path) if words is None else []
    companions = [one for one in (*given, openface) if one is not None and one.is_file()]
    said = [] if words is None else ["words", sha256_of_text(words)]
    parts = [made, *map(sha256_of, companions), *said, *_of_model(settings, path)]
    if len(parts) == 1:
        return made
    return sha256_of_text(":".join(parts))


def stamp(model: str) -> str:
    """What tells one state of a model's folder from another, without reading its weights.

    It is of the folder's small files, among them the manifest with the weights' checksums.
    """
    folder = Path(place(model))
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return sha256_of_text("".join(map(sha256_of, files)))


def _of_model(settings: "Settings", path: Path) -> list[str]:
    """The folder of a language model, and the files of features that belong to the clip."""
    if settings.model == RULES:
        return []
    folders = (Path(entry.split("=", 1)[1]) for entry in settings.language_model.folders)
    features = [folder / f"{path.stem}.npy" for folder in folders]
    return [stamp(settings.model), *(sha256_of(one) for one in features if one.is_file())]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSettings:
    """How a language model is run; nothing here matters to the rules."""

    language: str | None = None  # hub id or folder in place of the language model it was made with
    device: str = "auto"  # cpu, cuda, cuda:1, mps
    precision: str = "auto"  # float32, bfloat16, float16
    bits: Literal[4, 8] | None = None  # quantized by bitsandbytes
    max_tokens: int = 200  # of an explanation; those of nano end earlier (`model.turns`)
    store: str | None = None  # a folder that keeps features for the next time
    without: tuple[str, ...] = ()  # streams to leave out
    folders: tuple[str, ...] = ()  # "stream=folder": features that lie there as <clip>.npy

    def __post_init__(self) -> None:
        Place(device=self.device, precision=self.precision)
        if self.max_tokens < 1:
            raise ConfigError(f"language_model.max_tokens is at least 1, got {self.max_tokens}.")
        for entry in self.folders:
            if "=" not in entry:
                raise ConfigError(
                    "language_model.folders has entries such as audio=features/HL-UTT; "
                    f"got {entry!r}."
                )

    @property
    def place(self) -> Place:
        """Where the nets run."""
        return Place(device=self.device, precision=self.precision)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The defaults analyze any clip without a network once the models are pulled."""

    # What reads: "nano", "rules", a language model's folder or hub id; "auto" is nano, or the rules
    # where it cannot run.
    model: str = DEFAULT
    language_model: ModelSettings = field(default_factory=ModelSettings)
    perception: PerceptionSettings = field(default_factory=PerceptionSettings)
    reasoning: ReasoningSettings = field(default_factory=ReasoningSettings)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        known = self.model in _NAMED or "/" in self.model
        if not known and not Path(self.model).is_dir():
            raise ConfigError(
                f"There is no model {self.model!r}. Give {NANO!r}, {RULES!r}, {AUTO!r}, the folder "
                "of a model, or the hub id of one, such as somebody/their-model."
            )
