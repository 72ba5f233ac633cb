"""MER2024, MER2025 and MER2026: the labelled clips of three challenges, closed and open vocabulary.

MER2024 has `label-disdim.csv`, `label-6way.npz` or `MER2024-noise_NCE.txt`; the later ones have a
CSV per track, and `subtitle_chieng.csv`. The six emotions are those of MER2023, whose labelled
clips are the 5,030 of MER2024. All test sets but SEMI and NOISE of 2024 are kept by the organizers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectlens.corpora.corpus import UNTOLD, Corpus, Sample
from affectlens.corpora.folder import absent_media, chosen, fewer
from affectlens.corpora.mer_clips import Clips, check_language, clips, nothing, samples
from affectlens.corpora.mer_labels import VALENCES, find, listed
from affectlens.corpora.table import Row, read
from affectlens.emotions.spaces import MER6
from affectlens.foundation.errors import ConfigError

TITLE = "MER2024, MER2025 and MER2026, multimodal emotion recognition challenges"
SOURCE = "Lian et al. 2024, arXiv:2404.17113; 2025, arXiv:2504.19423"
TERMS = "research only, by agreement with its authors"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Split:
    """Where a split's labels may be, and how many clips were published."""

    size: int
    files: Sequence[str]
    key: str = ""  # in an .npz
    open: bool = False  # whether its labels are open-vocabulary
    reasons: str = ""  # the file of its descriptions


_SPLITS: Mapping[int, Mapping[str, _Split]] = {
    2024: {
        "train": _Split(
            size=5030, files=("label-disdim.csv", "train[-_]label*.csv", "label*.npz"),
            key="train_corpus",
        ),
        "semi": _Split(
            size=1169, files=("test1[-_]label*.csv", "label*.npz", "MER2024-semi_NCE*.txt"),
            key="test1_corpus",
        ),
        "noise": _Split(
            size=1170, files=("test2[-_]label*.csv", "label*.npz", "MER2024-noise_NCE*.txt"),
            key="test2_corpus",
        ),
    },
    2025: {
        "train": _Split(size=7369, files=("track1_train_disdim.csv",)),
        "ovmerd": _Split(
            size=332, files=("track2_train_ovmerd.csv",), open=True,
            reasons="track3_train_ovmerd.csv",
        ),
        "mercaptionplus": _Split(
            size=31327, files=("track2_train_mercaptionplus.csv",), open=True,
            reasons="track3_train_mercaptionplus.csv",
        ),
    },
    2026: {
        "train": _Split(size=9395, files=("track1_train.csv",)),
        "human": _Split(size=1532, files=("track2_train_human.csv",), open=True),
    },
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which challenge, which of its labelled sets, and the language of the subtitles."""

    edition: Literal[2024, 2025, 2026] = 2024
    split: str = "train"
    language: str = "en"  # or zh

    def __post_init__(self) -> None:
        if self.edition not in _SPLITS:
            raise ConfigError(f"edition is 2024, 2025 or 2026; got {self.edition!r}.")
        chosen(f"split of MER{self.edition}", self.split, _SPLITS[self.edition])
        check_language(self.language)


def build(root: Path, config: Config) -> Corpus:
    """Read the labels of one split."""
    split, beside = _SPLITS[config.edition][config.split], clips(root, config.language)
    title = f"MER{config.edition}, {config.split}"
    notes: tuple[str, ...] = ()
    if split.open:
        found, notes = _open(root, config.split, split, beside)
    else:
        labelled = find(root, split.files, split.key, MER6)
        found = samples(labelled or (), beside, config.split)
    if not found:
        raise nothing(root, title, " or ".join(split.files))
    return Corpus(
        name="mer2024",
        samples=tuple(found),
        space=None if split.open else MER6,
        valence_range=None if split.open else VALENCES,
        absent=(
            *absent_media(found), *beside.absent_subtitles(found), *notes,
            *fewer(len(found), split.size, title),
        ),
    )  # fmt: skip


def _open(
    root: Path, name: str, split: _Split, beside: Clips
) -> tuple[list[Sample], tuple[str, ...]]:
    """Clips of open-vocabulary labels with their descriptions, where there are any."""
    path = root / split.files[0]
    if not path.is_file():
        return [], ()
    table = read(path)
    openset = table.column("openset")
    reasons, notes = _reasons(root, split)
    made = [
        Sample(
            id=clip,
            media=beside.media(clip),
            labels=listed(row.text(openset)),
            subtitle=beside.subtitle(clip),
            description=(reasons[clip].text("reason") or UNTOLD) if clip in reasons else UNTOLD,
            split=name,
            place=row.place(),
        )
        for clip, row in table.by(table.column("name")).items()
    ]
    return made, notes


def _reasons(root: Path, split: _Split) -> tuple[dict[str, Row], tuple[str, ...]]:
    if not split.reasons:
        return {}, ()
    if not (root / split.reasons).is_file():
        return {}, (f"There are no descriptions: put {split.reasons} into {root.name}.",)
    table = read(root / split.reasons)
    table.column("reason")
    return table.by(table.column("name")), ()
