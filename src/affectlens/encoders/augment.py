"""Changed copies of what an encoder is shown: other rooms, lines, lights and cameras.

What a copy is hangs on nothing but what is shown and a seed. A change is drawn once and holds for
all pictures, or all segments, of one clip.
"""

# S samples

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from affectlens.encoders.changed_pictures import PICTURES
from affectlens.encoders.changed_sound import LENGTHS, SILENCE, SOUNDS, Sound
from affectlens.encoders.view import Pictures, Waves

VERSION = 1  # raised when a seed gives another copy

_Change = Callable[[Any], Any]
_Kind = tuple[float, Callable[[np.random.Generator], _Change]]  # its chance, and how it is drawn


def augmented(shown: Pictures | Waves, seed: int) -> Pictures | Waves:
    """The copy of a number; silence stays as it is."""
    rng = np.random.default_rng(seed)
    if isinstance(shown, Waves):
        whole = len(shown.samples_NS) == 1  # segments keep their length
        steps = _drawn((*LENGTHS, *SOUNDS) if whole else SOUNDS, rng)
        return Waves(tuple(_heard(one, steps) for one in shown.samples_NS), shown.times_N)
    steps = _drawn(PICTURES, rng)
    return Pictures(np.stack([_after(one, steps) for one in shown.rgb_THWC]), shown.times_T)


def _drawn(kinds: Sequence[_Kind], rng: np.random.Generator) -> list[_Change]:
    return [draw(rng) for chance, draw in kinds if rng.random() < chance]


def _heard(samples_S: Sound, steps: Sequence[_Change]) -> Sound:
    if np.abs(samples_S).max(initial=0) < SILENCE:
        return samples_S
    return np.asarray(_after(samples_S, steps), np.float32)


def _after(one: Any, steps: Sequence[_Change]) -> Any:
    for step in steps:
        one = step(one)
    return one
