"""People's votes become shares of seven labels, and faces that show none of them are left out."""

import numpy as np
import pytest

from affectlens.encoders.face_net import LABELS
from affectlens.foundation.missing import Missing
from affectlens.training.schools import votes


def test_votes_are_shares_in_the_order_of_the_net() -> None:
    found = votes.shares({"happiness": "6", "surprise": "2", "unknown": "2", "place": "row 7"})
    assert not isinstance(found, Missing)
    told = dict(zip(LABELS, found.tolist(), strict=True))
    assert told["happy"] == pytest.approx(0.75)
    assert told["surprise"] == pytest.approx(0.25)
    assert np.isclose(found.sum(), 1)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"happiness": "4", "unknown": "1"},
        {"contempt": "5", "anger": "4", "disgust": "1"},
        {"NF": "6", "neutral": "4"},
    ],
)
def test_faces_without_enough_votes_have_no_shares(columns: dict[str, str]) -> None:
    assert isinstance(votes.shares(columns), Missing)


def test_people_agree_when_six_do_and_no_other_label_has_as_many() -> None:
    assert votes.clear({"anger": "6", "sadness": "4"})
    assert not votes.clear({"anger": "5", "sadness": "4"})
    assert not votes.clear({"anger": "6", "sadness": "6"})
