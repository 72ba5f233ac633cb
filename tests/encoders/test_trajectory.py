"""Measures of a face and their rows: fixed columns, what was not measured is told apart from 0."""

# T moments, K columns

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.encoders.made_clips import NOTHING, clip, film, percepts, track

from affectlens.encoders import showing
from affectlens.encoders.backends import trajectory
from affectlens.encoders.encode import encode
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.encoders.measuring import PARTS, measures
from affectlens.encoders.store import FeatureStore
from affectlens.encoders.view import Measures, View
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import use
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import ActionUnit, Expression, FaceTrack

CPU = Place(device="cpu")
NAMES = [(part, name) for part, names in PARTS.items() for name in names]
SOURCE = Source(use("trajectory"), View(of="measures"), "measures")


def full(count: int = 40) -> FaceTrack:
    """A track of which everything but AU09 was measured."""
    ramp_T = np.linspace(0, 1, count, dtype=np.float32)
    shapes = {name: ramp_T * np.float32(n / 51) for n, name in enumerate(PARTS["shapes"])}
    units = {name: ActionUnit(5 * ramp_T, "good") for name in PARTS["units"] if name != "AU09"}
    return replace(
        track("P1", 0, count=count),
        pose_T3=np.stack([45 * ramp_T, -45 * ramp_T, 0 * ramp_T], axis=1),
        mouth_open_T=ramp_T * np.float32(0.5),
        blendshapes=shapes,
        action_units={**units, "AU09": NOTHING},
        expression=Expression(("happy", "sad"), np.array([1.0, 3.0]), np.eye(2, dtype=np.float32)),
    )


def measured(*tracks: FaceTrack, **which: object) -> Measures:
    found = measures(percepts(*tracks), **which)  # type: ignore[arg-type]
    assert isinstance(found, Measures), found
    return found


def rows(shown: Measures, **settings: object) -> Features:
    net = trajectory.build(trajectory.Config(**settings), CPU)  # type: ignore[arg-type]
    return net(shown)["measures"]


def test_columns_stay_where_trained_weights_look_for_them() -> None:
    sizes = {part: len(names) for part, names in PARTS.items()}
    assert sizes == {"units": 17, "shapes": 51, "pose": 3, "mouth": 1, "expression": 7}
    assert [NAMES.index(one) for one in (("units", "AU12"), ("shapes", "jawOpen"))] == [8, 41]
    assert trajectory.outputs(trajectory.Config()) == {"measures": 158}


def test_each_measure_stands_in_its_column() -> None:
    found = measured(full())
    last = dict(zip(NAMES, found.values_TK[-1].tolist(), strict=True))
    assert last["units", "AU12"] == 5
    assert last["shapes", "noseSneerRight"] == pytest.approx(50 / 51)
    assert [last["pose", name] for name in PARTS["pose"]] == [45, -45, 0]
    assert last["mouth", "mouth_open"] == 0.5
    assert last["expression", "sad"] == 1


def test_between_the_expression_nets_looks_it_is_filled_in() -> None:
    found = measured(full())
    happy_T = found.values_TK[:, NAMES.index(("expression", "happy"))]
    assert happy_T[[0, 10, 20, 30, 39]].tolist() == pytest.approx([1, 1, 0.5, 0, 0])


def test_what_was_not_measured_is_told_apart_from_a_face_at_rest() -> None:
    found = measured(full())
    absent = {name for name, there in zip(NAMES, found.present_TK[0], strict=True) if not there}
    others = {("expression", name) for name in PARTS["expression"] if name not in ("happy", "sad")}
    assert absent == {("units", "AU09")} | others
    given = rows(found).values_TD
    at, columns = NAMES.index(("units", "AU09")), len(NAMES)
    assert (given[0, at], given[0, columns + at]) == (0, 0)
    rest = NAMES.index(("pose", "roll"))
    assert (given[0, rest], given[0, columns + rest]) == (0, 1)


def test_a_moment_without_a_number_does_not_count_in_its_row() -> None:
    seen = full()
    assert not isinstance(seen.mouth_open_T, Missing)
    mouth_T = seen.mouth_open_T.copy()
    mouth_T[0] = np.nan
    given = rows(measured(replace(seen, mouth_open_T=mouth_T)), rows=20).values_TD
    at = NAMES.index(("mouth", "mouth_open"))
    assert given[0, at] == pytest.approx(mouth_T[1] / 0.5)
    assert given[0, len(NAMES) + at] == 0.5


def test_a_row_is_the_mean_of_its_sixteenth() -> None:
    given = rows(measured(full(48)))
    assert len(given.values_TD) == 16
    ramp = np.linspace(0, 1, 48).reshape(16, 3).mean(1)
    np.testing.assert_allclose(given.values_TD[:, NAMES.index(("units", "AU01"))], ramp, atol=1e-6)
    np.testing.assert_allclose(given.times_T, np.arange(48).reshape(16, 3).mean(1) / 10)


@pytest.mark.parametrize("count", [1, 5, 16, 17])
def test_fewer_moments_are_fewer_rows(count: int) -> None:
    assert len(rows(measured(full(count))).times_T) == min(count, 16)


def test_only_chosen_parts_are_given() -> None:
    given = rows(measured(full()), parts=("mouth", "pose")).values_TD
    assert given.shape == (16, 8)
    assert given[-1, :3] == pytest.approx([1, 1, -1], abs=0.05)
    with pytest.raises(ConfigError, match="units"):
        trajectory.Config(parts=("eyes",))


def test_it_is_of_one_person_and_within_a_span() -> None:
    other = replace(full(), person="P2", mouth_open_T=np.full(40, 3, np.float32))
    found = measured(full(), other, person="P2", span=Span(1.0, 2.0))
    assert found.times_T[[0, -1]].tolist() == [1.0, 2.0]
    assert found.values_TK[:, NAMES.index(("mouth", "mouth_open"))].tolist() == [3.0] * 11


def test_nobody_and_nothing_measured_are_missing_with_the_reason() -> None:
    assert measures(percepts()) == Missing("no face was seen")
    assert measures(percepts(full()), person="P3") == Missing("no face of P3 was seen")
    bare = replace(track("P1", 7), action_units={})
    assert measures(percepts(bare)) == Missing("nothing was measured of the face of P1")


def test_encode_gives_it_without_pictures_and_does_not_store_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoded(*_: object) -> None:
        pytest.fail("a picture was decoded")

    monkeypatch.setattr(showing, "show", decoded)
    streams = {"moves": (SOURCE,)}
    store = FeatureStore(tmp_path)
    first = encode(streams, clip(film(40)), percepts(full()), place=CPU, store=store)
    # The same file observed anew may give other measures.
    other = encode(streams, clip(film(40)), percepts(full(20)), place=CPU, store=store)
    kept, anew = first["moves"], other["moves"]
    assert not isinstance(kept, Missing)
    assert not isinstance(anew, Missing)
    assert not np.array_equal(kept[0].values_TD, anew[0].values_TD)
    assert not list(tmp_path.iterdir())
    nobody = encode(streams, clip(film(40)), percepts(), place=CPU)
    assert nobody == {"moves": Missing("no face was seen")}


@pytest.mark.parametrize(("name", "of"), [("trajectory", "faces"), ("mae", "measures")])
def test_measures_are_for_encoders_of_measures_and_pictures_for_others(name: str, of: str) -> None:
    source = Source(use(name), View(of=of), "measures" if name == "trajectory" else "pooled")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="its view is of"):
        encode({"moves": (source,)}, clip(film(4)), percepts(), place=CPU)
