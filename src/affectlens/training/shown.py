"""From an item to an `Example`: what is shown and told of it, in the words of an analysis."""

from collections.abc import Mapping, Sequence

from affectlens.clues.listed import listed
from affectlens.encoders.features import Features
from affectlens.foundation.missing import Missing
from affectlens.media.subtitles import clean
from affectlens.model.declaration import System
from affectlens.model.example import Example, Turn
from affectlens.training.item import Item


def example(
    item: Item,
    turns: Sequence[Turn],
    features: Mapping[str, Sequence[Features] | Missing],
    system: System,
) -> Example:
    """The turns before the streams of a system; clues only for one that reads them."""
    annotation = item.annotation
    person = annotation.person if isinstance(annotation.person, str) else None
    reads_clues = "clues" in system.training.fields()
    return Example(
        turns=tuple(turns),
        features=features,
        subtitle=words(annotation.subtitle),
        clues=listed(annotation.clues, person, None) if reads_clues else None,
        name=f"{item.id} ({item.place})" if item.place else item.id,
    )


def words(subtitle: str | Missing) -> str | None:
    """What is said, without the marks of subtitles, as of the words that come with a clip."""
    if isinstance(subtitle, Missing):
        return None
    return clean(subtitle) or None
