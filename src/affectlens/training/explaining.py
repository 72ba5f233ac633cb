"""What a small model learns to say of its label: the clues that it is told, in sentences.

The same few clues stand in its prompt (`reasoning.handful`), so that all it learns to say was
measured, whatever the label. A sentence that the check of explanations would not bear out is left
out. The conclusion is firm only where what was measured speaks for the label.
"""

import random
from collections.abc import Iterator, Sequence

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.by_rule.face import plain
from affectlens.annotation.by_rule.fine import ADJECTIVES
from affectlens.annotation.by_rule.sounds import sounding, tells
from affectlens.clues.clue import Clue
from affectlens.clues.phrasebook import phrasebook
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.missing import Missing
from affectlens.reasoning.grounding import ground
from affectlens.reasoning.handful import handful
from affectlens.reasoning.weights import weights
from affectlens.reasoning.worth import worth

_NET, _TONE = "expression.", "tone."
_FACE = ("The face shows {what}.", "In the face, {what} can be seen.")
_LOOKS = "The face looks {what} to the expression net."
_REST = {"face.rest": "The face is at rest.", "face.slight": "The face shows only slight signs."}
_VOICE = ("The voice is {what}.", "The voice of the person is {what}.")
_READS = ("The words read as {what}.",)
_APPEAR = (
    "Overall, the person appears {label}.",
    "Together, this makes the person appear {label}.",
)
_EXPRESS = ("Overall, the person expresses {label}.", "Together, this expresses {label}.")
_OPEN = "These signs alone do not settle it; overall, the person appears to express {label}."
_NOTHING = "No sign stands out; overall, the person appears to express {label}."


def explanation(
    annotation: Annotation, label: str, space: LabelSpace, rng: random.Random
) -> str | Missing:
    """A few sentences that end with the label; `rng` draws their wording.

    Missing where nothing was measured of the clip, for it may well hold signs.
    """
    if isinstance(annotation.person, Missing) and not annotation.clues:
        return Missing("nothing was measured of it")
    person = annotation.person if isinstance(annotation.person, str) else None
    told = handful(annotation.clues, person, None, label=label, space=space)
    near = [clue for clue in annotation.clues if clue.person in (person, None)]
    kept = [one for one in _sentences(told, rng) if _borne_out(one, near)]
    last = _conclusion(told, label, space, rng) if kept else _NOTHING
    return " ".join([*kept, last.format(label=label)])


def _conclusion(told: Sequence[Clue], label: str, space: LabelSpace, rng: random.Random) -> str:
    """Firm only where the clues speak for this label more than for any other."""
    sums = {
        one: sum(max(worth(clue, one, space, weights()), 0.0) for clue in told)
        for one in space.labels
    }
    if sums[label] <= 0 or sums[label] < max(sums.values()):
        return _OPEN
    return rng.choice(_APPEAR if label in ADJECTIVES else _EXPRESS)


def _sentences(told: Sequence[Clue], rng: random.Random) -> Iterator[str]:
    """What the clues say, face, voice and words in turn."""
    face = [clue for clue in told if clue.modality == "face"]
    moves = [plain(clue.text) for clue in face if not clue.kind.startswith((_NET, "face."))]
    if moves:
        yield rng.choice(_FACE).format(what=phrasebook().join(moves))
    for clue in face:
        if clue.kind in _REST:
            yield _REST[clue.kind]
        elif clue.kind.startswith(_NET) and not moves:
            yield _LOOKS.format(what=clue.kind.removeprefix(_NET))
    voice = [clue for clue in told if clue.modality == "voice"]
    if heard := [clue for clue in voice if tells(clue) or clue.kind == "voice.plain"]:
        yield rng.choice(_VOICE).format(what=sounding(heard))
    for clue in told:
        if clue.kind.startswith(_TONE):
            yield rng.choice(_READS).format(what=clue.kind.removeprefix(_TONE))


def _borne_out(sentence: str, near: Sequence[Clue]) -> bool:
    return {claim.status for claim in ground(sentence, near)} == {"supported"}
