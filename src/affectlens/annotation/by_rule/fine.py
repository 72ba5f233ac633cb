"""Fine description (C_md) by rule: what speaks for the label, each sentence borne out by clues.

The clues are those that the analysis would tell for this label. Where it reads another label the
description says so, and does not look for reasons that were not measured.
"""

import re
from collections.abc import Sequence

from affectlens.annotation.by_rule.choice import chosen
from affectlens.annotation.by_rule.face import plain
from affectlens.annotation.by_rule.sounds import sounding, tells
from affectlens.annotation.draft import Draft
from affectlens.clues.clue import Clue, Modality
from affectlens.clues.phrasebook import phrasebook
from affectlens.emotions.spaces import space
from affectlens.foundation.missing import Missing
from affectlens.reasoning.analysis import Person
from affectlens.reasoning.confidence import ranked
from affectlens.reasoning.grounding import ground, sentences
from affectlens.reasoning.pool import NEUTRAL
from affectlens.reasoning.weights import weights
from affectlens.reasoning.worth import worth

_NAMED = 3  # clues that a sentence names
_TOGETHER_S = 0.4
_NET = "expression."  # a net's opinion: told only where no action unit speaks
_NO_UNITS = (_NET, "face.")
_QUOTED = re.compile(r"“([^”]+)”")
# Labels that are adjectives; the others are nouns, as MERR has both.
ADJECTIVES = frozenset(
    {
        "neutral", "happy", "sad", "angry", "worried", "calm", "fearful", "surprised", "excited",
        "frustrated", "disgusted", "contemptuous", "doubtful", "positive", "negative",
    }
)  # fmt: skip

_FACE = (
    "The face shows {what}.",
    "In the face, {what} can be seen.",
    "The face of the person shows {what}.",
)
_LOOKS = ("The face looks {label} to the expression net.",)
_REST = ("The face is at rest.", "The face of the person is at rest.")
_SLIGHT = ("There are only slight signs in the face.",)
_VOICE = ("The voice is {what}.", "The voice of the person is {what}.")
_EVEN = ("The person speaks with an even voice.", "An even voice is heard.")
_SAYS = ("The person says: “{what}”", "The words are: “{what}”")
_READS = (
    "The person says “{what}”, words that read as {label}.",
    "The words that are said, “{what}”, are words that read as {label}.",
)
# They begin as readers of conclusions expect (`evaluation.extract`).
_EXPRESS = (
    "Overall, these signs express {label}.",
    "Thus, these signs together express {label}.",
    "In short, all of this together expresses {label}.",
)
_APPEAR = (
    "Overall, these signs make the person appear {label}.",
    "Thus, with these signs together, the person appears {label}.",
    "In short, the person appears {label}.",
)
_WEAK = "Weak as these signs are, overall they express {label}."
_OTHERWISE = "By themselves, these signs express {read} rather than {label}."
_ONLY = "For {label} there is only this: {what}."
_OPEN = "These signs alone do not settle it."
_GIVEN_APPEAR = "Overall, the person is taken to appear {label}."
_GIVEN_EXPRESS = "Overall, the person is taken to express {label}."


def fine(draft: Draft) -> str | Missing:
    """A short paragraph that ends with the label; Missing where nothing of anybody was measured."""
    person = next((p for p in draft.seen.analysis.people if p.id == draft.person), None)
    if person is None:
        return Missing("nobody was seen or heard")
    if isinstance(draft.label, Missing):
        return Missing(f"there is no label to explain: {draft.label.reason}")
    nearest = ranked(person.probabilities)[0][0]
    for label in (person.label or draft.label, nearest):
        if told := _told(draft, label):
            return " ".join([*told, *_conclusion(draft, person, draft.label)])
    return Missing(f"nothing was measured of {person.id} that could be told")


def rewrite(draft: Draft, faults: Sequence[str]) -> str | Missing:
    """The description without the sentences that nothing bears out."""
    if isinstance(draft.fine, Missing):
        return draft.fine
    kept = [one for one in sentences(draft.fine) if one not in faults]
    return " ".join(kept) or Missing("nothing of the description is borne out")


def _told(draft: Draft, label: str) -> list[str]:
    """What is seen and heard that speaks for a label, each sentence borne out."""
    told = (_seen(draft, label), _heard(draft, label), _said(draft, label))
    return [one for one in told if one and _borne_out(one, draft)]


def _conclusion(draft: Draft, person: Person, label: str) -> list[str]:
    """What the signs come to, and the label."""
    if person.label == label:
        wordings = _APPEAR if label in ADJECTIVES else _EXPRESS
        return [chosen(wordings, draft, "conclusion").format(label=label)]
    given = (_GIVEN_APPEAR if label in ADJECTIVES else _GIVEN_EXPRESS).format(label=label)
    if person.label is not None:
        otherwise = _OTHERWISE.format(read=person.label, label=label)
        return [otherwise, *_only(draft, person.label, label), given]
    nearest = ranked(person.probabilities)[0][0]
    if nearest == label and len(set(person.probabilities.values())) > 1:
        return [_WEAK.format(label=label)]
    return [_OPEN, given]


def _only(draft: Draft, read: str, label: str) -> list[str]:
    """What speaks for the label where more speaks for another."""
    told = {c.kind for c in _units(draft, read)}
    own = [plain(c.text) for c in _units(draft, label) if c.kind not in told]
    only = _ONLY.format(label=label, what=phrasebook().join(own))
    return [only] if own and _borne_out(only, draft) else []


def _units(draft: Draft, label: str) -> list[Clue]:
    """Action units that speak for a label."""
    told = _worth_telling(draft, "face", label)
    return _together([c for c in told if not c.kind.startswith(_NO_UNITS)])


def _seen(draft: Draft, label: str) -> str | None:
    """What the face does."""
    if units := _units(draft, label):
        shown = phrasebook().join([plain(c.text) for c in units])
        return chosen(_FACE, draft, "face").format(what=shown)
    kinds = {c.kind for c in _own(draft, "face")}
    if label != NEUTRAL and f"{_NET}{label}" in kinds:
        return chosen(_LOOKS, draft, "face").format(label=label)
    if "face.rest" in kinds:
        return chosen(_REST, draft, "face")
    return chosen(_SLIGHT, draft, "face") if "face.slight" in kinds else None


def _heard(draft: Draft, label: str) -> str | None:
    """How the voice sounds."""
    told = [c for c in _worth_telling(draft, "voice", label) if tells(c)][:_NAMED]
    if told:
        return chosen(_VOICE, draft, "voice").format(what=sounding(told))
    even = any(c.kind == "voice.plain" for c in _own(draft, "voice"))
    return chosen(_EVEN, draft, "voice") if even else None


def _said(draft: Draft, label: str) -> str | None:
    """What is said, and how the words read where they read so for the label."""
    for clue in _worth_telling(draft, "words", label):
        if clue.kind.startswith("tone.") and (match := _QUOTED.search(clue.text)):
            read = clue.kind.removeprefix("tone.")
            return chosen(_READS, draft, "words").format(what=match[1], label=read)
    for clue in _own(draft, "words"):
        if clue.kind == "quote" and (match := _QUOTED.search(clue.text)):
            mark = "" if match[1][-1] in ".!?…" else "."
            return chosen(_SAYS, draft, "words").format(what=match[1] + mark)
    return None


def _own(draft: Draft, modality: Modality) -> list[Clue]:
    """Clues of the main person."""
    clues = draft.seen.analysis.clues
    return [c for c in clues if c.person == draft.person and c.modality == modality]


def _worth_telling(draft: Draft, modality: Modality, label: str) -> list[Clue]:
    """What speaks for a label, the most telling first, one of a kind."""
    labels = space(draft.seen.analysis.run.label_space)
    weighed = [(worth(c, label, labels, weights()), c) for c in _own(draft, modality)]
    best = sorted((pair for pair in weighed if pair[0] > 0), key=lambda p: (-p[0], p[1].id))
    kinds: dict[str, Clue] = {}
    for _, clue in best:
        kinds.setdefault(clue.kind, clue)
    return list(kinds.values())


def _together(best: Sequence[Clue]) -> list[Clue]:
    """The most telling clue and others of its time."""
    if not best:
        return []
    first = best[0].span
    near = [
        c
        for c in best
        if c.span.start_s <= first.end_s + _TOGETHER_S
        and c.span.end_s >= first.start_s - _TOGETHER_S
    ]
    return near[:_NAMED]


def _borne_out(sentence: str, draft: Draft) -> bool:
    """Whether the clues support a sentence, by the same check that models' sentences pass."""
    near = [c for c in draft.seen.analysis.clues if c.person in (draft.person, None)]
    return {claim.status for claim in ground(sentence, near)} == {"supported"}
