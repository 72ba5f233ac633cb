"""A corpus of faces that are cut out says so, and others do not."""

from affectlens.corpora.crops import GROUP, detector_for
from affectlens.foundation import plugins


def test_a_corpus_of_crops_names_a_detector_that_there_is() -> None:
    assert detector_for("ferplus") == "whole"
    named = {detector_for(name) for name in plugins.names(GROUP)} - {None}
    assert named <= set(plugins.names("perception.backends"))


def test_other_corpora_and_unknown_ones_have_the_usual_one() -> None:
    assert detector_for("ravdess") is None
    assert detector_for("somebody's own") is None
    assert detector_for(None) is None
