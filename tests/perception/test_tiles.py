"""Small faces in large stills, told once each and in pixels of the whole."""

import cv2
import numpy as np
import pytest
from tests.perception.pictures import Picture, actor, landscape

from affectlens.perception.observers import Detections, FaceDetector
from affectlens.perception.ready import ready
from affectlens.perception.tiles import TiledDetector


class Markers:
    """Finds white squares."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def __call__(self, rgb_HWC: Picture) -> Detections:
        self.sizes.append(rgb_HWC.shape[:2])
        white_HW = (rgb_HWC.min(2) == 255).astype(np.uint8)
        squares = cv2.connectedComponentsWithStats(white_HW)[2][1:]  # left, top, width, height
        boxes = [[x, y, x + across, y + down] for x, y, across, down, _ in squares]
        boxes_N4 = np.array(boxes, np.float32).reshape(-1, 4)
        return Detections(boxes_N4, np.ones(len(boxes), np.float32), boxes_N4.reshape(-1, 2, 2))


def test_a_small_still_is_looked_at_once() -> None:
    detect = Markers()
    TiledDetector(detect)(landscape(600, 999))
    assert detect.sizes == [(600, 999)]


@pytest.mark.parametrize(("height", "width"), [(1200, 1800), (1800, 1200), (300, 2000)])
def test_tiles_cover_a_large_still_and_overlap(height: int, width: int) -> None:
    seen = np.zeros((height, width), int)

    class Cover:
        def __call__(self, rgb_HWC: Picture) -> Detections:
            if rgb_HWC.shape[:2] != (height, width):
                seen[rgb_HWC[..., 0].astype(int) * 8, rgb_HWC[..., 1].astype(int) * 8] += 1
            none = np.zeros((0, 4), np.float32)
            return Detections(none, none[:, 0], none.reshape(-1, 2, 2))

    ys, xs = np.mgrid[0:height, 0:width]
    TiledDetector(Cover())(np.stack([ys // 8, xs // 8, xs * 0], -1).astype(np.uint8))
    assert (seen[0:height:8, 0:width:8] >= 1).all()
    assert (seen[0:height:8, 0:width:8] > seen.min()).any()


def test_what_two_tiles_see_is_told_once_in_pixels_of_the_whole() -> None:
    picture = np.zeros((1000, 1500, 3), np.uint8)
    for x, y in ((120, 130), (720, 430), (1420, 930)):
        picture[y : y + 40, x : x + 40] = 255
    found = TiledDetector(Markers())(picture)
    corners = sorted((int(box[0]), int(box[1])) for box in found.boxes_N4)
    assert corners == [(120, 130), (720, 430), (1420, 930)]


def test_the_frames_of_a_sample_clip_have_one_face_with_and_without_tiles() -> None:
    large = np.repeat(np.repeat(actor("NEU")[0], 4, 0), 4, 1)
    detect: FaceDetector = ready("blazeface")  # type: ignore[assignment]
    assert len(TiledDetector(detect)(large).boxes_N4) == len(detect(large).boxes_N4) == 1
