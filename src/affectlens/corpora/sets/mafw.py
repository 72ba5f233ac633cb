"""MAFW: clips of films in eleven single emotions; the whole list, or five folds.

Read from a list of single labels (`single-set.xlsx` or `.csv`, in `Labels` or beside the clips), or
for a fold from `Train & Test Set/single/no_caption/set_<n>/{train,test}.txt` with a line
`00001.mp4 label` per clip. Labels are words or the codes AN DI FE HA NE SA SU CO AX HL DS; numbers
are refused, since copies of the lists disagree where they begin. Explanations in English come from
`descriptive_text.xlsx` or `.csv`. The eleven labels are those of the spec; folders, codes, names of
columns and the number of clips are public knowledge that was recalled, not checked on the files.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import UNTOLD, Corpus, Sample
from affectlens.corpora.folder import absent_media, chosen, fewer, lines, media, wanted
from affectlens.corpora.table import read
from affectlens.emotions.spaces import MAFW11
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

TITLE = "MAFW, affect in the wild in sight and sound"
SOURCE = "Liu et al. 2022, arXiv:2208.00847"
TERMS = "research only, by agreement with its authors"

_CLIPS = 9172  # with a single label
_CODES = dict(
    zip(
        ("an", "di", "fe", "ha", "ne", "sa", "su", "co", "ax", "hl", "ds"),
        MAFW11.labels,
        strict=True,
    )
)
_LISTS = ("Labels/single-set.xlsx", "Labels/single-set.csv", "single-set.xlsx", "single-set.csv")
_TEXTS = tuple(
    f"{folder}descriptive_text{suffix}"
    for folder in ("Labels/", "")
    for suffix in (".xlsx", ".csv")
)
_FOLDS = "Train & Test Set/single/no_caption"
_SPLITS = ("train", "test")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The whole list, or one fold; published scores are means over all five folds."""

    fold: int | None = None  # None: the whole list
    split: str | None = None  # of a fold: train or test; None: both

    def __post_init__(self) -> None:
        if self.fold is not None and not 1 <= self.fold <= 5:
            raise ConfigError(f"MAFW has folds 1 to 5; got {self.fold}.")
        if self.split is not None:
            chosen("split", self.split, _SPLITS)
            if self.fold is None:
                raise ConfigError("MAFW has splits within a fold only: set fold to 1 … 5.")


def build(root: Path, config: Config) -> Corpus:
    """Read the list or a fold."""
    rows = list(_whole(root) if config.fold is None else _fold(root, config.fold, config.split))
    clips = {path.name: path for path in media(root)}
    told = _descriptions(root)
    samples: dict[str, Sample] = {}
    for place, name, label, split in rows:
        id_ = Path(name).stem
        if id_ in samples:
            raise InputError(f"{place}: {name!r} stands in {samples[id_].place} already.")
        file = name if Path(name).suffix else f"{name}.mp4"
        samples[id_] = Sample(
            id=id_,
            media=clips.get(file, Missing(f"there is no clip {file}")),
            label=_label(label, place),
            description=told.get(id_, UNTOLD),
            split=split,
            place=place,
        )
    used = tuple(samples.values())
    notes = fewer(len(used), _CLIPS, "MAFW, single labels") if config.split is None else ()
    return Corpus(name="mafw", samples=used, space=MAFW11, absent=(*absent_media(used), *notes))


_Row = tuple[str, str, str, str | Missing]  # place, clip, label, split


def _whole(root: Path) -> Iterator[_Row]:
    """The rows of the list of single labels."""
    table = read(wanted(root, *_LISTS))
    name = table.column("clip", "video_name", "name", "file", "clips")
    label = table.column("label", "emotion", "single", "labels")
    for row in table:
        if not row.text(name):
            raise InputError(f"{row.place(name)} is empty: wanted the name of a clip.")
        yield row.place(label), row.text(name), row.text(label), UNTOLD


def _fold(root: Path, fold: int, split: str | None) -> Iterator[_Row]:
    """The lines of a fold's lists."""
    for one in _SPLITS if split is None else (split,):
        file = wanted(root, f"{_FOLDS}/set_{fold}/{one}.txt")
        listed = lines(file)
        for number, line in enumerate(listed, 1):
            place, parts = f"set_{fold}/{file.name}, row {number}", line.split()
            if parts and len(parts) != 2:
                raise InputError(f"{place}: wanted a clip and a label; found {line[:80]!r}.")
            if parts:
                yield place, parts[0], parts[1], one
        if not any(line.strip() for line in listed):
            raise InputError(f"set_{fold}/{file.name} is empty: wanted a clip and a label a line.")


def _label(text: str, place: str) -> str:
    label = _CODES.get(text.strip().lower()) or MAFW11.find(text)
    if label is None:
        codes = ", ".join(f"{code.upper()} {word}" for code, word in _CODES.items())
        raise InputError(f"{place}: {text!r} is no single label of MAFW: {codes}.")
    return label


def _descriptions(root: Path) -> Mapping[str, str]:
    """People's explanations in English by clip; none where the file is not there."""
    file = next((root / name for name in _TEXTS if (root / name).is_file()), None)
    if file is None:
        return {}
    table = read(file)
    name = table.column("clip", "video_name", "name", "file", "clips")
    text = table.column("english", "description", "text")
    return {Path(row.text(name)).stem: row.text(text) for row in table if row.text(text)}
