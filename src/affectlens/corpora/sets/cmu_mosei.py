"""CMU-MOSEI: sentences of people on YouTube, each with a sentiment from -3 to 3; MMSA's files.

A video shows one person, so the video is the speaker; the same person may have made several.
"""

from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora import mmsa
from affectlens.corpora.corpus import Corpus

TITLE = "CMU-MOSEI, sentiment of people who speak on YouTube"
SOURCE = "Zadeh et al. 2018, doi:10.18653/v1/P18-1208"
TERMS = "research only, by agreement with its authors"

_FACTS = mmsa.Facts(
    name="cmu_mosei",
    title="CMU-MOSEI",
    lists=("label.csv", "meta.csv"),
    range=3.0,
    sizes=(16326, 1871, 4659),
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
