"""What every backend that sees faces must keep, whichever it is."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.perception.pictures import Picture, actor, landscape, noise

from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.missing import Missing
from affectlens.perception.observers import ExpressionNet, FaceDetector, FaceMesh
from affectlens.perception.ready import ready

DETECTORS = ("blazeface",)
MESHES = ("google_mesh",)
EXPRESSIONS = ("face_api",)
FACE = np.array([95, 50, 195, 150], np.float32)  # the actor's, by eye, with some room
ODD = {
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "a line": np.zeros((2, 500, 3), np.uint8),
    "a column": np.zeros((500, 2, 3), np.uint8),
    "black": np.zeros((120, 160, 3), np.uint8),
    "white": np.full((120, 160, 3), 255, np.uint8),
    "noise": noise(),
    "landscape": landscape(),
}
MULTI = Path(__file__).parents[3] / "shared" / "media" / "multi_face.jpg"


def built(name: str) -> object:
    """The backend; skips the test where it cannot run."""
    found = ready(name)
    if isinstance(found, Missing):
        pytest.skip(found.reason)
    return found


@pytest.mark.parametrize("picture", ODD)
@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_finds_nothing_where_there_is_nothing(name: str, picture: str) -> None:
    detect: FaceDetector = built(name)  # type: ignore[assignment]
    found = detect(ODD[picture])
    assert found.boxes_N4.shape == (0, 4)
    assert (found.scores_N.shape, found.eyes_N22.shape) == ((0,), (0, 2, 2))


@pytest.mark.parametrize("zoom", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_puts_a_box_and_two_eyes_on_a_face_of_any_size(name: str, zoom: float) -> None:
    detect: FaceDetector = built(name)  # type: ignore[assignment]
    found = detect(_zoomed(actor("NEU")[0], zoom))
    assert found.scores_N.shape == (1,)
    assert 0 < found.scores_N[0] <= 1
    left, top, right, bottom = found.boxes_N4[0] / zoom
    assert (left, right) == (pytest.approx(FACE[0], abs=20), pytest.approx(FACE[2], abs=20))
    (x0, y0), (x1, y1) = found.eyes_N22[0] / zoom
    assert left < x0 < (left + right) / 2 < x1 < right
    assert top < min(y0, y1) <= max(y0, y1) < (top + bottom) / 2 + 5


@pytest.mark.shared
@pytest.mark.skipif(not MULTI.is_file(), reason="the team's ../shared/media is not here")
@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_finds_each_of_several_faces_once_the_surest_first(name: str) -> None:
    detect: FaceDetector = built(name)  # type: ignore[assignment]
    found = detect(cv2.cvtColor(cv2.imread(str(MULTI)), cv2.COLOR_BGR2RGB))
    assert len(found.scores_N) == 5
    assert (np.diff(found.scores_N) <= 0).all()


@pytest.mark.parametrize("name", MESHES)
def test_a_mesh_lies_on_its_face_and_stays_there(name: str) -> None:
    fit: FaceMesh = built(name)  # type: ignore[assignment]
    picture, eyes_22 = actor("NEU")[0], np.array([[125, 85], [165, 85]], np.float32)
    mesh = fit.from_detection(picture, FACE, eyes_22)
    for _ in range(3):
        mesh = fit.from_mesh(picture, mesh.points_P3)
    again = fit.from_mesh(picture, mesh.points_P3)
    assert mesh.presence > 0.9
    assert mesh.points_P3.shape == (478, 3)
    assert np.abs(again.points_P3 - mesh.points_P3)[:, :2].max() < 2
    low, high = mesh.points_P3[:, :2].min(0), mesh.points_P3[:, :2].max(0)
    assert (low > FACE[:2] - 25).all()
    assert (high < FACE[2:] + 25).all()
    assert mesh.blendshapes.shape == (len(fit.blendshape_names),) == (52,)
    assert ((mesh.blendshapes >= 0) & (mesh.blendshapes <= 1)).all()
    assert fit.blendshape_names == tuple(dict.fromkeys(fit.blendshape_names))


@pytest.mark.parametrize("angle", [-30, 30])
@pytest.mark.parametrize("name", MESHES)
def test_a_mesh_follows_a_head_that_is_tilted(name: str, angle: int) -> None:
    fit: FaceMesh = built(name)  # type: ignore[assignment]
    turn = cv2.getRotationMatrix2D((145, 100), -angle, 1)  # OpenCV turns against the clock
    picture = cv2.warpAffine(actor("NEU")[0], turn, (320, 240), borderMode=1)
    eyes_22 = np.array([[125, 85], [165, 85]]) @ turn[:, :2].T + turn[:, 2]
    mesh = fit.from_detection(picture, FACE, eyes_22.astype(np.float32))
    mesh = fit.from_mesh(picture, mesh.points_P3)
    across, down = (mesh.points_P3[263] - mesh.points_P3[33])[:2]
    assert mesh.presence > 0.9
    assert np.degrees(np.arctan2(down, across)) == pytest.approx(angle, abs=6)


@pytest.mark.parametrize("picture", ODD)
@pytest.mark.parametrize("name", MESHES)
def test_a_mesh_is_not_sure_of_a_face_where_there_is_none(name: str, picture: str) -> None:
    fit: FaceMesh = built(name)  # type: ignore[assignment]
    height, width = ODD[picture].shape[:2]
    box_4 = np.array([0, 0, width, height], np.float32)
    eyes_22 = np.array([[0.3 * width, 0.4 * height], [0.7 * width, 0.4 * height]], np.float32)
    mesh = fit.from_detection(ODD[picture], box_4, eyes_22)
    assert mesh.presence < 0.5
    assert np.isfinite(mesh.points_P3).all()


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_net_speaks_our_words_and_its_shares_sum_to_one(name: str) -> None:
    express: ExpressionNet = built(name)  # type: ignore[assignment]
    assert set(express.labels) <= set(DFEW7.labels)
    for picture in (actor("HAP")[10], noise()):
        shares = express(picture, FACE)
        assert shares.shape == (len(express.labels),)
        assert (shares >= 0).all()
        assert shares.sum() == pytest.approx(1, abs=1e-4)
        assert np.array_equal(shares, express(picture, FACE))


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_net_sees_more_happiness_in_a_smile(name: str) -> None:
    express: ExpressionNet = built(name)  # type: ignore[assignment]
    happy = express.labels.index("happy")
    smile = max(express(picture, FACE)[happy] for picture in actor("HAP"))
    neutral = np.median([express(picture, FACE)[happy] for picture in actor("NEU")])
    assert smile > neutral + 0.3


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_net_takes_boxes_that_leave_the_picture(name: str) -> None:
    express: ExpressionNet = built(name)  # type: ignore[assignment]
    for box in ((-50, -50, 100, 100), (250, 200, 400, 300), (10, 10, 11, 200)):
        assert np.isfinite(express(actor("NEU")[0], np.array(box, np.float32))).all()


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("mesh", MESHES)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_two_threads_see_what_one_sees(detector: str, mesh: str, expression: str) -> None:
    detect: FaceDetector = built(detector)  # type: ignore[assignment]
    fit: FaceMesh = built(mesh)  # type: ignore[assignment]
    express: ExpressionNet = built(expression)  # type: ignore[assignment]

    def see(pictures: Sequence[Picture]) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        numbers = []
        for picture in pictures:
            found = detect(picture)
            shape = fit.from_detection(picture, found.boxes_N4[0], found.eyes_N22[0])
            shares = express(picture, found.boxes_N4[0])
            numbers += [found.boxes_N4, shape.points_P3, shape.blendshapes, shares]
        return numbers

    clips = [actor("HAP")[:12], actor("ANG")[:12]] * 2
    alone = [see(pictures) for pictures in clips]
    with ThreadPoolExecutor(len(clips)) as threads:
        together = list(threads.map(see, clips))
    for one, other in zip(alone, together, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _zoomed(picture: Picture, zoom: float) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=zoom, fy=zoom), np.uint8)
