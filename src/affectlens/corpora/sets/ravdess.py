"""RAVDESS: actors who speak or sing two sentences in eight emotions, told by their files' names.

A name is MM-CC-EE-II-SS-RR-AA: modality, vocal channel, emotion, intensity, statement, repetition,
actor. The files may lie in any folders below `root` and have any suffix of sound or video. There is
no published split. Odd actors are men, even ones women: that is a column for slices, nothing else.
The published codes are known for sure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.corpora.fitting import spelled
from affectlens.corpora.folder import media, once
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import RAVDESS8, space
from affectlens.foundation.errors import ConfigError, InputError

TITLE = "RAVDESS, acted speech and song"
SOURCE = "Livingstone and Russo 2018, doi:10.1371/journal.pone.0196391"
TERMS = "CC BY-NC-SA 4.0"

_NAME = re.compile(r"\d\d(-\d\d){6}")
_ACTORS = 24
_MODALITIES = {"01": "both", "02": "video", "03": "sound"}
_CHANNELS = {"01": "speech", "02": "song"}
_INTENSITIES = {"01": "normal", "02": "strong"}
_STATEMENTS = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which recordings, and in which labels."""

    space: str = "ravdess8"  # in dfew7, calm is neutral
    actors: tuple[str, ...] = ()  # such as 19 or 01-18; none: all
    dev: tuple[str, ...] = ()  # actors of the split "dev", others "train"; none: no split
    channel: str | None = None  # speech or song; None: both
    modality: str | None = None  # both, video or sound; None: every file

    def __post_init__(self) -> None:
        used = space(self.space)
        if lost := [label for label in RAVDESS8.labels if used.find(label) is None]:
            raise ConfigError(f"RAVDESS has {', '.join(lost)}, which {used.name} has not.")
        self.wanted_actors()
        self.held_back()
        for name, value, known in (
            ("channel", self.channel, _CHANNELS),
            ("modality", self.modality, _MODALITIES),
        ):
            if value is not None and value not in known.values():
                raise ConfigError(f"{name} is one of {', '.join(known.values())}; got {value!r}.")

    def wanted_actors(self) -> frozenset[int]:
        """Their numbers; raises ConfigError when one is none."""
        return _numbers(self.actors) or frozenset(range(1, _ACTORS + 1))

    def held_back(self) -> frozenset[int]:
        """The numbers of those of the split "dev"; raises as `wanted_actors`."""
        return _numbers(self.dev)


def _numbers(actors: Sequence[str]) -> frozenset[int]:
    found: set[int] = set()
    for given in actors:
        first, _, last = given.partition("-")
        numbers = [int(n) if n.isdecimal() else 0 for n in (first, last or first)]
        if not 1 <= numbers[0] <= numbers[1] <= _ACTORS:
            raise ConfigError(f"Actors are such as 19 or 01-18, of 01-24; got {given!r}.")
        found |= set(range(numbers[0], numbers[1] + 1))
    return frozenset(found)


def build(root: Path, config: Config) -> Corpus:
    """Read the names of all files below a folder."""
    used, actors = space(config.space), config.wanted_actors()
    files = [path for path in media(root) if _NAME.fullmatch(path.stem)]
    if not files:
        raise InputError(
            f"{root} has no file of RAVDESS, whose names are such as 03-01-05-02-01-02-12.wav."
        )
    samples = tuple(
        _split(one, config.held_back())
        for one in [_sample(path, root, used) for path in once(files)]
        if int(str(one.speaker)) in actors
        and config.channel in (None, one.columns["channel"])
        and config.modality in (None, one.columns["modality"])
    )
    if not samples:
        raise ConfigError(f"None of the {len(files)} files of {root} is of {config}.")
    return Corpus(name="ravdess", samples=samples, space=used)


def _split(one: Sample, held_back: frozenset[int]) -> Sample:
    if not held_back:
        return one
    return replace(one, split="dev" if int(str(one.speaker)) in held_back else "train")


def _sample(path: Path, root: Path, used: LabelSpace) -> Sample:
    place = str(path.relative_to(root))
    codes = path.stem.split("-")
    emotions = {f"{n:02}": label for n, label in enumerate(RAVDESS8.labels, 1)}
    tables = (_MODALITIES, _CHANNELS, emotions, _INTENSITIES, _STATEMENTS)
    read = []
    for position, (code, table) in enumerate(zip(codes, tables, strict=False), 1):
        if code not in table:
            known = ", ".join(f"{key} {value}" for key, value in table.items())
            raise InputError(f"{place}: part {position} is {code!r}; wanted one of: {known}.")
        read.append(table[code])
    modality, channel, emotion, intensity, statement = read
    repetition, actor = codes[5:]
    return Sample(
        id=path.stem,
        media=path,
        label=spelled(emotion, used, place),
        subtitle=statement,
        speaker=actor,
        columns={
            "modality": modality,
            "channel": channel,
            "intensity": intensity,
            "statement": codes[4],
            "repetition": repetition,
            "sex": "male" if int(actor) % 2 else "female",
        },
        place=place,
    )
