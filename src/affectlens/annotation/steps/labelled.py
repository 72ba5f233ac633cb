"""Which label a clip gets, which open-vocabulary labels, and why it is not taken."""

from dataclasses import replace

from affectlens.annotation.annotation import Made
from affectlens.annotation.check import language_of
from affectlens.annotation.draft import Draft
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.steps.checked import reasons
from affectlens.annotation.steps.units import vote
from affectlens.annotation.work import key_of
from affectlens.emotions.spaces import space
from affectlens.evaluation.extract import labels_of
from affectlens.evaluation.wheel import own
from affectlens.foundation.missing import Missing
from affectlens.reasoning.confidence import ranked

STEP = "labelled"
_NEUTRAL = "neutral"
NO_LABEL, NO_TEXT = "no label", "no description"  # as reasons begin

Labelled = tuple[str | Missing, Made]


def pseudo(draft: Draft, recipe: Recipe) -> Draft:
    """With the label that the description is to explain, and the one that the analysis gives."""
    draft = replace(draft, read=_read(draft, recipe))
    label, made = _labelled(draft, recipe)
    who = {"label": (label, made), "read": (draft.read, _by_analysis(draft))}
    new = {name: by for name, (found, by) in who.items() if not isinstance(found, Missing)}
    return replace(draft, label=label, made={**draft.made, **new})


def settled(draft: Draft, recipe: Recipe) -> Draft:
    """With open-vocabulary labels: those of people, else those that the description names.

    The label stands first among these; of several forms of one word the first is kept.
    """
    if not isinstance(draft.item.labels, Missing):
        return _with_labels(draft, draft.item.labels, _told(draft))
    named = _named(draft, recipe)
    words = [] if isinstance(draft.label, Missing) else [draft.label]
    if isinstance(named, Missing) and not words:
        return replace(draft, labels=named)
    words += [] if isinstance(named, Missing) else named
    distinct: dict[str, str] = {}
    for word in words:
        distinct.setdefault(_form(word), word)
    by = "the label and what evaluation.extract finds in the fine description"
    made = Made(step=STEP, by=by, key=key_of(draft.seen.key, words))
    return _with_labels(draft, tuple(distinct.values()), made)


def why_rejected(draft: Draft, recipe: Recipe) -> tuple[str, ...]:
    """Why a clip is not taken into the data set; empty where it is."""
    absent = _absent(draft)
    # What could not be checked for want of a label or a description is no reason of its own.
    failed = [
        check
        for check in draft.checks
        if check.name in recipe.checks.required
        and not (absent and isinstance(check.score, Missing))
    ]
    return (*absent, *reasons(failed))


def _absent(draft: Draft) -> tuple[str, ...]:
    """That there is no label or no description, and why; one for want of the other once."""
    label, fine = draft.label, draft.fine
    if not isinstance(label, Missing):
        return (f"{NO_TEXT}: {fine.reason}",) if isinstance(fine, Missing) else ()
    no_label = f"{NO_LABEL}: {label.reason}"
    if isinstance(fine, Missing) and label.reason not in fine.reason:
        return no_label, f"{NO_TEXT}: {fine.reason}"
    return (no_label,)


def _labelled(draft: Draft, recipe: Recipe) -> Labelled:
    """The label by the recipe's choice, and who gave it."""
    by = recipe.label
    if by == "auto":
        by = "read" if isinstance(draft.item.label, Missing) else "given"
    if by == "given":
        return _given(draft, recipe), _told(draft)
    return (draft.read, _by_analysis(draft)) if by == "read" else _voted(draft, recipe)


def _given(draft: Draft, recipe: Recipe) -> str | Missing:
    """The label of people, in the words of the recipe's label space."""
    given = draft.item.label
    if isinstance(given, Missing):
        return given
    labels = space(recipe.analysis.reasoning.label_space)
    found = labels.find(given)
    return Missing(f"{labels.name} has no label {given!r}") if found is None else found


def _voted(draft: Draft, recipe: Recipe) -> Labelled:
    """The label whose action units the face shows; neutral where it shows those of none."""
    labels = space(recipe.analysis.reasoning.label_space)
    units = recipe.units
    key = key_of(draft.seen.key, units.table, units.present, units.share, units.mean)
    made = Made(step=STEP, by=f"action units of the peak by the table {units.table}", key=key)
    if isinstance(draft.peak, Missing):
        return Missing(f"no action units speak for one: {draft.peak.reason}"), made
    voted = vote(draft.peak, units, labels.labels) or _NEUTRAL
    found = labels.find(voted)
    return Missing(f"{labels.name} has no label {voted!r}") if found is None else found, made


def _read(draft: Draft, recipe: Recipe) -> str | Missing:
    """The label that the analysis gives the main person."""
    if isinstance(draft.person, Missing):
        return draft.person
    people = draft.seen.analysis.people
    person = next((one for one in people if one.id == draft.person), None)
    if person is None:
        return Missing(f"the analysis has no person {draft.person}")
    if person.label is not None:
        return person.label
    (first, p), (second, q) = ranked(person.probabilities)[:2]
    told = f"the analysis abstains: {first} has {p:.2f}, {second} {q:.2f}"
    least = recipe.analysis.reasoning.threshold
    return Missing(f"{told}, and {least:g} is wanted" if p < least else f"{told}, too close to it")


def _by_analysis(draft: Draft) -> Made:
    run = draft.seen.analysis.run
    return Made(step="analysis", by=f"{run.model}, {run.label_space}", key=draft.seen.key)


def _told(draft: Draft) -> Made:
    return Made(step="told", by=draft.item.corpus or "the caller", key="")


def _named(draft: Draft, recipe: Recipe) -> tuple[str, ...] | Missing:
    """The emotions that the fine description names."""
    if isinstance(draft.fine, Missing):
        return draft.fine
    return labels_of(draft.fine, language=language_of(recipe))


def _form(word: str) -> str:
    """What several forms of one word have in common."""
    place = own.table().find(word)
    return place.form if place else own.tidy(word)


def _with_labels(draft: Draft, labels: tuple[str, ...], made: Made) -> Draft:
    return replace(draft, labels=labels, made={**draft.made, "labels": made})
