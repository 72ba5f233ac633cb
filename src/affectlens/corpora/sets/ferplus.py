"""FER+: faces of FER2013, each with the votes of ten people, as two Parquet files.

`root` holds `train.parquet` and `valid.parquet`, or one of them; columns: `name`, `jpeg` (48 × 48
grey) and a count of votes for each of eight emotions, `unknown` and `NF` (not a face). The faces
are written once to the cache of Affectlens, so that they are files as other media are. They are
for training and evaluating; they may not be redistributed. Needs pyarrow (`affectlens[data]`).
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.corpora.folder import chosen, fewer
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import FERPLUS8, space
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.missing import Missing
from affectlens.foundation.weights import cache_folder

TITLE = "FER+, faces with the votes of ten people"
SOURCE = "Barsoum et al. 2016, arXiv:1608.01041; Goodfellow et al. 2013, arXiv:1307.0414"
DETECTOR = "whole"  # of faces: see `corpora.crops`
TERMS = "votes: MIT; pictures: for training and evaluating, not to be redistributed"

VOTES = (*FERPLUS8.labels, "unknown", "NF")
_COLUMNS = ("name", "jpeg", *VOTES)
_SPLITS = {"train": "train", "valid": "dev"}  # file → what the project calls it
_SIZES = {"train": 26_804, "valid": 3_510}  # without the pictures that the splits share
_NO_PLACE = "contempt"  # of FER2013's seven
_MOST_VOTES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which faces have a label, and in which labels."""

    split: str | None = None  # train or valid; None: both
    least: int = 0  # votes that the winner needs; 6 of 10 in the field's figures
    space: str = "dfew7"  # in ferplus8, contempt has a place

    def __post_init__(self) -> None:
        if self.split is not None:
            chosen("split", self.split, _SPLITS)
        if not 0 <= self.least <= _MOST_VOTES:
            raise ConfigError(f"least is 0 to {_MOST_VOTES} votes, got {self.least}.")
        used = space(self.space)
        lost = [e for e in FERPLUS8.labels if used.find(e) is None and e != _NO_PLACE]
        if lost:
            raise ConfigError(f"FER+ has {', '.join(lost)}, which {used.name} has not.")


def build(root: Path, config: Config) -> Corpus:
    """Read the votes; write the faces that the cache does not hold yet."""
    wanted = list(_SPLITS) if config.split is None else [config.split]
    files = {name: root / f"{name}.parquet" for name in wanted}
    there = {name: path for name, path in files.items() if path.is_file()}
    if not there:
        names = " or ".join(path.name for path in files.values())
        raise InputError(f"{root} has no {names}. Give the folder with the Parquet files of FER+.")
    used = space(config.space)
    samples: list[Sample] = []
    notes: list[str] = []
    for name, path in there.items():
        found = _samples(path, _SPLITS[name], config.least, used)
        notes += fewer(len(found), _SIZES[name], f"FER+, {name}")
        samples += found
    notes += [
        f"{root} has no {name}.parquet: put it there." for name in wanted if name not in there
    ]
    return Corpus(name="ferplus", samples=tuple(samples), space=used, absent=tuple(notes))


def majority(votes: Mapping[str, int], least: int, used: LabelSpace) -> str | Missing:
    """The one emotion of the space that has more votes than anything else and at least so many."""
    most = max(votes.values())
    first = [name for name, count in votes.items() if count == most]
    if len(first) > 1:
        return Missing(f"{' and '.join(first)} have {most} votes each")
    label = used.find(first[0])
    if label is None:
        return Missing(f"most votes ({most}) are for {first[0]}, which {used.name} has not")
    if most < least:
        return Missing(f"{first[0]} has the most votes, but {most} are fewer than {least}")
    return label


def _samples(path: Path, split: str, least: int, used: LabelSpace) -> list[Sample]:
    columns = _read(path)
    faces = _written(columns["jpeg"], cache_folder() / "ferplus" / sha256_of(path)[:12] / split)
    samples = []
    for row, name in enumerate(columns["name"]):
        votes = {vote: columns[vote][row] for vote in VOTES}
        samples.append(
            Sample(
                id=Path(name).stem,
                media=faces[row],
                label=majority(votes, least, used),
                split=split,
                columns={vote: str(count) for vote, count in votes.items()},
                place=f"{path.name}, row {row + 1}",
            )
        )
    return samples


def _read(path: Path) -> dict[str, list[Any]]:
    """The columns, none of which has a gap."""
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise UnavailableError("FER+ needs pyarrow: pip install 'affectlens[data]'.") from error
    kinds = {"name": pyarrow.string(), "jpeg": pyarrow.binary()}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.int64())) for name in _COLUMNS])
    try:
        with ParquetFile(path) as file:
            table = file.read(columns=list(_COLUMNS)).select(_COLUMNS).cast(schema)
    except (pyarrow.ArrowException, KeyError, OSError, ValueError) as error:
        raise InputError(
            f"{path} is no Parquet file of FER+, or damaged: {error}. Wanted the columns "
            f"{', '.join(_COLUMNS)}."
        ) from None
    if gaps := [name for name in _COLUMNS if table[name].null_count]:
        raise InputError(f"{path} has rows without {', '.join(gaps)}.")
    return {name: table[name].to_pylist() for name in _COLUMNS}


def _written(pictures: Sequence[bytes], folder: Path) -> list[Path]:
    """The pictures as files, each whole; those that are there are left.

    A file that a crash of the machine left short has another size and is written again: waiting for
    the disk after each of 26,804 files would take minutes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with os.scandir(folder) as entries:
        sizes = {entry.name: entry.stat().st_size for entry in entries}
    faces = [folder / f"{row:05}.jpg" for row in range(len(pictures))]
    for face, picture in zip(faces, pictures, strict=True):
        if sizes.get(face.name) != len(picture):
            draft = face.with_suffix(f".{os.getpid()}")
            draft.write_bytes(picture)
            draft.replace(face)
    return faces
