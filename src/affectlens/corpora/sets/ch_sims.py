"""CH-SIMS and its version 2 (supervised part): Chinese film and television, sentiment from -1 to 1.

MMSA's files. Each clip also has a sentiment by text, sound and pictures alone: columns `label_T`,
`label_A`, `label_V`. A video is a film or a show with many people, whom the lists do not name.
"""

from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora import mmsa
from affectlens.corpora.corpus import Corpus
from affectlens.corpora.folder import chosen

TITLE = "CH-SIMS v1 and v2, sentiment in Chinese film and television"
SOURCE = "Yu et al. 2020, doi:10.18653/v1/2020.acl-main.343; Liu et al. 2022, arXiv:2209.02604"
TERMS = "research only, by agreement with its authors"

_SIZES = {"1": (1368, 456, 457), "2": (2722, 647, 1034)}
_LISTS = {"1": ("label.csv", "meta.csv"), "2": ("meta.csv", "label.csv")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which of the two sets, and which clips."""

    version: str = "1"
    split: str | None = "test"  # train, valid or test; None: all

    def __post_init__(self) -> None:
        chosen("version", self.version, _SIZES)
        mmsa.check_split(self.split)


def build(root: Path, config: Config) -> Corpus:
    """Read the list."""
    facts = mmsa.Facts(
        name="ch_sims",
        title=f"CH-SIMS version {config.version}",
        lists=_LISTS[config.version],
        range=1.0,
        sizes=_SIZES[config.version],
        one_speaker=False,
    )
    return mmsa.build(root, facts, config.split)
