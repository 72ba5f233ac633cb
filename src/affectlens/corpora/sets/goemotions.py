"""GoEmotions in Ekman's grouping: comments of Reddit with one emotion or several; words alone.

`root` holds `labels.txt` (a label a line), `train.tsv` and `dev.tsv`: text, the numbers of its
labels with commas between them, and an id, with tabs between them and no header.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import ALONE, Corpus, Sample
from affectlens.corpora.fitting import spelled
from affectlens.corpora.folder import chosen, lines, wanted
from affectlens.emotions.spaces import space
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

TITLE = "GoEmotions, comments in Ekman's emotions"
SOURCE = "Demszky et al. 2020, arXiv:2005.00547"
TERMS = "Apache-2.0"

_SPLITS = ("train", "dev")
_EKMAN = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which comments, and in which labels."""

    split: str | None = None  # train or dev; None: both
    space: str = "dfew7"

    def __post_init__(self) -> None:
        if self.split is not None:
            chosen("split", self.split, _SPLITS)
        used = space(self.space)
        if lost := [label for label in _EKMAN if used.find(label) is None]:
            raise ConfigError(f"GoEmotions has {', '.join(lost)}, which {used.name} has not.")


def build(root: Path, config: Config) -> Corpus:
    """Read the comments."""
    used = space(config.space)
    file = wanted(root, "labels.txt")
    given = [line.strip() for line in lines(file) if line.strip()]
    labels = [spelled(word, used, f"{file.name}, row {n}") for n, word in enumerate(given, 1)]
    names = _SPLITS if config.split is None else (config.split,)
    there = [name for name in names if (root / f"{name}.tsv").is_file()]
    if not there:
        wanted(root, *(f"{name}.tsv" for name in names))
    samples = tuple(one for name in there for one in _comments(root, name, labels))
    if not samples:
        raise InputError(f"{root} has no comment in {' or '.join(f'{n}.tsv' for n in there)}.")
    absent = tuple(f"{root} has no {n}.tsv: put it there." for n in names if n not in there)
    return Corpus(name="goemotions", samples=samples, space=used, absent=absent)


def _comments(root: Path, split: str, labels: Sequence[str]) -> list[Sample]:
    file = root / f"{split}.tsv"
    found: dict[str, Sample] = {}
    for number, line in enumerate(lines(file), 1):
        if not line.strip():
            continue
        place = f"{file.name}, row {number}"
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 3 or not all(cells):
            raise InputError(f"{place}: wanted a text, numbers of labels and an id.")
        text, numbers, id_ = cells
        if id_ in found:
            raise InputError(f"{place}: the id {id_!r} stands in {found[id_].place} already.")
        words = _words(numbers, labels, place)
        found[id_] = Sample(
            id=id_,
            media=ALONE,
            label=words[0] if len(words) == 1 else Missing(f"it has {len(words)} labels"),
            labels=words,
            subtitle=text,
            split=split,
            place=place,
        )
    return list(found.values())


def _words(numbers: str, labels: Sequence[str], place: str) -> tuple[str, ...]:
    """The labels that these numbers, counted from 0, stand for."""
    words = []
    for number in numbers.split(","):
        if not number.isdecimal() or int(number) >= len(labels):
            raise InputError(
                f"{place}: {number!r} is no number of a label; labels.txt has {len(labels)}, "
                "counted from 0."
            )
        words.append(labels[int(number)])
    return tuple(dict.fromkeys(words))
