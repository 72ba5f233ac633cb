"""`Corpus`: the samples of a data set with what people said of them; nothing is decoded here.

A corpus is a file of `corpora/sets/` with `Config` (frozen, keyword-only, everything defaulted)
and `build(root: Path, config) -> Corpus`; `TITLE`, `SOURCE` (a paper or page) and `TERMS` (of use)
stand beside them. It reads the files as they are handed out. A part that is not there is named in
`Corpus.absent`, and what hangs on it is `Missing`; labels themselves must be there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.missing import Missing

UNTOLD = Missing("the corpus does not say")
ALONE = Missing("it is words alone")  # where there never was a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One clip and what is known of it."""

    id: str
    media: Path | Missing = UNTOLD  # a video, sound or picture that exists
    label: str | Missing = UNTOLD  # of the corpus' space
    labels: tuple[str, ...] | Missing = UNTOLD  # open-vocabulary, as annotated
    valence: float | Missing = UNTOLD  # in the corpus' `valence_range`
    arousal: float | Missing = UNTOLD
    subtitle: str | Missing = UNTOLD  # what is said in it
    description: str | Missing = UNTOLD  # people's explanation
    speaker: str | Missing = UNTOLD
    split: str | Missing = UNTOLD  # in the corpus' own words: train, dev, test, test3, session5 …
    columns: Mapping[str, str] = field(default_factory=dict)  # whatever else: slices are cut by it
    place: str = ""  # where it was read, such as "labels.csv, row 7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The samples that were asked for, in the order of their files."""

    name: str  # the plug-in's
    samples: tuple[Sample, ...]
    space: LabelSpace | None = None  # None: it has no closed set of labels
    valence_range: tuple[float, float] | None = None
    absent: tuple[str, ...] = ()  # parts that are not there, each a sentence that says what to do


class Builder(Protocol):
    """What a corpus' file offers as `build`."""

    def __call__(self, root: Path, config: object) -> Corpus:
        """Read the corpus that lies in a folder (or, for a manifest, in a file).

        Raises:
            InputError: files without which it is no such corpus are not there, or are damaged.
            ConfigError: there is no such split, fold or version.
        """
