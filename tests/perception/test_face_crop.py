"""Pictures that are a face crop, as sets of faces hand them out: the detector `whole`."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.perception.pictures import NOTHING, Pictures, actor, held, noise

from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip
from affectlens.media.opening import open_clip
from affectlens.perception.action_units import NOT_MEASURED
from affectlens.perception.aligned import aligned
from affectlens.perception.face_crop import NO_MESH, WHOLE_4, fitted, is_whole, squared
from affectlens.perception.faces import Faces, observe_faces
from affectlens.perception.observe import observe
from affectlens.perception.observers import ExpressionNet, FaceDetector, FaceMesh, Mesh, Picture
from affectlens.perception.percepts import ActionUnit, FaceTrack, Floats
from affectlens.perception.ready import ready
from affectlens.perception.settings import FaceSettings, PerceptionSettings

WHOLE = FaceSettings(detector="whole")


def small(emotion: str = "HAP", tilt_deg: float = 0.0) -> Picture:
    """An actor's face as FER2013 has faces: 48 × 48 pixels, grey."""
    turn = cv2.getRotationMatrix2D((145, 100), tilt_deg, 1)
    picture = cv2.warpAffine(actor(emotion)[12], turn, (320, 240), borderMode=1)
    face = cv2.resize(picture[45:150, 92:197], (48, 48), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    return np.asarray(np.repeat(grey[..., None], 3, 2), np.uint8)


def observed(pictures: list[Picture], *, still: bool = True) -> Faces:
    clip = Clip("crop", Path("crop"), "", 0.0, Pictures(pictures, still), NOTHING, NOTHING)
    return observe_faces(clip, WHOLE)


def track(*pictures: Picture, still: bool = True) -> FaceTrack:
    found = observed(list(pictures), still=still).tracks
    assert not isinstance(found, Missing), found
    (only,) = found
    return only


def happy(seen: FaceTrack) -> float:
    assert not isinstance(seen.expression, Missing)
    return float(seen.expression.probabilities_EL[0, seen.expression.labels.index("happy")])


@pytest.mark.parametrize("size", [(48, 48), (1, 1), (300, 20)])
def test_the_face_is_the_whole_picture_whatever_is_in_it(size: tuple[int, int]) -> None:
    detect: FaceDetector = ready("whole")  # type: ignore[assignment]
    for value in (0, 255):
        found = detect(np.full((*size, 3), value, np.uint8))
        assert found.boxes_N4.tolist() == [[0, 0, size[1], size[0]]]
        assert found.scores_N.tolist() == [1]
        assert is_whole(found.boxes_N4[0], size[1], size[0])


def test_only_a_box_from_edge_to_edge_is_the_whole_picture() -> None:
    assert is_whole(WHOLE_4)
    assert not is_whole(np.array([0, 0, 1, 0.999], np.float32))
    assert not is_whole(np.array([0.001, 0, 1, 1], np.float32))


@pytest.mark.parametrize("tilt_deg", [-30, 0, 30])
def test_a_small_face_has_mesh_action_units_and_expression(tilt_deg: float) -> None:
    found = track(small("HAP", tilt_deg))
    assert is_whole(found.boxes_T4[0])
    assert len(found.blendshapes) == 51
    assert not isinstance(found.pose_T3, Missing)
    assert found.pose_T3[0, 2] == pytest.approx(-tilt_deg, abs=12)  # clockwise is +
    smile = found.action_units["AU12"]
    assert isinstance(smile, ActionUnit)
    assert smile.intensity_T[0] > 1
    assert happy(found) > happy(track(small("NEU", tilt_deg))) + 0.05
    net: ExpressionNet = ready("face_api")  # type: ignore[assignment]
    alone = net(small("HAP", tilt_deg), np.array([0, 0, 48, 48], np.float32))
    assert happy(found) == pytest.approx(float(alone[net.labels.index("happy")]), abs=1e-6)


@dataclass(frozen=True)
class Picky:
    """A mesh that fits only where the eyes are said to be tilted one way."""

    fit: FaceMesh
    way: int  # 1: down to the right

    @property
    def blendshape_names(self) -> tuple[str, ...]:
        return self.fit.blendshape_names

    def from_detection(self, rgb_HWC: Picture, box_4: Floats, eyes_22: Floats) -> Mesh:
        mesh = self.fit.from_detection(rgb_HWC, box_4, eyes_22)
        is_so = np.sign(np.round(eyes_22[1, 1] - eyes_22[0, 1])) == self.way
        return mesh if is_so else replace(mesh, presence=0.0)

    def from_mesh(self, rgb_HWC: Picture, points_P3: Floats) -> Mesh:
        return self.fit.from_mesh(rgb_HWC, points_P3)


@pytest.mark.parametrize("way", [-1, 0, 1])
def test_a_face_that_fits_only_when_tilted_is_fitted(way: int) -> None:
    fit: FaceMesh = ready("google_mesh")  # type: ignore[assignment]
    assert not isinstance(fitted(Picky(fit, way), small()), Missing)
    assert fitted(Picky(fit, 2), small()) == NO_MESH


def test_where_no_mesh_fits_the_face_is_there_with_its_expression_alone() -> None:
    found = track(noise()[:48, :48])
    assert found.times_T.tolist() == [0.0]
    assert is_whole(found.boxes_T4[0])
    assert found.pose_T3 == found.mouth_open_T == NO_MESH
    assert found.blendshapes == {}
    assert all(found.action_units[name] == NO_MESH for name in ("AU01", "AU12", *NOT_MEASURED))
    assert not isinstance(found.expression, Missing)
    assert found.expression.probabilities_EL.shape == (1, 7)


def test_a_video_of_crops_is_one_person_with_or_without_a_mesh() -> None:
    meshed = track(*held(small(), 12), still=False)
    assert len(meshed.times_T) == 12
    bare = track(*held(noise()[:48, :48], 12), still=False)
    assert len(bare.times_T) == len(bare.boxes_T4) >= 2
    assert bare.blendshapes == {}


@pytest.mark.parametrize("picture", [small(), small("NEU", 30), noise()[:48, :48]])
def test_a_crop_is_always_given(picture: Picture) -> None:
    found = aligned(picture, WHOLE_4)
    assert not isinstance(found, Missing)
    assert found.shape == (224, 224, 3)
    assert found.std() > 10


def test_the_eyes_of_a_small_face_lie_where_those_of_a_large_one_do() -> None:
    large, little = aligned(actor("NEU")[12], np.array([0.3, 0.2, 0.62, 0.62])), small("NEU")
    one = aligned(little, WHOLE_4)
    assert not isinstance(large, Missing)
    assert not isinstance(one, Missing)
    greys = [cv2.cvtColor(two, cv2.COLOR_RGB2GRAY)[30:190, 30:190] for two in (large, one)]
    shift, _ = cv2.phaseCorrelate(*(grey.astype(np.float64) for grey in greys))
    assert max(map(abs, shift)) < 12  # of 224 pixels


def test_a_picture_that_is_not_square_is_squared_with_black() -> None:
    wide = squared(np.full((20, 40, 3), 255, np.uint8), side=80)
    assert (wide[20:60] == 255).all()
    assert (wide[:20] == 0).all()
    assert (wide[60:] == 0).all()


def test_a_grey_jpeg_of_48_pixels_goes_the_whole_way(tmp_path: Path) -> None:
    file = tmp_path / "face.jpg"
    assert cv2.imwrite(str(file), small()[..., 0])
    percepts = observe(open_clip(file), PerceptionSettings(faces=WHOLE))
    assert not isinstance(percepts.faces, Missing)
    assert percepts.faces[0].blendshapes
