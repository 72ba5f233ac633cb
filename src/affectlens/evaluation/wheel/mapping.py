"""`Mappings`: which cluster each word of an emotion falls into, by each of several mappings.

Names of mappings: "case1" (a word's stem), "case2" (the stem's nearest word of any wheel), and
"wheel{i}.level{j}" (its cluster in wheel i at level j; level 1 is the coarsest). Tables of one
wheel call it "wheel1". Scores of a mapping are called after it, such as "wheel1.level2.f".
"""

from typing import Protocol


class Mappings(Protocol):
    """Word tables, whoever made them: upstream's (`tables.py`) or ours (`own.py`)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of its mappings, in the order in which they are told."""

    @property
    def version(self) -> str:
        """What the tables are, as it stands beside scores, such as "2025"."""

    def map(self, mapping: str, word: str) -> str | None:
        """The cluster of a word, lower-cased and stripped; None where it is in none."""
