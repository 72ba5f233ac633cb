"""Metrics are chosen by name, and no setting is passed over in silence."""

import pytest

from affectlens.evaluation.choosing import choose, names
from affectlens.foundation.errors import ConfigError


def test_names_are_written_with_hyphens_and_each_can_be_asked_for() -> None:
    assert "classification" in names()
    assert not any("_" in name for name in names())
    assert choose(["hit-rate"])[0].metric.name == "hit_rate"


def test_an_option_goes_to_every_metric_that_has_it() -> None:
    first, second = choose(["classification", "calibration"], options=["space=dfew7"])
    assert first.settings["space"] == second.settings["space"] == "dfew7"


def test_an_option_with_a_metric_before_it_goes_to_that_one_alone() -> None:
    first, second = choose(
        ["classification", "calibration"], options=["space=mer6", "classification.space=dfew7"]
    )
    assert (first.settings["space"], second.settings["space"]) == ("dfew7", "mer6")


def test_an_option_that_none_has_is_refused_and_the_nearest_is_named() -> None:
    with pytest.raises(ConfigError, match=r"'spase'\. Did you mean 'space'"):
        choose(["classification"], options=["spase=dfew7"])


def test_an_option_without_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match="NAME=VALUE"):
        choose(["classification"], options=["space"])


def test_a_metric_that_is_not_there_is_refused_and_the_nearest_is_named() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'classification'"):
        choose(["klassification"])


def test_the_mode_reaches_the_metric() -> None:
    assert choose(["classification"], mode="compat")[0].metric.mode == "compat"
