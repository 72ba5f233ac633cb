"""DFEW: clips of films in seven emotions, five folds; read from EmoLabel_DataSplit and Clip.

Lists are `EmoLabel_DataSplit/{train,test}(single-labeled)/set_{1..5}.csv` with `video_name,label`,
labels from 1 in the order of DFEW7; clips are `Clip/original/<number>.mp4`. There is no validation
split: whoever picks a checkpoint on "test" picks it on the test set. Order, counts and sizes are
those of two published repositories (spec fbp-microemo-dfer §C.1); names of clips are padded with
zeros in some copies, so they are matched as numbers.
"""

from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.corpora.folder import absent_media, chosen, fewer, wanted
from affectlens.corpora.table import Row, read
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

TITLE = "DFEW, dynamic facial expressions in the wild"
SOURCE = "Jiang et al. 2020, arXiv:2008.05924"
TERMS = "research only, by agreement with its authors"

# Clips of folds 1–5.
_SIZES = {
    "train": (9356, 9356, 9357, 9358, 9361),
    "test": (2341, 2341, 2340, 2339, 2336),
}
_LISTS = "EmoLabel_DataSplit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """One fold; published scores are means over all five."""

    fold: int = 1
    split: str | None = "test"  # None: both

    def __post_init__(self) -> None:
        if not 1 <= self.fold <= 5:
            raise ConfigError(f"DFEW has folds 1 to 5; got {self.fold}.")
        if self.split is not None:
            chosen("split", self.split, _SIZES)


def build(root: Path, config: Config) -> Corpus:
    """Read the lists of a fold."""
    clips = _clips(root)
    samples: list[Sample] = []
    notes: tuple[str, ...] = ()
    for split in _SIZES if config.split is None else (config.split,):
        place = f"{_LISTS}/{split}(single-labeled)/set_{config.fold}.csv"
        table = read(wanted(root, place))
        name, label = table.column("video_name"), table.column("label")
        found = [
            _sample(row, row.text(name), label, split, clips) for row in table.by(name).values()
        ]
        notes += fewer(
            len(found), _SIZES[split][config.fold - 1], f"DFEW, {split}, fold {config.fold}"
        )
        samples += found
    return Corpus(
        name="dfew",
        samples=tuple(samples),
        space=DFEW7,
        absent=(*absent_media(samples), *notes),
    )


def _clips(root: Path) -> dict[int, Path]:
    """Clips by number; they lie in one folder or in parts below it."""
    files = (root / "Clip" / "original").rglob("*.mp4")
    return {int(path.stem): path for path in sorted(files) if path.stem.isdecimal()}


def _sample(row: Row, name: str, label: str, split: str, clips: dict[int, Path]) -> Sample:
    code = row.text(label)
    if not code.isdecimal() or not 1 <= int(code) <= len(DFEW7.labels):
        known = ", ".join(f"{n} {word}" for n, word in enumerate(DFEW7.labels, 1))
        raise InputError(f"{row.place(label)}: wanted a label {known}; found {code!r}.")
    if not name.isdecimal():
        raise InputError(f"{row.place('video_name')}: wanted a clip's number, found {name!r}.")
    missing = Missing(
        f"there is no Clip/original/{name}.mp4; the frames that DFEW also hands out are not read"
    )
    return Sample(
        id=name,
        media=clips.get(int(name), missing),
        label=DFEW7.labels[int(code) - 1],
        split=split,
        place=row.place(),
    )
