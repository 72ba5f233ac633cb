"""How well a model does on the clips that are held back, by what they show and by groups."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.counting import labelled
from affectlens.training.calibrating import Scored
from affectlens.training.item import Sources

# Columns of corpora that tell groups of people.
_GROUPS = ("sex", "gender")


def tested(
    found: Sequence[Scored],
    places: Sequence[tuple[str, int]],
    sources: Sources,
    space: LabelSpace,
) -> dict[str, Any]:
    """Numbers of clips as they come: all, by data, by what is shown, by columns of groups.

    `places` are the clips' sources and numbers there, as a survey has them.
    """
    whole = [one for one in found if one.whole]
    if not whole:
        return {}

    def column(name: str) -> Callable[[Scored], str]:
        def told(one: Scored) -> str:
            source, index = places[one.clip]
            return sources[source][index].annotation.source.columns.get(name, "")

        return told

    parts = {
        "data": _by(whole, lambda one: places[one.clip][0], space),
        "shown": _by(whole, lambda one: one.key, space),
        **{name: _by(whole, column(name), space) for name in _GROUPS},
    }
    return {"all": _numbers(whole, space), **{name: own for name, own in parts.items() if own}}


def _by(
    found: Sequence[Scored], told: Callable[[Scored], str], space: LabelSpace
) -> dict[str, Mapping[str, float]]:
    """Numbers of each part; clips of which nothing is told are in none."""
    parts: dict[str, list[Scored]] = defaultdict(list)
    for one in found:
        parts[told(one)].append(one)
    return {name: _numbers(parts[name], space) for name in sorted(parts) if name}


def _numbers(found: Sequence[Scored], space: LabelSpace) -> dict[str, float]:
    told = labelled.of(space.labels, [one.true for one in found], [one.said for one in found])
    scores = labelled.matrix(told.counts.sum(0), len(space.labels))
    return {
        "clips": len(found),
        "war": round(float(scores.accuracy), 4),
        "uar": round(float(scores.uar), 4),
    }
