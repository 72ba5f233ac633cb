"""The fine description, checked; what the measurements do not bear out goes back once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from affectlens.annotation.annotation import Check, Made
from affectlens.annotation.check import borne_out, checker, language_of, not_borne_out
from affectlens.annotation.describer import Describer, Task
from affectlens.annotation.draft import Draft
from affectlens.annotation.languages import language
from affectlens.annotation.recipe import RULES, Recipe
from affectlens.annotation.steps.described import describe
from affectlens.annotation.wording import tokens
from affectlens.annotation.work import Work, key_of
from affectlens.clues.phrasebook import languages
from affectlens.foundation.missing import Missing
from affectlens.reasoning.analysis import Claim
from affectlens.reasoning.grounding import ground
from affectlens.reasoning.lexicon import lexicon
from affectlens.reasoning.neutral import neutral

STEP = "checked"
VERSION = 1  # raised when the same description passes or fails otherwise
_GROUNDING, _FAIRNESS = "grounding", "fairness"
_NEUTRAL_IN = "en"  # the language that words for gender, age and origin can be taken out of


@dataclass(frozen=True, slots=True)
class _Read:
    """A draft with its claims and checks."""

    draft: Draft
    taken: tuple[str, ...]  # words for gender, age and origin

    @property
    def faults(self) -> tuple[str, ...]:
        """Sentences that nothing bears out."""
        return not_borne_out(self.draft.claims)

    @property
    def share(self) -> float:
        """Of the checkable sentences, those that are borne out; 0 where none is checkable."""
        good = borne_out(self.draft.claims)
        return good / max(1, good + len(self.faults))

    @property
    def failed(self) -> frozenset[str]:
        """Checks that do not pass."""
        return frozenset(check.name for check in self.draft.checks if not check.passed)


def check_names(recipe: Recipe) -> None:
    """Refuse a recipe that requires a check which there is not, or that cannot be made.

    Raises:
        ConfigError: the message names the nearest.
    """
    for name in recipe.checks.required:
        checker(name)
    if "language" in recipe.checks.required:
        language(language_of(recipe))


def checked(
    draft: Draft, recipe: Recipe, work: Work, describers: Mapping[Task, Describer]
) -> Draft:
    """With claims and checks; the fine description without words for gender, age and origin.

    A description with sentences that nothing bears out is asked for once more, if the recipe says
    so. The second is kept if more of it is borne out and no check fails that the first passed.

    Raises:
        UnavailableError: the describer could not be asked.
    """
    first = _read(draft, recipe)
    if not (first.faults and recipe.checks.rewrite and recipe.fine.name != RULES.name):
        return _told(first, "")
    text, made = describe("rewrite", first.draft, recipe, work, describers, faults=first.faults)
    if isinstance(text, Missing):
        return _told(first, f" A rewrite was asked for and not given: {text.reason}.")
    second = _read(replace(draft, fine=text, made={**draft.made, "fine": made}), recipe)
    kept = second.share > first.share and second.failed <= first.failed
    shares = f"{first.share:.0%} of it was borne out before, {second.share:.0%} after"
    if not kept:
        return _told(first, f" A rewrite was no better and is not kept: {shares}.")
    return _told(_by(second, "rewritten once"), f" It was rewritten once: {shares}.")


def score_of(checks: Sequence[Check]) -> float | Missing:
    """Mean of the scores that there are, 0–1."""
    scores = [check.score for check in checks if not isinstance(check.score, Missing)]
    return sum(scores) / len(scores) if scores else Missing("nothing could be checked")


def reasons(checks: Sequence[Check]) -> tuple[str, ...]:
    """Why, for each check that failed."""
    return tuple(f"{check.name}: {check.detail}" for check in checks if not check.passed)


def _read(draft: Draft, recipe: Recipe) -> _Read:
    """The draft's fine description without words of no concern, with claims and checks."""
    spoken = language_of(recipe)
    taken: tuple[str, ...] = ()
    if not isinstance(draft.fine, Missing):
        text = neutral(draft.fine) if spoken == _NEUTRAL_IN else draft.fine
        taken = tuple(Counter(tokens(draft.fine)) - Counter(tokens(text)))
        draft = replace(draft, fine=text)
        if spoken in languages():
            draft = replace(draft, claims=_claims(draft, text, spoken))
    checks = tuple(checker(name)(draft, recipe) for name in recipe.checks.required)
    return _Read(replace(draft, checks=checks), taken)


def _claims(draft: Draft, text: str, spoken: str) -> tuple[Claim, ...]:
    """Each sentence, checked against the clues of the person and of the scene."""
    clues, person = draft.seen.analysis.clues, draft.person
    if isinstance(person, Missing):
        return ground(text, clues, labels={"": _labels(draft, spoken)}, language=spoken)
    near = [clue for clue in clues if clue.person in (person, None)]
    return ground(text, near, labels={person: _labels(draft, spoken)}, language=spoken)


def _labels(draft: Draft, spoken: str) -> set[str]:
    """What may be said of the person's emotion, in the words that sentences are read in."""
    people = [one for one in draft.seen.analysis.people if one.id == draft.person]
    read = [segment.label for one in people for segment in one.segments if segment.label]
    given = () if isinstance(draft.item.labels, Missing) else draft.item.labels
    words = [draft.label, draft.read, *given, *read]
    own = {word for word in words if not isinstance(word, Missing)}
    known = {lexicon(spoken).emotion(word) for word in own}
    return own | {word for word in known if word}


def _by(read: _Read, how: str) -> _Read:
    """With a word about how the fine description was made."""
    made = read.draft.made.get("fine")
    if made is None:
        return read
    told = {**read.draft.made, "fine": replace(made, by=f"{made.by}, {how}")}
    return replace(read, draft=replace(read.draft, made=told))


def _told(read: _Read, rewrite: str) -> Draft:
    """The draft, and in its checks what happened to its fine description."""
    checks = [
        replace(check, detail=check.detail + rewrite) if check.name == _GROUNDING else check
        for check in read.draft.checks
    ]
    if read.taken:
        words = ", ".join(f"“{word}”" for word in read.taken)
        untold = Missing("what was said was taken out, not judged")
        detail = f"Words for gender, age or origin were taken out of the description: {words}."
        checks.append(Check(name=_FAIRNESS, passed=True, score=untold, detail=detail))
        read = _by(read, "without words for gender, age and origin")
    return replace(read.draft, checks=tuple(checks), made=_made(read.draft, checks))


def _made(draft: Draft, checks: Sequence[Check]) -> Mapping[str, Made]:
    """Who made what, with claims, checks and score."""
    told = [[claim.text, claim.status] for claim in draft.claims]
    key = key_of(STEP, VERSION, draft.seen.key, str(draft.fine), told, [one.name for one in checks])
    by_checks = Made(step=STEP, by=f"annotation.checks {VERSION}", key=key)
    by_clues = Made(step=STEP, by="reasoning.grounding against the clues", key=key)
    return {**draft.made, "checks": by_checks, "score": by_checks, "claims": by_clues}
