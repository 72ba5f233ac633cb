"""Any face detector on a large still: the whole picture, then overlapping tiles of it."""

# H height, W width, N faces

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from affectlens.perception.observers import Detections, FaceDetector, Picture
from affectlens.perception.percepts import Floats

_FROM_SIDE = 1000  # pixels; in smaller pictures a face that a tile would add is too small to read
_TILES = 2.5  # tile sides along the longer side; they overlap by half
_EDGE = 0.02  # share of a tile; what touches an inner edge is cut there, and whole in the next tile


@dataclass(frozen=True, slots=True)
class TiledDetector:
    """Finds the small faces of a group photograph, too."""

    detect: FaceDetector

    def __call__(self, rgb_HWC: Picture) -> Detections:
        """Every face of a picture; one that was found twice is told once."""
        whole = self.detect(rgb_HWC)
        if max(rgb_HWC.shape[:2]) < _FROM_SIDE:
            return whole
        found = whole
        for left, top, tile_HWC in _tiles(rgb_HWC):
            found = _joined(found, self._in_tile(tile_HWC, left, top, rgb_HWC.shape[:2]))
        order_N = np.argsort(-found.scores_N, kind="stable")
        return _some(found, order_N)

    def _in_tile(self, tile_HWC: Picture, left: int, top: int, size: tuple[int, ...]) -> Detections:
        """What one tile shows whole, in pixels of the picture."""
        found = self.detect(tile_HWC)
        down, across = tile_HWC.shape[:2]
        margin = _EDGE * max(down, across)
        low_2 = np.array([margin if left else -np.inf, margin if top else -np.inf])
        high_2 = np.array(
            [
                across - margin if left + across < size[1] else np.inf,
                down - margin if top + down < size[0] else np.inf,
            ]
        )
        boxes_N4 = found.boxes_N4
        whole_N = (boxes_N4[:, :2] >= low_2).all(1) & (boxes_N4[:, 2:] <= high_2).all(1)
        offset_2 = np.array([left, top], np.float32)
        moved = Detections(
            boxes_N4 + np.tile(offset_2, 2), found.scores_N, found.eyes_N22 + offset_2
        )
        return _some(moved, np.flatnonzero(whole_N))


def _tiles(rgb_HWC: Picture) -> Iterator[tuple[int, int, Picture]]:
    """Left and top in pixels and the tile itself."""
    height, width = rgb_HWC.shape[:2]
    side = int(max(height, width) / _TILES)
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, rgb_HWC[top : top + side, left : left + side]


def _starts(length: int, side: int) -> list[int]:
    """Evenly spread starts, half a side apart or closer, from one end to the other."""
    room = max(0, length - side)
    count = int(np.ceil(2 * room / side)) + 1
    return [round(start) for start in np.linspace(0, room, count)]


def _joined(one: Detections, other: Detections) -> Detections:
    """Both, without those of the other that lie on a face of the one."""
    middles_N2 = (other.boxes_N4[:, :2] + other.boxes_N4[:, 2:]) / 2
    new = [i for i, middle_2 in enumerate(middles_N2) if not _covered(middle_2, one.boxes_N4)]
    more = _some(other, np.array(new, np.int64))
    return Detections(
        np.concatenate([one.boxes_N4, more.boxes_N4]),
        np.concatenate([one.scores_N, more.scores_N]),
        np.concatenate([one.eyes_N22, more.eyes_N22]),
    )


def _covered(point_2: Floats, boxes_N4: Floats) -> bool:
    return bool(((point_2 >= boxes_N4[:, :2]) & (point_2 <= boxes_N4[:, 2:])).all(1).any())


def _some(found: Detections, chosen: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Detections:
    return Detections(found.boxes_N4[chosen], found.scores_N[chosen], found.eyes_N22[chosen])
