"""Notes along time that never overlap."""

from dataclasses import replace
from itertools import pairwise

from tests.reasoning.render.samples import nobody, still, two_people

from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import Said
from affectlens.reasoning.tiers import MOMENT_MS, Note, length_ms, tiers


def test_a_note_ends_where_the_next_begins_and_those_that_start_together_are_one() -> None:
    said = (
        Said(Span(0.0, 5.0), None, "one", 1.0),
        Said(Span(1.0, 2.0), None, "two", 1.0),
        Said(Span(1.0, 3.0), None, "three", 1.0),
    )
    (words,) = (t for t in tiers(replace(nobody(), transcript=said)) if t.kind == "transcript")
    assert words.notes == (Note(0, 1000, "one"), Note(1000, 3000, "two; three"))


def test_peaks_that_follow_closely_are_cut_short() -> None:
    for tier in tiers(two_people()):
        assert all(one.end_ms <= other.start_ms for one, other in pairwise(tier.notes))


def test_a_still_image_lasts_a_moment() -> None:
    assert length_ms(still()) == MOMENT_MS
