"""MER2023: clips of Chinese films and series in six emotions, three of its tracks with labels.

Labels are `label-6way.npz` (all), `train-label.csv` or `relative_test3_NCEV.txt`; clips lie in
`video`, `train`, `test1` (MULTI), `test2` (NOISE) and `test3` (SEMI). The clips of EMER are of its
training split, and those of MERR are of the pool that SEMI was drawn from: whoever was trained on
one of them has seen such videos.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.corpora.folder import absent_media, chosen, fewer
from affectlens.corpora.mer_clips import (
    check_language,
    clips,
    nothing,
    refuse_twice,
    samples,
)
from affectlens.corpora.mer_labels import VALENCES, find
from affectlens.emotions.spaces import MER6

TITLE = "MER2023, multimodal emotion recognition challenge"
SOURCE = "Lian et al. 2023, arXiv:2304.08981"
TERMS = "research only, by agreement with its authors"

# The corpus' own word for a track, and its published size.
_SPLITS = {
    "train": ("train", 3373),
    "multi": ("test1", 411),
    "noise": ("test2", 412),
    "semi": ("test3", 834),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which track, and the language of the subtitles."""

    split: str | None = "semi"  # None: all that are there
    language: str = "en"  # or zh

    def __post_init__(self) -> None:
        if self.split is not None:
            chosen("split", self.split, _SPLITS)
        check_language(self.language)


def build(root: Path, config: Config) -> Corpus:
    """Read the labels of a track, or of all tracks that are there."""
    beside = clips(root, config.language)
    found: list[Sample] = []
    notes: tuple[str, ...] = ()
    for track in _SPLITS if config.split is None else (config.split,):
        split, size = _SPLITS[track]
        labelled = find(root, _files(split), f"{split}_corpus", MER6)
        if labelled is None:
            notes += (f"There are no labels of {track}: put {_wanted(split)} into {root.name}.",)
            continue
        notes += fewer(len(labelled), size, f"MER2023, {track}")
        found += samples(labelled, beside, split)
    if not found:
        raise nothing(root, "MER2023", _wanted(_SPLITS[config.split or "train"][0]))
    refuse_twice(found)
    return Corpus(
        name="mer2023",
        samples=tuple(found),
        space=MER6,
        valence_range=VALENCES,
        absent=(*absent_media(found), *beside.absent_subtitles(found), *notes),
    )


def _files(split: str) -> Sequence[str]:
    """Where labels of a split may be; the star is for a published misspelling."""
    return (f"{split}[-_]label*.csv", "label*.npz", f"rel*tive_{split}_NCE*.txt")


def _wanted(split: str) -> str:
    return f"{split}-label.csv, label-6way.npz (with {split}_corpus) or relative_{split}_NCEV.txt"
