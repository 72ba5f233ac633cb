"""`Album`: the faces that several windows of one clip show, found in one pass over its pictures.

Each look into a film starts a decoder and skips to the moment; a clip that is read window by window
would be decoded as often. An album stands in place of `showing.show` in `encode`.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from affectlens.encoders import showing
from affectlens.encoders.view import Pictures, Plan, Waves
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip, Frame
from affectlens.perception.aligned import aligned

_ROOM_BYTES = 128 * 2**20  # of pictures that are held at a time

_Key = tuple[float, tuple[float, float, float, float]]  # a moment, and the box of a face


class Album:
    """Looks at faces once for all plans that are known; everything else is shown as ever."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        """Nothing is decoded before the first face is asked for."""
        self._wanted = {key: None for plan in plans for key in _keys(plan)}
        self._faces: dict[_Key, Frame | Missing] | None = None

    def __call__(self, clip: Clip, plan: Plan) -> Pictures | Waves | Missing:
        """What the plan names; raises as `showing.show`."""
        keys = list(_keys(plan))
        if not keys or not self._wanted.keys() >= set(keys) or isinstance(clip.video, Missing):
            return showing.show(clip, plan)
        if self._faces is None:
            try:
                self._faces = dict(_look(clip, list(self._wanted)))
            except InputError:  # damaged somewhere: each window may still have its faces
                self._wanted = {}
                return showing.show(clip, plan)
        found = [self._faces[key] for key in keys]
        frames = [one for one in found if not isinstance(one, Missing)]
        if not frames:
            return next(one for one in found if isinstance(one, Missing))
        return Pictures(
            np.stack([frame.rgb_HWC for frame in frames]),
            np.array([frame.time_s for frame in frames], np.float64),
        )


def _keys(plan: Plan) -> Iterator[_Key]:
    if plan.of == "faces":
        yield from zip(plan.times_s, plan.boxes, strict=True)


def _look(clip: Clip, keys: Sequence[_Key]) -> Iterator[tuple[_Key, Frame | Missing]]:
    """Each face, as many moments at a time as there is room for their pictures."""
    assert not isinstance(clip.video, Missing)
    times = sorted({time_s for time_s, _ in keys})
    size = max(1, _ROOM_BYTES // max(1, 3 * clip.video.width * clip.video.height))
    boxes: dict[float, list[_Key]] = {}
    for key in keys:
        boxes.setdefault(key[0], []).append(key)
    for first in range(0, len(times), size):
        part = times[first : first + size]
        for time_s, frame in zip(part, clip.video.at(part), strict=True):
            for key in boxes[time_s]:
                face = aligned(frame.rgb_HWC, np.array(key[1], np.float32))
                yield key, face if isinstance(face, Missing) else Frame(frame.time_s, face)
