"""Audio tone (C_atd) by rule: one of the paper's ten words where the voice alone bears it out.

Only how the main person sounds counts: neither face nor words nor label are looked at. A word is
given where the voice's own usual is known, or a sound such as laughter was heard; else what is
heard is told as it was measured, "fast, with a lively melody".
"""

from affectlens.annotation.by_rule.sounds import sounding, tells
from affectlens.annotation.draft import Draft
from affectlens.clues.clue import Clue
from affectlens.clues.extent import end_s
from affectlens.clues.voice import ENOUGH_UTTERANCES
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.reasoning.evidence import voice_evidence
from affectlens.reasoning.measured import Own, people
from affectlens.reasoning.pool import probabilities, total
from affectlens.reasoning.weights import weights

# The paper's words by our labels; "positive" and "negative" say less than measurements.
_WORDS = {
    "happy": "joyful",
    "sad": "sad",
    "surprise": "shocked",
    "fear": "fearful",
    "angry": "angry",
    "neutral": "calm",
    "doubt": "doubtful",
    "contempt": "dismissive",
}
_SPACE = LabelSpace("tones", tuple(_WORDS))
# Probability from which a tone is named, and its lead over the next. Of 240 clips of the RAVDESS
# actors 03, 14, 19 and 20, each against the median of the actor's 60, 33 get a word and 22 a
# fitting one (of 19 and 20, whom the weights never saw, 13 and 10). The three utterances that a
# clip may have are a worse usual than that.
_SURE, _LEAD = 0.45, 0.15

_TOLD = 3


def tone(draft: Draft) -> str | Missing:
    """Such as "joyful", or "fast, with a lively melody"; Missing where the person is not heard."""
    percepts = draft.seen.percepts
    if isinstance(percepts.utterances, Missing):
        return percepts.utterances
    if isinstance(draft.person, Missing):
        return draft.person
    own = next((one for one in people(percepts) if one.person == draft.person), None)
    if own is None or not (own.utterances or own.events):
        return Missing(f"{draft.person} is not heard")
    return _word(own, end_s(percepts)) or sounding(_clues(draft))


def _word(own: Own, last_s: float) -> str | None:
    """One of the ten words, or None."""
    known = own.baseline is not None and own.baseline.utterances >= ENOUGH_UTTERANCES
    if not known and not own.events:
        return None
    found = voice_evidence(own, Span(0.0, last_s), weights())
    if not found:
        return None
    likely = probabilities(total(found, _SPACE, weights()), _SPACE, weights())
    (label, top), (_, second) = sorted(likely.items(), key=lambda pair: -pair[1])[:2]
    return _WORDS[label] if top >= _SURE and top - second >= _LEAD else None


def _clues(draft: Draft) -> list[Clue]:
    """What stands out in the person's voice, the clearest first."""
    heard = [c for c in draft.seen.analysis.clues if c.person == draft.person and tells(c)]
    best = {c.kind: c for c in sorted(heard, key=lambda c: c.strength)}
    return sorted(best.values(), key=lambda c: -c.strength)[:_TOLD]
