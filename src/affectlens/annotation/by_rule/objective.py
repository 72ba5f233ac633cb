"""Visual objective description (C_vod) by rule: what measurements know of the picture.

How many people there are, how close the main one is, how the head is held, and light, colour,
motion and cuts. It needs no vision model, and so it knows no things and no places.
"""

from collections.abc import Sequence

import numpy as np

from affectlens.annotation.draft import Draft
from affectlens.clues.clue import Clue
from affectlens.clues.phrasebook import phrasebook
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import FaceTrack

# From which height of a face, brows to chin, as a share of the picture's, it is told to be so near:
# of a close-up a face fills most, of a shot from the chest up about a quarter, from the hips up a
# tenth.
_DISTANCES = ((0.4, "in close-up"), (0.18, "near the camera"), (0.08, "at some distance"))
_FAR = "far away"
_NEAR_S = 0.3  # of a moment: faces are not looked for in every frame
_HEAD = {
    "head.down": "the head lowered",
    "head.up": "the head raised",
    "head.turned": "the head turned away from the camera",
    "head.tilted": "the head tilted",
}
# One word of each line is told; nothing of the middle ground.
_LIGHT = {"light.dark": "dark", "light.bright": "bright"}
_LOOKS = {
    "color.warm": "warm colours",
    "color.cool": "cool colours",
    "color.vivid": "vivid colours",
    "color.grey": "hardly any colour",
    "motion.high": "much motion",
    "motion.low": "hardly any motion",
    "cuts.none": "no cuts",
    "cuts.some": "cuts",
}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def objective(draft: Draft) -> str | Missing:
    """Such as "The person in the video is the only one in view, in close-up"."""
    faces = draft.seen.percepts.faces
    if isinstance(faces, Missing):
        return faces
    if not draft.seen.analysis.input.streams["video"]:
        return Missing("there are no pictures")
    return " ".join(filter(None, (_person(draft, faces), _picture(draft))))


def _person(draft: Draft, faces: Sequence[FaceTrack]) -> str:
    still = draft.seen.analysis.input.duration_s == 0
    subject = f"The person in the {'picture' if still else 'video'} is"
    own = next((f for f in faces if f.person == draft.person and len(f.times_T)), None)
    if own is None:
        return f"{subject} not in view."
    moment_s = _moment_s(draft, own)
    there = sum(_seen(face, moment_s) for face in faces)
    count = _NUMBERS[there] if there < len(_NUMBERS) else str(there)
    view = "the only one in view" if there <= 1 else f"one of {count} people in view"
    posed = [_HEAD[c.kind] for c in _clues(draft, draft.person, moment_s) if c.kind in _HEAD]
    head = f", with {phrasebook().join(list(dict.fromkeys(posed)))}" if posed else ""
    return f"{subject} {view}, {_framing(own, moment_s)}{head}."


def _picture(draft: Draft) -> str:
    kinds = {c.kind for c in _clues(draft, None, _moment_s(draft, None))}
    light = [f"is {word}" for kind, word in _LIGHT.items() if kind in kinds]
    looks = [words for kind, words in _LOOKS.items() if kind in kinds]
    has = [f"has {phrasebook().join(looks)}"] if looks else []
    told = " and ".join(light + has)
    return f"The picture {told}." if told else ""


def _framing(face: FaceTrack, moment_s: float) -> str:
    nearest = int(np.abs(face.times_T - moment_s).argmin())
    _, top, _, bottom = face.boxes_T4[nearest].tolist()
    return next((words for least, words in _DISTANCES if bottom - top >= least), _FAR)


def _seen(face: FaceTrack, moment_s: float) -> bool:
    return bool(len(face.times_T) and np.abs(face.times_T - moment_s).min() <= _NEAR_S)


def _moment_s(draft: Draft, own: FaceTrack | None) -> float:
    if not isinstance(draft.peak, Missing):
        return draft.peak.time_s
    if own is not None:
        return float(own.times_T[len(own.times_T) // 2])
    return draft.seen.analysis.input.duration_s / 2


def _clues(draft: Draft, person: str | Missing | None, moment_s: float) -> list[Clue]:
    """Clues of somebody, or of the scene, at a moment."""
    near = Span(moment_s - _NEAR_S, moment_s + _NEAR_S)
    return [
        c
        for c in draft.seen.analysis.clues
        if c.person == person
        and (c.span.end_s >= near.start_s and c.span.start_s <= near.end_s)
        and (person is not None or c.modality == "scene")
    ]
