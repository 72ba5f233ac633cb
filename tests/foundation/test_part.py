"""A part's settings are refused where they do not fit, before anything is built."""

import pytest

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part, configured, use

GROUP = "evaluation.metrics"


def test_a_part_goes_into_json_and_back() -> None:
    part = use("classification", mode="compat", space="mer6")
    assert Part.from_json(part.as_json()) == part


def test_an_unknown_setting_is_refused_and_the_nearest_is_named() -> None:
    with pytest.raises(ConfigError, match=r"no setting 'spase'\. Did you mean 'space'"):
        configured(GROUP, use("classification", spase="mer6"))


def test_a_word_that_is_not_among_a_settings_words_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"mode is one of 'compat', 'strict', got 'lenient'"):
        configured(GROUP, use("classification", mode="lenient"))
