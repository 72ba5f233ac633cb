"""An explanation that a language model wrote: each sentence checked, the unsupported ones struck.

The model may say what it likes; what the clues do not bear out stays in the claims, marked, and
leaves the text. Words for gender, age and origin are taken out (`neutral`), and what it repeats.
Where nothing that it said of a person is borne out, the measured clues themselves are told instead,
worded by rule, so that a label never stands without evidence; where what is left does not name the
label, the sentence by rule that gives it comes first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from affectlens.clues.clue import Clue
from affectlens.clues.phrasebook import phrasebook
from affectlens.emotions.labels import LabelSpace
from affectlens.reasoning.analysis import Claim, Explanation
from affectlens.reasoning.explain import checked, explain
from affectlens.reasoning.grounding import ground
from affectlens.reasoning.lexicon import lexicon
from affectlens.reasoning.neutral import neutral
from affectlens.reasoning.reasoner import PersonReading
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.tidy import tidy
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
        if not any(claim.status == "supported" for claim in own):
            claims += [*own, *_by_rule([one], clues, space, settings).claims]
        elif one.label is None or _names(own, one.label, settings):
            claims += own
        else:
            claims += [*_by_rule([one], clues, space, settings).claims[:1], *own]
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
    found = ground(neutral(tidy(_legible(text))), near, labels=labels, language=settings.language)
    return [replace(claim, person=claim.person or one.id) for claim in found]


def _names(claims: Sequence[Claim], label: str, settings: ReasoningSettings) -> bool:
    """Whether what stays of a text says that the label is expressed."""
    kept = [claim.text for claim in claims if claim.status != "unsupported"]
    words = lexicon(settings.language)
    return any(label == named for text in kept for named, _ in words.expressed(text))


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
