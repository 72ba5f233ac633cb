"""The description concludes the label that the clip has.

The emotions that it names (`evaluation.extract`; what is negated does not count) are looked up in
our own table of emotion words. One agrees that is the label, stands in its group, or in another
group of its family that is no other label's: "annoyed" agrees with angry; "afraid" does not with
worried, where fear is a label too. That one agrees is enough, as in `hit_or_not` of MER-Caption+
(specs/affectgpt-emer.md §2.6); the score is the share that does. A description that names no
emotion fails with 0, for it explains no label.
"""

from affectlens.annotation.annotation import Check
from affectlens.annotation.check import language_of, untried
from affectlens.annotation.draft import Draft
from affectlens.annotation.recipe import Recipe
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import space
from affectlens.evaluation.extract import labels_of
from affectlens.evaluation.wheel import own
from affectlens.foundation.missing import Missing

_NAME = "label"


def check(draft: Draft, recipe: Recipe) -> Check:
    """Compare what is concluded with the label."""
    absent = next((one for one in (draft.fine, draft.label) if isinstance(one, Missing)), None)
    if absent is not None:
        return untried(_NAME, absent)
    label = str(draft.label)
    named = labels_of(str(draft.fine), language=language_of(recipe))
    if isinstance(named, Missing):
        detail = f"The description names no emotion; the label is {label}.{_read(draft)}"
        return Check(name=_NAME, passed=False, score=0.0, detail=detail)
    labels = space(recipe.analysis.reasoning.label_space)
    agreeing = [word for word in named if _agrees(word, label, labels)]
    verb = "which agrees with" if agreeing else "but the label is"
    detail = f"The description concludes {', '.join(named)}, {verb} {label}."
    return Check(
        name=_NAME,
        passed=bool(agreeing),
        score=len(agreeing) / len(named),
        detail=detail + _read(draft),
    )


def _agrees(word: str, label: str, labels: LabelSpace) -> bool:
    """Whether a word says what a label says."""
    if (same := labels.find(word)) is not None:
        return same == label
    table = own.table()
    named, wanted = table.find(word), table.find(label)
    if named is None or wanted is None:
        return False
    others = {place.group for one in labels.labels if one != label and (place := table.find(one))}
    own_family = named.family == wanted.family and named.group not in others
    return named.group == wanted.group or own_family


def _read(draft: Draft) -> str:
    """What the analysis says where it says something else; empty where it does not."""
    if isinstance(draft.read, Missing) or draft.read == draft.label:
        return ""
    return f" The analysis read {draft.read}."
