"""Action units at the peak in the published words, the same on every machine."""

from dataclasses import replace

import pytest
from tests.annotation.checks.drafts import draft

from affectlens.annotation.annotation import Peak
from affectlens.annotation.by_rule.face import Phrases, face
from affectlens.annotation.draft import Draft
from affectlens.clues.tables import phrases
from affectlens.foundation.missing import Missing


def peak(*active: str) -> Peak:
    """A peak at which these units are active."""
    return Peak(
        person="P1",
        time_s=1.0,
        frame=25,
        method="sum",
        box=None,
        action_units={"AU01": 0.0, **dict.fromkeys(active, 2.0)},
        active=active,
    )


def of(sha256: str, *active: str) -> Draft:
    """A draft of some file."""
    made = draft(peak=peak(*active))
    return replace(made, seen=replace(made.seen, sha256=sha256))


def test_each_active_unit_gets_one_of_its_published_phrases_joined_by_commas() -> None:
    table = phrases("merr")
    said = set()
    for number in range(60):
        text = face(of(f"{number:064x}", "AU05", "AU26"), "merr")
        assert isinstance(text, str)
        assert text.endswith(".")
        first, second = text.removesuffix(".").split(", ")
        assert first in table["AU05"]
        assert second in table["AU26"]
        said.add(text)
    assert len(said) > 10
    assert "Eyes widened, Wide-mouthed." in said  # the paper's own example


def test_the_same_file_gets_the_same_words_everywhere() -> None:
    assert face(of("7" * 64, "AU05", "AU12", "AU26"), "merr") == (
        "Eyes widened, Big smile, Lips elongated."
    )


@pytest.mark.parametrize("source", ["merr", "plain"])
def test_a_face_at_which_nothing_is_active_is_at_rest(source: Phrases) -> None:
    assert face(draft(peak=peak()), source) == "A face at rest."


def test_our_own_words_are_those_of_the_phrasebook_without_codes() -> None:
    assert face(of("0" * 64, "AU05", "AU06", "AU12"), "plain") == (
        "Upper eyelids raised, eyes wide, cheeks raised and lip corners pulled up."
    )


def test_a_unit_that_the_table_leaves_out_is_told_in_our_words() -> None:
    assert face(of("0" * 64, "AU45"), "merr") == "Eyes closed."


def test_without_a_face_there_is_nothing_to_describe() -> None:
    assert face(draft(peak=Missing("no face was seen")), "merr") == Missing("no face was seen")
    bare = replace(peak(), action_units={})
    assert isinstance(face(draft(peak=bare), "merr"), Missing)
