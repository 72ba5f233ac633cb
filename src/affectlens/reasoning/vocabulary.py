"""Open-vocabulary words beside a label, from a small table of words (`open_vocabulary.toml`)."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from affectlens.emotions.labels import plain

# Probability from which a label is strong.
_STRONG = 0.75


def words(
    label: str | None, probabilities: Mapping[str, float], kinds: Iterable[str]
) -> tuple[str, ...]:
    """Words for a label, how strong it is, and the kinds of clues that were observed."""
    table = _table()
    found = []
    if label:
        degree = "high" if probabilities[label] >= _STRONG else "low"
        found += [label, *table.get(plain(label), {}).get(degree, ())]
    by_clue = table["clues"]
    found += [by_clue[kind][0] for kind in sorted(set(kinds)) if kind in by_clue]
    return tuple(dict.fromkeys(found))


@cache
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    """The table as it is written."""
    place = resources.files("affectlens.reasoning").joinpath("open_vocabulary.toml")
    table: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(place.read_text("utf-8"))
    return table
