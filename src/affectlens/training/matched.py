"""Clips put together of other data of a recipe: a voice, a face and words that share a label.

Nobody filmed them: they teach that each of them may tell, and alone too. Clip i has a label in
turn, and by the hash of i one clip of each data as its part; nothing of them is encoded again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectlens.annotation.imported import Told, annotation
from affectlens.clues.clue import Clue
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import space
from affectlens.encoders.encoder import Source
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.training.bounds import above
from affectlens.training.contents import short
from affectlens.training.item import Component, Item, Sources
from affectlens.training.items import Items
from affectlens.training.looking import split_of
from affectlens.training.material import MATCHED, settings_of
from affectlens.training.recipe import Data, Recipe
from affectlens.training.shown import words
from affectlens.training.tasks import label_of

FORMAT = MATCHED
_VOICE, _FACE, _WORDS = "voice", "face", "words"  # as clues' modalities are called too
_PERSON = "P1"
_FINE = 1000  # steps in which `lacking` is told


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Names of a recipe's data, two at least, by what is taken of their clips."""

    voice: str = ""  # streams of sound
    face: str = ""  # all other streams
    words: str = ""  # the subtitle
    count: int = 1000  # clips that are put together
    split: str = "train"  # which the parts are in, and so what is made of them
    lacking: float = 0.0  # share of the clips that lack one part or more, with what was measured

    def __post_init__(self) -> None:
        above("count", self.count, 1, itself=True)
        if not 0 <= self.lacking <= 1:
            raise ConfigError(f"lacking is 0 to 1, got {self.lacking}.")

    def parts(self) -> dict[str, str]:
        """Those that are named."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {part: named[part] for part in (_VOICE, _FACE, _WORDS) if named[part]}


def compose(name: str, recipe: Recipe, sources: Sources) -> Sequence[Item]:
    """The clips of data of this format, of the others, which are read once for it.

    Raises:
        ConfigError: the options do not name data that fit together.
    """
    data = recipe.data[name]
    made: Config = settings_of(name, Config, data)
    parts = made.parts()
    _check(name, data, parts, sources)
    found = {
        part: _by_label(part, source, made.split, recipe, sources[source])
        for part, source in parts.items()
    }
    labels = [
        label for label in space(recipe.space).labels if all(label in own for own in found.values())
    ]
    if not labels:
        had = "; ".join(
            f"{parts[part]} has {', '.join(own) or 'none'}" for part, own in found.items()
        )
        raise ConfigError(
            f"data.{name}: no label of {recipe.space} is that of clips of all its parts in split "
            f"{made.split!r}: {had}."
        )
    chosen = {part: {label: own[label] for label in labels} for part, own in found.items()}
    seed = f"{recipe.seed}\0{name}"
    reader = _Matched(name, made, {one: sources[one] for one in parts.values()}, chosen, seed)
    return Items(made.count, reader)


def part_of(source: Source) -> str:
    """The part whose clip a source is shown."""
    return _VOICE if source.view.of == "sound" else _FACE


class _Matched:
    """Reads clips by their numbers."""

    def __init__(
        self,
        name: str,
        config: Config,
        sources: Sources,
        chosen: Mapping[str, Mapping[str, NDArray[np.uint32]]],
        seed: str,
    ) -> None:
        self._name = name
        self._config = config
        self._sources = sources
        self._chosen = chosen  # by part and label, the clips' numbers
        self._labels = [*next(iter(chosen.values()))]
        self._seed = seed

    def __call__(self, index: int) -> Item:
        """One clip; no part of it is opened."""
        label = self._labels[index % len(self._labels)]
        parts = {}
        for part, source in self._there(index).items():
            indices = self._chosen[part][label]
            place = int(indices[short(f"{self._seed}\0{part}\0{index}") % len(indices)])
            parts[part] = Component(source, place, self._sources[source][place])
        said = parts.get(_WORDS)
        clues = tuple(_clues(parts))
        measured = any(isinstance(one.item.annotation.person, str) for one in parts.values())
        told = Told(
            name=f"{self._name}-{index:06}",
            by=FORMAT,
            fields={
                "label": label,
                "split": self._config.split,
                "subtitle": Missing("no words are among its parts")
                if said is None
                else said.item.annotation.subtitle,
                **({"clues": clues, "person": _PERSON} if clues or measured else {}),
            },
        )
        return Item(
            annotation=annotation(told, Path()),
            media=Missing("it is put together of other clips"),
            place=" + ".join(f"{one.data}: {one.item.id}" for one in parts.values()),
            parts=parts,
        )

    def _there(self, index: int) -> dict[str, str]:
        """The parts that a clip has."""
        parts = self._config.parts()
        drawn = short(f"{self._seed}\0lacking\0{index}")
        if drawn % _FINE >= self._config.lacking * _FINE:
            return parts
        fewer = [some for n in range(1, len(parts)) for some in combinations(parts, n)]
        kept = fewer[drawn // _FINE % len(fewer)]
        return {part: parts[part] for part in kept}


def _clues(parts: Mapping[str, Component]) -> Iterator[Clue]:
    """What was measured of each part, of one and the same person."""
    number = 0
    for part, one in parts.items():
        told = one.item.annotation
        for clue in told.clues:
            if clue.modality == part and clue.person == told.person:
                number += 1
                yield replace(clue, id=f"c{number}", person=_PERSON)


def _check(name: str, data: Data, parts: Mapping[str, str], sources: Sources) -> None:
    if len(parts) < 2:
        raise ConfigError(
            f"data.{name}.options names two or three of voice, face and words, each data of the "
            f"recipe; got {', '.join(parts) or 'none'}."
        )
    for part, source in parts.items():
        if source not in sources:
            known = ", ".join(sources) or "none"
            raise ConfigError(
                f"data.{name}.options.{part} names {source!r}; data with clips of their own: "
                f"{known}."
            )
    if data.features or data.augment.copies:
        raise ConfigError(
            f"data.{name} shows the features and the changed copies of its parts: leave out its "
            "own features and augment.copies."
        )


def _by_label(
    part: str, source: str, split: str, recipe: Recipe, items: Sequence[Item]
) -> dict[str, NDArray[np.uint32]]:
    """Numbers of the clips that can be a part, by label."""
    data, labels = recipe.data[source], space(recipe.space)
    found: dict[str, list[int]] = {}
    for index, item in _read(items):
        label = _label(part, item, data, labels)
        if label is not None and split_of(item.annotation, recipe) == split:
            found.setdefault(label, []).append(index)
    return {label: np.array(own, np.uint32) for label, own in found.items()}


def _label(part: str, item: Item, data: Data, labels: LabelSpace) -> str | None:
    """Its label, if it has what is taken of it."""
    if part == _WORDS:
        has = words(item.annotation.subtitle) is not None
    else:
        has = bool(data.features) or not isinstance(item.media, Missing)
    label = label_of(item, labels, data.labels)
    return label if has and not isinstance(label, Missing) else None


def _read(items: Sequence[Item]) -> Iterator[tuple[int, Item]]:
    """All that can be read; what cannot is told where its own data are looked at."""
    for index in range(len(items)):
        try:
            yield index, items[index]
        except (InputError, OSError):
            continue
