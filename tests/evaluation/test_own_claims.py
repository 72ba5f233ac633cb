"""Only what a model wrote itself counts for or against it."""

from affectlens.evaluation.asking import claims
from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import Claim


def claim(text: str) -> Claim:
    return Claim(text, "face", "P1", Span(0, 1), (), "supported")


LABEL, SEEN, WRITTEN = claim("P1 appears happy."), claim("P1 smiles."), claim("The lips are up.")


def test_what_is_told_by_rule_in_place_of_a_text_is_not_the_model_s() -> None:
    assert claims.own([WRITTEN, LABEL, SEEN], [LABEL, SEEN]) == [WRITTEN]
    assert claims.own([LABEL, SEEN], [LABEL, SEEN]) == []


def test_the_label_that_stands_before_a_text_is_not_the_model_s() -> None:
    assert claims.own([LABEL, WRITTEN], [LABEL, SEEN]) == [WRITTEN]


def test_a_text_that_stands_alone_is_all_the_model_s() -> None:
    assert claims.own([WRITTEN, WRITTEN], [LABEL, SEEN]) == [WRITTEN, WRITTEN]
