"""From an item to an `Example`: what is shown and told of it, in the words of an analysis."""

from collections.abc import Mapping, Sequence

from affectlens.annotation.annotation import Annotation
from affectlens.clues.listed import listed
from affectlens.emotions.labels import LabelSpace
from affectlens.encoders.features import Features
from affectlens.foundation.missing import Missing
from affectlens.media.subtitles import clean
from affectlens.model.declaration import System
from affectlens.model.example import Example, Turn
from affectlens.model.turns import explains_later
from affectlens.reasoning.handful import told_clues
from affectlens.training.item import Item


def example(
    item: Item,
    turns: Sequence[Turn],
    features: Mapping[str, Sequence[Features] | Missing],
    system: System,
    space: LabelSpace,
) -> Example:
    """The turns before the streams of a system; clues only where they are read."""
    annotation = item.annotation
    return Example(
        turns=tuple(turns),
        features=features,
        subtitle=words(annotation.subtitle),
        clues=_clues(annotation, turns, system, space),
        name=f"{item.id} ({item.place})" if item.place else item.id,
    )


def _clues(
    annotation: Annotation, turns: Sequence[Turn], system: System, space: LabelSpace
) -> str | None:
    """As an analysis tells them: behind the label that they are to explain, where they come so."""
    person = annotation.person if isinstance(annotation.person, str) else None
    if not explains_later(system):
        reads_clues = "clues" in system.training.fields()
        return listed(annotation.clues, person, None) if reads_clues else None
    if len(turns) == 1:
        return None
    label = space.find(turns[0].answer or "")
    return told_clues(system, annotation.clues, person, None, label=label, space=space)


def words(subtitle: str | Missing) -> str | None:
    """What is said, without the marks of subtitles, as of the words that come with a clip."""
    if isinstance(subtitle, Missing):
        return None
    return clean(subtitle) or None
