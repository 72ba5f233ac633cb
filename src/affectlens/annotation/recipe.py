"""`Recipe`: everything that can be set about the making of a data set, as one value."""

import re
from dataclasses import dataclass, field
from typing import Literal

from affectlens.analyzer.settings import AUTO, Settings
from affectlens.analyzer.settings import RULES as _READER
from affectlens.annotation.work import key_of
from affectlens.clues.tables import tables
from affectlens.foundation import config
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part
from affectlens.reasoning.settings import ReasoningSettings

RULES = Part("rules")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # of files and folders
_BY = {"group": "annotation.describers"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Units:
    """When action units are present, and when they agree with a label.

    The defaults are MER-Factory's: a unit from 0.8 on, half of a label's set present, and a mean
    intensity of the set of 0.8. The paper (arXiv 2406.11161) gives no thresholds; its example calls
    a unit of 0.36 active, a third-party port uses 0.5.
    """

    table: str = "merr"  # which published AU→emotion sets: merr, mer_factory
    present: float = 0.8  # intensity (0–5) from which a unit counts as present and is told
    share: float = 0.5  # of the set's measured units that are present
    mean: float = 0.8  # least mean intensity of the set's measured units
    # Which clips are rejected when their units speak against their label: MERR filters labels that
    # no person gave ("read"); all, or none of them.
    filter: Literal["read", "all", "none"] = "read"

    def __post_init__(self) -> None:
        known = sorted(tables().sets)
        if self.table not in known:
            raise ConfigError(f"units.table is one of {', '.join(known)}; got {self.table!r}.")
        for name, most in (("present", 5.0), ("share", 1.0), ("mean", 5.0)):
            _within(f"units.{name}", getattr(self, name), 0, most)


@dataclass(frozen=True, kw_only=True, slots=True)
class Checks:
    """What a description must stand up to."""

    required: tuple[str, ...] = (
        "units", "label", "grounding", "language", "length", "repetition", "leakage",
    )  # fmt: skip
    rewrite: bool = True  # send a description with unsupported sentences back once
    grounded: float = 0.5  # least share of checkable sentences that the clues bear out
    shortest: int = 8  # words of a fine description
    longest: int = 400
    language: str = ""  # empty: that of the analysis

    def __post_init__(self) -> None:
        _within("checks.grounded", self.grounded, 0, 1)
        _within("checks.shortest", self.shortest, 0, self.longest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Twins:
    """When two clips count as near-duplicates."""

    find: bool = True
    pictures: int = 6  # bits of 64 by which pictures may differ
    sound: float = 0.12  # share of bits by which sounds may differ

    def __post_init__(self) -> None:
        _within("twins.pictures", self.pictures, 0, 64)
        _within("twins.sound", self.sound, 0, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Splits:
    """How clips are divided; those of one speaker, source or near-duplicates stay together."""

    train: float = 0.9
    dev: float = 0.05
    test: float = 0.05
    by: tuple[str, ...] = ("speaker", "source")
    pattern: str = ""  # a regular expression whose first group, in a clip's id, is its source
    seed: int = 0

    def __post_init__(self) -> None:
        shares = (self.train, self.dev, self.test)
        if min(shares) < 0 or sum(shares) <= 0:
            raise ConfigError(f"splits are shares, none below 0 and one above it; got {shares}.")
        for name in self.by:
            if name not in ("speaker", "source"):
                raise ConfigError(f"splits.by has speaker, source or both; got {name!r}.")
        try:
            groups = re.compile(self.pattern).groups
        except re.error as error:
            raise ConfigError(f"splits.pattern is no regular expression: {error}.") from None
        if self.pattern and not groups:
            raise ConfigError("splits.pattern wants a group, such as ^(film[0-9]+)_, for a source.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """What is written."""

    formats: tuple[str, ...] = ("merr", "llama_factory", "ms_swift")
    media: Literal["link", "copy", "refer"] = "link"  # hard links, else copies; or where they lie
    sound: bool = True  # the sound of videos beside them, as 16 kHz WAV
    most_per_label: int | None = None  # the best so many of each label
    name: str = "affectlens"
    licence: str = ""  # of the clips, where nobody said it of a single one

    def __post_init__(self) -> None:
        if self.most_per_label is not None:
            _within("output.most_per_label", self.most_per_label, 1, 10**9)
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"output.name has letters, digits, dots, dashes and underscores; got {self.name!r}."
            )


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ConfigError(f"{name} is {least:g} to {most:g}, got {value:g}.")


def _analysis() -> Settings:
    """MERR's nine labels, read by the rules: what they make is the same on every machine."""
    return Settings(model=_READER, reasoning=ReasoningSettings(label_space="mer9"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """The defaults need no model but those that `affectlens analyze` uses."""

    analysis: Settings = field(default_factory=_analysis)
    # "given" by people, what the analysis "read", the "units" of the peak, or the first there is.
    label: Literal["auto", "given", "read", "units"] = "auto"
    prompts: str = "merr"  # of annotation/prompts, or a TOML file of your own
    face: Part = field(default=RULES, metadata=_BY)
    objective: Part = field(default=RULES, metadata=_BY)
    tone: Part = field(default=RULES, metadata=_BY)
    fine: Part = field(default=RULES, metadata=_BY)
    units: Units = field(default_factory=Units)
    checks: Checks = field(default_factory=Checks)
    twins: Twins = field(default_factory=Twins)
    splits: Splits = field(default_factory=Splits)
    output: Output = field(default_factory=Output)

    def __post_init__(self) -> None:
        if self.analysis.model == AUTO:
            raise ConfigError(
                "analysis.model names what reads, such as rules or nano; with auto a data set "
                "would depend on the machine that it is made on."
            )

    @property
    def language(self) -> str:
        """Of descriptions."""
        return self.analysis.reasoning.language

    @property
    def of_items(self) -> str:
        """SHA-256 in hex of what decides an item's annotation, whatever is done with all of them.

        A prompt file of one's own counts by its content: see `annotation.prompts`.
        """
        from affectlens.annotation.prompts import prompts

        parts = (self.face, self.objective, self.tone, self.fine)
        made = (self.analysis, self.units, self.checks)
        return key_of(
            [config.as_dict(one) for one in made],
            [one.as_json() for one in parts],
            self.label,
            prompts(self.prompts).sha256,
        )
