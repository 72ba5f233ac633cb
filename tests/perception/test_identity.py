"""Who is taken for whom, by shape and colours alone."""

# P points of the mesh

import cv2
import numpy as np
from tests.perception.pictures import Picture, actor, somebody_else, tracks

from affectlens.perception import identity
from affectlens.perception.observers import FaceDetector, FaceMesh, Mesh
from affectlens.perception.ready import ready


def mesh_of(rgb_HWC: Picture) -> Mesh:
    detect: FaceDetector = ready("blazeface")  # type: ignore[assignment]
    fit: FaceMesh = ready("google_mesh")  # type: ignore[assignment]
    found = detect(rgb_HWC)
    mesh = fit.from_detection(rgb_HWC, found.boxes_N4[0], found.eyes_N22[0])
    return fit.from_mesh(rgb_HWC, mesh.points_P3)


def looks_of(*pictures: Picture) -> identity.Appearance:
    return identity.appearance(
        [identity.look(rgb_HWC, mesh_of(rgb_HWC).points_P3, 0.0) for rgb_HWC in pictures]
    )


def test_one_person_looks_the_same_in_other_places_sizes_and_light() -> None:
    usual = looks_of(*actor("NEU")[::5])
    picture: Picture = actor("ANG")[3]
    nearer = cv2.resize(picture[20:200, 50:290], (320, 240))
    darker = (picture * 0.75).astype(np.uint8)
    tilted = cv2.warpAffine(
        picture, cv2.getRotationMatrix2D((160, 120), 6, 1), (320, 240), borderMode=1
    )
    for other in (nearer, darker, tilted):
        assert identity.distance(usual, looks_of(other)) < 1


def test_another_shape_and_colour_is_another_person() -> None:
    pictures = actor("NEU")[::5]
    other = looks_of(*(somebody_else(picture) for picture in pictures))
    assert identity.distance(looks_of(*pictures), other) > 1


def test_a_face_that_is_turned_away_is_compared_by_its_colours() -> None:
    points_P3 = mesh_of(actor("NEU")[0]).points_P3
    turned = identity.appearance([identity.look(actor("NEU")[0], points_P3, 60.0)])
    green = actor("NEU")[0].copy()
    green[140:] = (20, 200, 20)
    assert identity.distance(turned, looks_of(actor("NEU")[5])) < 1
    assert identity.distance(turned, looks_of(green)) > 1


def test_distance_is_the_same_both_ways_and_zero_to_oneself() -> None:
    one, other = looks_of(actor("NEU")[0]), looks_of(actor("HAP")[10])
    assert identity.distance(one, other) == identity.distance(other, one)
    assert identity.distance(one, one) == 0


def test_six_clips_of_one_actor_cut_together_show_one_person() -> None:
    emotions = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
    montage = [picture for emotion in emotions for picture in actor(emotion)[:16]]
    (track,) = tracks(montage)
    assert track.person == "P1"
    assert len(track.times_T) > 0.95 * len(montage)
