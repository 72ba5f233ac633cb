"""The main person, their peak frame and their action units, or why there are none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.reasoning.scenes import RATE_HZ, face, percepts, utterance

from affectlens.analyzer.line import run_of, understand
from affectlens.analyzer.settings import Settings
from affectlens.annotation.annotation import NOT_MADE, Made, Peak
from affectlens.annotation.draft import Draft, Seen
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Recipe, Units
from affectlens.annotation.steps.peaked import peaked
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip
from affectlens.perception.percepts import ACTION_UNITS, ActionUnit, FaceTrack, Percepts
from affectlens.reasoning import rules
from affectlens.reasoning.analysis import InputFacts
from affectlens.reasoning.assemble import assemble
from affectlens.reasoning.settings import ReasoningSettings

SMILING = {"AU12": (1.0, 3.0, 3.2), "AU06": (2.0, 2.1, 2.4)}


def draft(found: Percepts, *, rate_hz: float = 25.0, frames: int | Missing = 125) -> Draft:
    """What the step before gives."""
    facts = InputFacts("a.mp4", "", 5.0, 64, 48, rate_hz, {"video": True})
    settings = Settings(model="rules")
    read = rules.build(settings.reasoning)
    clues, reading = understand(found, settings.reasoning, read)
    run = run_of(settings, "", timings_s={})
    analysis = assemble(facts, found, clues, reading, run)
    seen = Seen("k", "", found, analysis, frames, unopened)
    return Draft(
        item=Item(id="a", path=Path("a.mp4")),
        seen=seen,
        made={"read": Made(step="s", by="b", key="")},
    )


def unopened() -> Clip:
    raise AssertionError("nobody needs the file")


def peak_of(one: Draft) -> Peak:
    assert isinstance(one.peak, Peak)
    return one.peak


def test_the_peak_is_the_moment_of_the_largest_sum_with_its_frame_box_and_units() -> None:
    found = peaked(draft(percepts(faces=[face(bursts=SMILING)])), Recipe())
    peak = peak_of(found)
    assert found.person == peak.person == "P1"
    assert peak.time_s == pytest.approx(2.0)
    assert peak.frame == 50
    assert peak.method == "sum"
    assert peak.box == (0.4, 0.2, 0.6, 0.5)
    assert peak.active == ("AU06", "AU12")
    assert peak.action_units["AU12"] == 3.2
    assert peak.action_units["AU06"] == 2.4
    assert peak.action_units["AU01"] == 0.1


def test_every_measured_unit_is_told_and_no_other() -> None:
    peak = peak_of(peaked(draft(percepts(faces=[face(bursts=SMILING)])), Recipe()))
    assert set(peak.action_units) == set(ACTION_UNITS) - {"AU09"}


def test_a_blink_counts_for_the_peak_but_is_never_among_the_units_that_are_present() -> None:
    bursts = {"AU12": (1.0, 3.0, 3.2), "AU45": (4.0, 4.5, 5.0)}
    found = peaked(draft(percepts(faces=[face(bursts=bursts)])), Recipe())
    peak = peak_of(found)
    assert peak.time_s >= 4.0  # 5.0 of the blink is more than the smile's 3.2
    assert peak.action_units["AU45"] == 5.0
    assert peak.active == ()
    assert found.units == ("AU12",)


def test_units_are_those_present_for_a_while_at_any_time_and_those_of_the_peak() -> None:
    bursts = {
        "AU12": (1.0, 3.0, 3.0),
        "AU06": (2.0, 2.1, 2.0),  # two moments at the peak
        "AU01": (4.0, 4.5, 1.0),
        "AU02": (4.0, 4.1, 2.0),  # two moments elsewhere
        "AU15": (4.0, 4.5, 0.7),  # too weak
    }
    found = peaked(draft(percepts(faces=[face(bursts=bursts)])), Recipe())
    assert found.units == ("AU01", "AU06", "AU12")


def test_what_is_present_is_the_recipes_to_say() -> None:
    strict = Recipe(units=Units(present=3.0))
    found = peaked(draft(percepts(faces=[face(bursts=SMILING)])), strict)
    assert peak_of(found).active == ("AU12",)
    assert found.units == ("AU12",)


def test_the_peak_method_is_the_recipes() -> None:
    analysis = replace(Recipe().analysis, reasoning=ReasoningSettings(peak="middle"))
    found = peaked(draft(percepts(faces=[face()])), Recipe(analysis=analysis))
    assert peak_of(found).method == "middle"
    assert peak_of(found).time_s == pytest.approx(31 / RATE_HZ)


def test_a_still_image_has_frame_0_and_the_units_of_its_only_moment() -> None:
    still = face(duration_s=0.0, bursts={"AU12": (0.0, 0.0, 3.0)})
    found = peaked(draft(percepts(faces=[still]), rate_hz=0.0, frames=1), Recipe())
    assert (peak_of(found).frame, peak_of(found).time_s) == (0, 0.0)
    assert found.units == peak_of(found).active == ("AU12",)


@pytest.mark.parametrize("rate_hz", [24000 / 1001, 25.0, 30000 / 1001, 60.0])
def test_the_frame_is_exact_at_a_constant_rate(rate_hz: float) -> None:
    for number in (0, 1, 7, 1000, 86399):
        whole = face(bursts={"AU12": (0.0, 9.0, 3.0)})
        late = replace(whole, times_T=whole.times_T + number / rate_hz)
        found = peaked(draft(percepts(faces=[late]), rate_hz=rate_hz, frames=10**6), Recipe())
        assert peak_of(found).frame == number


def test_there_is_no_frame_after_the_last() -> None:
    found = peaked(draft(percepts(faces=[face(bursts=SMILING)]), frames=40), Recipe())
    assert peak_of(found).frame == 39


def test_the_main_person_is_the_one_whom_the_analysis_weighs_most() -> None:
    brief = face("P1", duration_s=1.0)
    long_ = face("P2", bursts=SMILING)
    found = peaked(draft(percepts(faces=[brief, long_])), Recipe())
    assert found.person == peak_of(found).person == "P2"


def test_sound_alone_has_a_person_but_no_peak() -> None:
    found = peaked(draft(percepts(utterances=[utterance(0.0, 2.0, "V1")])), Recipe())
    assert found.person == "V1"
    assert found.peak == found.units == Missing("the input has no video")


def test_a_voice_without_a_face_has_no_peak_though_others_are_seen() -> None:
    seen = percepts(faces=[face("P1", duration_s=1.0)], utterances=[utterance(0.0, 4.0, "V1")])
    found = peaked(draft(seen), Recipe())
    assert found.person == "V1"
    assert found.peak == found.units == Missing("V1 was heard, not seen")


def test_nobody_has_a_reason() -> None:
    found = peaked(draft(percepts()), Recipe())
    for value in (found.person, found.peak, found.units):
        assert isinstance(value, Missing)
        assert value != NOT_MADE
    assert isinstance(found.person, Missing)
    assert "nobody was seen or heard" in found.person.reason
    assert "person" not in found.made


def unmeasured() -> FaceTrack:
    return replace(face(), action_units=dict.fromkeys(ACTION_UNITS, Missing("no mesh")))


def test_a_face_without_action_units_has_no_peak_by_them() -> None:
    found = peaked(draft(percepts(faces=[unmeasured()])), Recipe())
    assert found.peak == found.units == Missing("no action unit of P1 was measured")


def test_what_was_made_says_by_whom_and_of_what() -> None:
    one = draft(percepts(faces=[face(bursts=SMILING)]))
    made = peaked(one, Recipe()).made
    assert set(made) == {"person", "peak", "units", "read"}
    assert "sum" in made["peak"].by
    strict = peaked(one, Recipe(units=Units(present=3.0))).made
    assert strict["person"].key == made["person"].key
    assert strict["units"].key != made["units"].key


def test_intensities_of_exactly_the_threshold_are_present() -> None:
    track = face(bursts={"AU12": (1.0, 3.0, 0.8)})
    unit = track.action_units["AU12"]
    assert isinstance(unit, ActionUnit)
    assert unit.intensity_T.dtype == np.float32
    assert peak_of(peaked(draft(percepts(faces=[track])), Recipe())).active == ("AU12",)
