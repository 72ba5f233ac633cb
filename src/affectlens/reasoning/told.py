"""An explanation that a language model wrote: each sentence checked, the unsupported ones struck.

The model may say what it likes; what the clues do not bear out stays in the claims, marked, and
leaves the text. Words for gender, age and origin are taken out (`neutral`). Where nothing that it
said of a person is borne out, the measured clues themselves are told instead, worded by rule, so
that a label never stands without evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from affectlens.clues.clue import Clue
from affectlens.clues.phrasebook import phrasebook
from affectlens.emotions.labels import LabelSpace
from affectlens.reasoning.analysis import Claim, Explanation
from affectlens.reasoning.explain import checked, explain
from affectlens.reasoning.grounding import ground
from affectlens.reasoning.neutral import neutral
from affectlens.reasoning.reasoner import PersonReading
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.weights import weights

_NO_TEXT = "\N{REPLACEMENT CHARACTER}"


def told(
    people: Sequence[PersonReading],
    texts: Mapping[str, str],
    clues: Sequence[Clue],
    space: LabelSpace,
    settings: ReasoningSettings,
) -> Explanation:
    """Why everybody was read as they were; `texts` is what the model wrote, by person."""
    claims: list[Claim] = []
    for one in people:
        own = _claims(one, texts.get(one.id, ""), clues, settings)
        claims += own
        if not any(claim.status == "supported" for claim in own):
            claims += _by_rule([one], clues, space, settings).claims
    if not people:
        claims += _by_rule([], clues, space, settings).claims
    text = " ".join(claim.text for claim in claims if claim.status != "unsupported")
    return Explanation(text, tuple(claims))


def _claims(
    one: PersonReading, text: str, clues: Sequence[Clue], settings: ReasoningSettings
) -> list[Claim]:
    """What was written of a person, checked against the clues of that person and of the scene."""
    near = [clue for clue in clues if clue.person in (one.id, None)]
    labels = {one.id: {x for x in (one.label, *(s.label for s in one.segments)) if x}}
    found = ground(neutral(_legible(text)), near, labels=labels, language=settings.language)
    return [replace(claim, person=claim.person or one.id) for claim in found]


def _legible(text: str) -> str:
    """Without control characters and what stands for bytes that are no text."""
    kept = (sign for sign in text if sign == "\n" or (sign.isprintable() and sign != _NO_TEXT))
    return "".join(kept)


def _by_rule(
    people: Sequence[PersonReading],
    clues: Sequence[Clue],
    space: LabelSpace,
    settings: ReasoningSettings,
) -> Explanation:
    book = phrasebook(settings.language)
    return checked(explain(people, clues, space, book, settings, weights()), clues, people)
