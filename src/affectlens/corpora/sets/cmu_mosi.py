"""CMU-MOSI: sentences of film reviews on YouTube, each with a sentiment from -3 to 3; MMSA's files.

A video shows one person, so the video is the speaker; the same person may have made several.
"""

from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora import mmsa
from affectlens.corpora.corpus import Corpus

TITLE = "CMU-MOSI, sentiment of film reviews on YouTube"
SOURCE = "Zadeh et al. 2016, arXiv:1606.06259"
TERMS = "research only, by agreement with its authors"

_FACTS = mmsa.Facts(
    name="cmu_mosi",
    title="CMU-MOSI",
    lists=("label.csv", "meta.csv"),
    range=3.0,
    sizes=(1284, 229, 686),
    one_speaker=True,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which sentences."""

    split: str | None = "test"  # train, valid or test; None: all

    def __post_init__(self) -> None:
        mmsa.check_split(self.split)


def build(root: Path, config: Config) -> Corpus:
    """Read the list."""
    return mmsa.build(root, _FACTS, config.split)
