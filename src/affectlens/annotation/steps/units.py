"""Whether the action units of a peak frame bear out a label: MERR's filter of pseudo-labels.

A set of units (`clues.tables`) is borne out when the recipe's share of them is present and their
mean intensity reaches the recipe's mean: MER-Factory's rule. Units that were not measured are left
out. The set of neutral is empty: it is borne out when no other is of which more than one unit was
measured. One alone is no expression: lips part in speaking, and the paper's doubt is nothing else.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from affectlens.annotation.annotation import Check, Peak
from affectlens.annotation.recipe import Units
from affectlens.clues.tables import tables
from affectlens.emotions.labels import plain
from affectlens.foundation.missing import Missing

NAME = "units"
_NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class _Evidence:
    """How much of an emotion's set a face shows; never of an empty set."""

    emotion: str
    present: tuple[str, ...]
    measured: tuple[str, ...]
    unmeasured: tuple[str, ...]
    mean: float

    @property
    def share(self) -> float:
        """Of what was measured, how much is present."""
        return len(self.present) / len(self.measured)

    def suffices(self, units: Units) -> bool:
        """Whether the set is borne out."""
        return self.share >= units.share and self.mean >= units.mean

    def __str__(self) -> str:
        names = f" ({', '.join(self.present)})" if self.present else ""
        rest = f"; {', '.join(self.unmeasured)} not measured" if self.unmeasured else ""
        counts = f"{len(self.present)} of {len(self.measured)} units of {self.emotion} present"
        return f"{counts}{names}, mean {self.mean:.1f}{rest}"


def agrees(peak: Peak | Missing, label: str | Missing, units: Units) -> Check:
    """Whether a label is borne out; what cannot be checked passes, with a Missing score."""
    if isinstance(label, Missing):
        return _unchecked(f"there is no label: {label}")
    if isinstance(peak, Missing):
        return _unchecked(f"there is no peak frame: {peak}")
    emotion = plain(label)
    if emotion not in tables().sets[units.table]:
        return _unchecked(f"the table {units.table} has no units of {label}")
    found = _evidence(peak, units)
    if emotion == _NEUTRAL:
        return _of_neutral(found, units)
    if emotion not in found:
        return _unchecked(f"no unit of {emotion} was measured")
    own = found[emotion]
    passed = own.suffices(units)
    wanted = "" if passed else f": {units.share:.0%} and a mean of {units.mean:g} are wanted"
    return Check(name=NAME, passed=passed, score=own.share, detail=f"{own}{wanted}.")


def vote(peak: Peak, units: Units, among: Collection[str] | None = None) -> str | None:
    """The emotion whose set is best borne out; None where none is: that is neutral.

    Publications do not say which of several is best. Here it is the one with the largest share
    times mean, which on faces of FER+ train agrees with people a little more often than either of
    these alone. `among` are the labels to choose from, in any spelling; None: every emotion of the
    table. The answer is in the table's spelling.
    """
    wanted = None if among is None else {plain(label) for label in among}
    borne_out = [
        one
        for one in _evidence(peak, units).values()
        if one.suffices(units) and (wanted is None or one.emotion in wanted)
    ]
    best = max(borne_out, key=lambda one: one.share * one.mean, default=None)
    return None if best is None else best.emotion


def _evidence(peak: Peak, units: Units) -> Mapping[str, _Evidence]:
    """Of every emotion of which at least one unit was measured, in the table's order."""
    found = {}
    for emotion, wanted in tables().sets[units.table].items():
        measured = tuple(sorted(wanted & peak.action_units.keys()))
        if measured:
            levels = [peak.action_units[name] for name in measured]
            found[emotion] = _Evidence(
                emotion=emotion,
                present=tuple(n for n in measured if peak.action_units[n] >= units.present),
                measured=measured,
                unmeasured=tuple(sorted(wanted - peak.action_units.keys())),
                mean=sum(levels) / len(levels),
            )
    return found


def _of_neutral(found: Mapping[str, _Evidence], units: Units) -> Check:
    against = [one for one in found.values() if len(one.measured) > 1 and one.suffices(units)]
    if not found:
        return _unchecked("no action unit was measured")
    if not against:
        return Check(
            name=NAME, passed=True, score=1.0, detail="The units of no other emotion are present."
        )
    most = max(against, key=lambda one: (one.share, one.mean))
    detail = f"{most}: this speaks against neutral."
    return Check(name=NAME, passed=False, score=1.0 - most.share, detail=detail)


def _unchecked(why: str) -> Check:
    return Check(name=NAME, passed=True, score=Missing(why), detail=f"Not checked: {why}.")
