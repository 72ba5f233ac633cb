"""What action units promise, on blendshapes made up for the purpose and on real faces."""

# T moments

import numpy as np
import pytest
from tests.perception.pictures import actor, held, tracks

from affectlens.foundation.missing import Missing
from affectlens.perception.action_units import BROW_HEIGHT, UNITS, action_units
from affectlens.perception.backends.google_mesh import BLENDSHAPES
from affectlens.perception.percepts import ACTION_UNITS, ActionUnit, Floats


def at_rest(count: int = 40) -> dict[str, Floats]:
    """A neutral face."""
    shapes = {name: np.full(count, 0.002, np.float32) for name in BLENDSHAPES}
    return shapes | {BROW_HEIGHT: np.full(count, 0.25, np.float32)}


def raised(names: tuple[str, ...], level: float, share: float = 1.0) -> dict[str, Floats]:
    """A neutral face that holds some blendshapes for a share of the time."""
    shapes = at_rest()
    for name in names:
        shapes[name][: round(share * len(shapes[name]))] = level
    return shapes


def intensity(shapes: dict[str, Floats], name: str, *, still: bool = False) -> Floats:
    unit = action_units(shapes, still=still)[name]
    assert isinstance(unit, ActionUnit)
    return unit.intensity_T


def test_every_unit_is_named_once_measured_or_missing_with_a_reason() -> None:
    units = action_units(at_rest(), still=False)
    assert tuple(units) == ACTION_UNITS
    missing = {name for name, unit in units.items() if isinstance(unit, Missing)}
    assert missing == {"AU09"}
    assert missing | set(UNITS) == set(ACTION_UNITS)


@pytest.mark.parametrize("still", [True, False])
def test_a_face_at_rest_does_nothing(still: bool) -> None:
    for unit in action_units(at_rest(), still=still).values():
        if isinstance(unit, ActionUnit):
            assert (unit.intensity_T < 0.5).all()


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_intensities_stay_between_0_and_5_whatever_the_blendshapes(value: float) -> None:
    shapes = {name: np.full(20, value, np.float32) for name in (*BLENDSHAPES, BROW_HEIGHT)}
    for unit in action_units(shapes, still=False).values():
        if isinstance(unit, ActionUnit):
            assert ((unit.intensity_T >= 0) & (unit.intensity_T <= 5)).all()


SMILE = ("mouthSmileLeft", "mouthSmileRight")


def test_a_smile_that_lasts_through_the_clip_is_still_a_smile() -> None:
    assert (intensity(raised(SMILE, 0.6), "AU12") > 2).all()


def test_a_smile_for_a_moment_stands_out_from_the_persons_own_rest() -> None:
    smile_T = intensity(raised(SMILE, 0.6, share=0.4), "AU12")
    assert smile_T[5] > 2.5
    assert smile_T[-5] < 0.5


def test_pressed_lips_that_last_through_the_clip_are_how_the_face_rests() -> None:
    lips = ("mouthPressLeft", "mouthPressRight")
    assert (intensity(raised(lips, 0.25), "AU23") < 0.5).all()
    assert intensity(raised(lips, 0.4, share=0.4), "AU23")[5] > 2


def test_a_still_has_no_rest_of_its_own() -> None:
    squint = ("eyeSquintLeft", "eyeSquintRight")
    one = {name: values[:1] for name, values in raised(squint, 0.5).items()}
    assert intensity(one, "AU07", still=True)[0] > 1
    assert intensity(raised(squint, 0.5), "AU07")[5] < 0.5


def test_lowered_brows_count_by_their_place_too() -> None:
    low = at_rest(1) | {BROW_HEIGHT: np.array([0.17], np.float32)}
    assert intensity(low, "AU04", still=True)[0] > 2


def test_cheeks_are_raised_only_with_a_smile() -> None:
    squint = ("eyeSquintLeft", "eyeSquintRight")
    assert (intensity(raised(squint, 0.6), "AU06") < 0.1).all()
    assert (intensity(raised((*squint, *SMILE), 0.6), "AU06") > 2).all()


def test_an_actor_who_is_asked_for_happiness_smiles_more_than_one_asked_for_neutral() -> None:
    happy, neutral = tracks(actor("HAP"))[0], tracks(actor("NEU"))[0]
    for name in ("AU06", "AU12"):
        more, less = happy.action_units[name], neutral.action_units[name]
        assert isinstance(more, ActionUnit)
        assert isinstance(less, ActionUnit)
        assert more.intensity_T.mean() > less.intensity_T.mean() + 1


def test_a_neutral_face_that_is_held_does_next_to_nothing() -> None:
    (track,) = tracks(held(actor("NEU")[12]))
    for name, unit in track.action_units.items():
        if isinstance(unit, ActionUnit):
            assert np.median(unit.intensity_T) < 1, name
