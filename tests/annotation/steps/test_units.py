"""The filter by action units follows MER-Factory's rule, and says when it cannot judge."""

import pytest

from affectlens.annotation.annotation import Check, Peak
from affectlens.annotation.recipe import Units
from affectlens.annotation.steps.units import agrees, vote
from affectlens.foundation.missing import Missing

FACTORY = Units(table="mer_factory")


def peak(**levels: float) -> Peak:
    """A face of which these units were measured."""
    return Peak(
        person="P1", time_s=0.0, frame=0, method="sum", box=None, action_units=levels, active=()
    )


CALM = dict.fromkeys(
    ("AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU10", "AU12", "AU14", "AU15", "AU17",
     "AU20", "AU23", "AU25", "AU26", "AU45"), 0.0,
)  # fmt: skip


def shows(**levels: float) -> Peak:
    """A face that is calm but for some units; AU09 and AU28 are not measured, as with us."""
    return peak(**{**CALM, **levels})


def check(face: Peak | Missing, label: str | Missing, units: Units | None = None) -> Check:
    found = agrees(face, label, units or Units())
    assert found.name == "units"
    return found


SMILE = shows(AU06=1.5, AU12=3.0, AU14=1.8)


def test_a_smile_bears_out_happy_and_the_detail_says_how() -> None:
    found = check(SMILE, "happy")
    assert found.passed
    assert found.score == 1.0
    assert found.detail == "3 of 3 units of happy present (AU06, AU12, AU14), mean 2.1."


def test_a_smile_does_not_bear_out_anger() -> None:
    found = check(SMILE, "angry")
    assert not found.passed
    assert found.score == 0.0
    wanted = "50% and a mean of 0.8 are wanted"
    assert found.detail == f"0 of 6 units of angry present, mean 0.0: {wanted}."


@pytest.mark.parametrize(
    ("levels", "passes"),
    [
        ({"AU04": 1.6, "AU01": 1.6}, True),  # half of the set, mean 0.8: both just reached
        ({"AU04": 1.6, "AU01": 1.5}, False),  # mean 0.775
        ({"AU04": 4.0, "AU01": 0.7}, False),  # a quarter of the set, mean above 1
        ({"AU04": 0.8, "AU01": 0.8, "AU14": 0.8, "AU15": 0.8}, True),
    ],
)
def test_half_of_the_set_and_its_mean_are_both_wanted(
    levels: dict[str, float], *, passes: bool
) -> None:
    assert check(shows(**levels), "sad").passed is passes


def test_thresholds_are_the_recipes() -> None:
    slight = shows(AU04=0.4, AU01=0.4, AU14=0.4, AU15=0.4)
    assert not check(slight, "sad").passed
    assert check(slight, "sad", Units(present=0.36, mean=0.36)).passed
    assert not check(slight, "sad", Units(present=0.36, mean=0.5)).passed
    assert not check(slight, "sad", Units(present=0.5, mean=0.36)).passed
    one = shows(AU04=4.0)
    assert check(one, "sad", Units(share=0.25)).passed


def test_the_two_tables_differ_on_contempt_and_disgust() -> None:
    sneer = shows(AU12=1.0, AU15=3.0)
    assert check(sneer, "contempt").passed
    assert not check(sneer, "contempt", FACTORY).passed
    assert check(sneer, "disgust", FACTORY).passed
    assert isinstance(check(sneer, "disgust").score, Missing)


def test_units_that_are_not_measured_are_left_out_and_told() -> None:
    found = check(shows(AU15=2.0), "disgust", FACTORY)
    assert found.passed
    assert found.detail == "1 of 1 units of disgust present (AU15), mean 2.0; AU09 not measured."


def test_neutral_is_borne_out_where_no_other_emotion_is() -> None:
    assert check(shows(), "neutral").passed
    assert check(shows(), "neutral").score == 1.0
    found = check(SMILE, "neutral")
    assert not found.passed
    assert found.score == 0.0
    assert "happy" in found.detail


def test_another_emotion_is_not_borne_out_by_a_neutral_face() -> None:
    assert not check(shows(), "happy").passed


def test_labels_are_understood_in_their_corpus_spelling() -> None:
    assert check(SMILE, "joy").passed
    assert not check(SMILE, "Sadness").passed


@pytest.mark.parametrize(
    ("face", "label", "why"),
    [
        (Missing("no face was seen"), "happy", "no face was seen"),
        (SMILE, Missing("nobody gave one"), "nobody gave one"),
        (SMILE, "helplessness", "has no units of helplessness"),
        (peak(AU45=5.0), "happy", "no unit of happy was measured"),
        (peak(), "neutral", "no action unit was measured"),
    ],
)
def test_what_cannot_be_checked_passes_and_says_why(
    face: Peak | Missing, label: str | Missing, why: str
) -> None:
    found = check(face, label)
    assert found.passed
    assert isinstance(found.score, Missing)
    assert why in found.score.reason
    assert why in found.detail


def test_the_vote_is_the_emotion_with_the_strongest_set() -> None:
    assert vote(SMILE, Units()) == "happy"
    assert vote(shows(AU06=1.0, AU12=1.0, AU25=2.0), Units()) == "doubt"  # lips parted, no more


def test_a_whole_set_goes_before_a_part_of_another_that_is_a_little_stronger() -> None:
    face = shows(AU12=3.0, AU14=3.0, AU25=1.5)  # 2 of 3 units of happy, mean 2.0; doubt's only one
    assert vote(face, Units()) == "doubt"


def test_nothing_borne_out_is_no_vote() -> None:
    assert vote(shows(), Units()) is None
    assert vote(shows(AU45=5.0), Units()) is None
    assert vote(peak(), Units()) is None


def test_a_vote_can_be_limited_to_labels_in_any_spelling() -> None:
    face = shows(AU06=1.5, AU12=3.0, AU14=1.8, AU25=4.0)
    assert vote(face, Units()) == "doubt"
    assert vote(face, Units(), among=("joy", "sadness")) == "happy"
    assert vote(face, Units(), among=("sadness",)) is None


@pytest.mark.parametrize("table", ["merr", "mer_factory"])
def test_a_vote_is_never_spoken_against(table: str) -> None:
    units = Units(table=table)
    for name in CALM:
        for other in CALM:
            face = shows(**{name: 3.0, other: 2.0})
            label = vote(face, units) or "neutral"
            assert check(face, label, units).passed


def test_parted_lips_alone_do_not_speak_against_neutral() -> None:
    assert agrees(shows(AU25=2.5), "neutral", Units()).passed
    assert not agrees(shows(AU06=2.0, AU12=2.5), "neutral", Units()).passed
